"""One seat among scripted stewards through Gymnasium, and the same in 64 rows.

python examples/gymnasium_seat.py
"""

import gymnasium

import gyges.envs  # noqa: F401  (enters the games in Gymnasium's registry)

env = gymnasium.make("gyges/Steward-v1", seat=0, background={1: "greedy", 2: "gyges"})
observation, info = env.reset(seed=7)
env.action_space.seed(7)
total, over = 0.0, False
while not over:
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
    total += reward
    over = terminated or truncated
print(f"one episode: {total:.1f} {env.unwrapped.game.reward_unit}")

rows = gymnasium.make_vec("gyges/Steward-v1", num_envs=64, background="clean", autoreset_mode="SameStep")
rows.reset(seed=7)
rows.action_space.seed(7)
ended = 0
for _ in range(100):
    _, rewards, terminated, truncated, infos = rows.step(rows.action_space.sample())
    ended += int((terminated | truncated).sum())
print(f"64 rows, 100 steps: {ended} episodes ended")
