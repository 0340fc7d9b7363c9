"""Learners: PPO, imitation, offline reinforcement learning, reward models."""
