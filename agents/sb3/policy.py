"""A saved model of stable-baselines3 as a policy, from folders that are trusted by name only.

stable-baselines3 saves pickles inside a zip: whoever made the file decides what code runs when it is loaded,
with all the rights of the process. Nothing here can check that beforehand. A folder is therefore loaded only
where it is trusted (`gyges.agents.trust`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gyges.agents.nn.networks import draw
from gyges.agents.nn.tensor_files import read_bytes
from gyges.agents.trust import TRUST, trusted
from gyges.envs._json import convert, parse
from gyges.envs.errors import PolicyError
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Memory, Observation

MODEL, CARD = "sb3-model.zip", "sb3.json"
Kind = Literal["ppo", "a2c", "dqn", "maskable-ppo"]


def load_policy(folder: str | Path, game: Game | None = None) -> SB3Policy:
    """The model in a folder of ``gyges train sb3-...``. Runs whatever code the file holds.

    Args:
        folder: with `CARD` and `MODEL`.
        game: what it is to play.

    Raises:
        PolicyError: the folder is not trusted (nothing of it was read), or the model does not fit the game.
        FileError: the card is missing or malformed.
    """
    where = Path(folder).resolve()
    if not trusted(where):
        raise PolicyError(
            f"{where} holds a model of stable-baselines3; loading one runs whatever code is in the file. "
            f"If it is your own: gyges evaluate --trust {where}, or {TRUST}={where}"
        )
    card = parse(read_bytes(where / CARD, 1 << 20), str(where / CARD))
    name: Kind = convert(card.get("algorithm"), Kind, f"{where / CARD}: algorithm")
    model = kind(name).load(where / MODEL, device="cpu")
    if game is not None:
        found = (tuple(model.observation_space.shape), int(model.action_space.n))
        if found != (game.observation_shape, game.num_actions):
            raise PolicyError(
                f"{where}: the model takes observations {found[0]} and {found[1]} actions; "
                f"{game.id} has {game.observation_shape} and {game.num_actions}"
            )
    return SB3Policy(model, name)


def kind(name: str) -> Any:
    """The class of an algorithm."""
    import sb3_contrib
    import stable_baselines3 as sb3

    kinds = {"ppo": sb3.PPO, "a2c": sb3.A2C, "dqn": sb3.DQN, "maskable-ppo": sb3_contrib.MaskablePPO}
    return kinds[name]


class SB3Policy:
    """Plays a model with the observation's luck; dqn takes the highest value.

    ppo and a2c learnt in environments that play the lowest-numbered legal action in place of an illegal
    one (`gyges.agents.sb3.vec_env`), and are played so; the others choose among legal actions.

    Args:
        model: of stable-baselines3.
        name: of its algorithm, one of `Kind`.
    """

    def __init__(self, model: Any, name: str) -> None:
        self.model, self.name = model, name
        model.policy.set_training_mode(False)

    def initial(self, rows: int) -> Memory:
        """No memory."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """Draw from the model's distribution."""
        return Decision(draw(self.probabilities(observation, memory), observation.uniform()).astype(np.int32))

    def probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        """Probability of each action [R, A]; all on one action for dqn."""
        import torch

        mask = observation.mask
        features = torch.as_tensor(observation.features)
        with torch.no_grad():
            if self.name == "dqn":
                table = self.model.policy.q_net(features).numpy()
                weight = np.zeros(mask.shape)
                weight[np.arange(len(mask)), np.where(mask, table, -np.inf).argmax(1)] = 1
                return weight
            options = {"action_masks": mask} if self.name == "maskable-ppo" else {}
            found = self.model.policy.get_distribution(features, **options).distribution.probs
        weight = found.numpy().astype(np.float64)
        if not np.isfinite(weight).all():
            raise PolicyError("the model's probabilities are not finite")
        legal = np.where(mask, weight, 0.0)
        lost = 1 - legal.sum(1)
        legal[np.arange(len(mask)), mask.argmax(1)] += np.maximum(lost, 0)
        return np.asarray(legal / legal.sum(1, keepdims=True), np.float64)
