"""Five stewards through PettingZoo, acting at random, and the truth about one decision.

python examples/pettingzoo_loop.py
"""

from gyges.envs.pettingzoo import steward_v1

env = steward_v1.parallel_env(num_agents=5, ring=0.5)
observations, infos = env.reset(seed=7)

print(env.describe("seat_0"))
point = env.choice_point("seat_0")
for action, label in list(zip(point.actions, point.label, strict=True))[:5]:
    print(f"  {label:+d}  {env.game.action_names[action]}")

total = dict.fromkeys(env.possible_agents, 0.0)
breaches = dict.fromkeys(env.possible_agents, 0)
while env.agents:
    actions = {agent: env.action_space(agent).sample() for agent in env.agents}
    observations, rewards, terminations, truncations, infos = env.step(actions)
    for agent, reward in rewards.items():
        total[agent] += reward
        breaches[agent] += infos[agent]["label"] < 0
for agent in env.possible_agents:
    print(f"{agent}: {total[agent]:.1f} {env.game.reward_unit}, {breaches[agent]} unaligned acts")
