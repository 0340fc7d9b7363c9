"""Options of PPO."""

from __future__ import annotations

import dataclasses

from gyges.agents.nn.network_spec import whole
from gyges.envs.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class PPOConfig:
    """Options of PPO."""

    frames: int = 2_000_000
    """Decisions to learn from before the end."""
    rows: int = 128
    """Environments played at once."""
    steps: int = 64
    """Steps of each environment a rollout."""
    epochs: int = 4
    """Passes over each rollout."""
    minibatch: int = 512
    """Decisions a gradient step (for a trunk with memory, in whole sequences)."""
    learning_rate: float = 1e-3
    """Of Adam, at the start."""
    anneal: bool = True
    """Whether the learning rate falls to 0 in a straight line over `frames`."""
    gamma: float = 0.997
    """Discount per step."""
    lam: float = 0.95
    """Trace decay of the advantages, per decision."""
    clip: float = 0.2
    """How far the probability ratio may move before its gradient stops."""
    entropy: float = 0.01
    """Weight of the entropy bonus."""
    value_weight: float = 0.5
    """Weight of the value's squared error."""
    max_grad_norm: float = 0.5
    """Gradients longer than this are shortened to it."""
    target_kl: float = 0.0
    """Stop the passes over a rollout once the policy has moved so far, in nats; 0: never."""
    bootstrap: bool = True
    """Whether a time limit is a cut (its last observation is valued) or an end (worth nothing)."""
    standardise: bool = True
    """Whether a fresh network's features are standardised by their running mean and deviation."""
    stagger: bool = True
    """Whether the rows are spread over the episode before the first rollout."""
    scale_rewards: bool = True
    """Whether rewards are divided by the running deviation of the discounted return."""
    kl_weight: float = 0.0
    """Price of a nat of log-ratio to the data policy, in the game's reward unit."""
    chi2_weight: float = 0.0
    """Price of a unit of sqrt(chi-square) between the learner's occupancy and a dataset's, in the game's
    reward unit."""
    conscience: float = 0.0
    """Reward taken away for each estimated violation, in the game's reward unit."""
    condition: int = -1
    """Condition token of the network in training and play; -1: none."""
    trunk: str = "mlp"
    """mlp, gru or attention."""
    hidden: tuple[int, ...] = (64, 64)
    """Units of the hidden layers."""
    seat_token: bool = False
    """Whether the network is told its seat."""
    separate: bool = False
    """One network per seat instead of one for all."""
    labels: bool = False
    """Judge every decision, to log the rate of violations."""
    seed: int = 0
    """Of weights, environments and draws. The same seed, device and thread count give the same run."""
    device: str = "cpu"
    """cpu or cuda."""
    threads: int = 0
    """CPU threads; 0: all cores."""

    def __post_init__(self) -> None:
        """Raise ConfigError where an option cannot be meant."""
        object.__setattr__(self, "hidden", tuple(self.hidden))
        for name in ("frames", "rows", "steps", "epochs", "minibatch"):
            whole(self, name, (getattr(self, name),), 1, 1 << 40)
        whole(self, "threads", (self.threads,), 0, 1024)
        for name, low, high in (
            ("learning_rate", 0.0, 10.0), ("gamma", 0.0, 1.0), ("lam", 0.0, 1.0), ("clip", 1e-6, 10.0),
            ("entropy", 0.0, 100.0), ("value_weight", 0.0, 100.0), ("max_grad_norm", 1e-9, 1e9),
            ("target_kl", 0.0, 100.0), ("kl_weight", 0.0, 1e6), ("chi2_weight", 0.0, 1e6),
            ("conscience", 0.0, 1e9),
        ):  # fmt: skip
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or not low <= value <= high:
                raise ConfigError(f"PPOConfig.{name} must be within {low} and {high}, not {value!r}")
