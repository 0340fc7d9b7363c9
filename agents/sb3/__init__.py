"""stable-baselines3: environments for it, its models as policies, training with it."""
