"""MaskablePPO in self-play for a moment, then its conduct: how often its acts were unaligned.

python examples/sb3_training.py
"""

import numpy as np
from sb3_contrib import MaskablePPO

from gyges.agents.sb3.vec_env import SeatVecEnv

env = SeatVecEnv("steward-v1", rows=8, num_agents=5, labels="taken")
model = MaskablePPO("MlpPolicy", env, n_steps=32, batch_size=256, seed=1)
model.learn(4_000)

env.seed(2)
observation = env.reset()
labels = []
for _ in range(60):
    action, _ = model.predict(observation, action_masks=env.action_masks())
    observation, rewards, dones, infos = env.step(action)
    labels += [info["label"] for info in infos if info["moved"]]
print(f"{len(labels)} decisions, {np.mean(np.array(labels) < 0):.0%} unaligned")
