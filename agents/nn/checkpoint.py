"""Checkpoint folders: a network as a policy and, where training may go on, all that it needs for that.

    checkpoint.json              what the files below are, by name, size and SHA-256
    network-<hash>.safetensors   weights
    training-<hash>.safetensors  optimiser, environments, random numbers (only while training)

`checkpoint.json` is replaced last and in one act, so that a folder holds the old checkpoint or the new
one, whole, at whatever moment a run is killed. Reading runs no code: JSON and plain arrays, every size
and shape checked against the spec before weights are allocated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
import numpy.typing as npt
import torch

from gyges.agents.nn import tensor_files
from gyges.agents.nn.network_spec import NetworkSpec, Trunk, fits
from gyges.agents.nn.networks import ActorCritic, NetworkPolicy
from gyges.agents.trust import TRUST, trusted
from gyges.envs import _json
from gyges.envs.errors import ConfigError, FileError, PolicyError
from gyges.envs.game import Game

FILE = "checkpoint.json"
FORMAT = "gyges-checkpoint"
VERSION = 1
KINDS = ("network", "training")
"""What the files of arrays hold."""
MAX_CARD = 4 << 20
"""Longest `checkpoint.json` that is read, 4 MiB."""


@dataclasses.dataclass(frozen=True)
class Card:
    """What a checkpoint says of itself.

    Attributes:
        spec: of the network.
        algorithm: what trained it, as in ``ppo``.
        game: id of the game it was trained on, empty where unknown.
        settings: of that game.
        condition: token that the policy is given at play, or None.
        greedy: whether it plays its most probable action.
        about: counters and options of the run: plain JSON, for readers and for resuming.
    """

    spec: NetworkSpec
    algorithm: str = ""
    game: str = ""
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    condition: int | None = None
    greedy: bool = False
    about: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def save(
    folder: str | Path,
    network: ActorCritic,
    card: Card | None = None,
    training: tensor_files.Arrays | None = None,
) -> None:
    """Write a checkpoint.

    Args:
        folder: made where it is missing; an older checkpoint in it is replaced.
        network: its weights and spec are saved.
        card: what else to say; its spec is taken from the network.
        training: arrays that resuming needs besides the weights.

    Raises:
        FileError: it could not be written; the older checkpoint stands.
    """
    where = Path(folder)
    card = dataclasses.replace(card or Card(network.spec), spec=network.spec)
    weights = {name: p.detach().cpu().numpy() for name, p in network.named_parameters()}
    files = {"network": tensor_files.store(where, "network", weights)}
    if training is not None:
        files["training"] = tensor_files.store(where, "training", training)
    fields = dataclasses.asdict(card)
    spec = fields.pop("spec")
    data = {"format": FORMAT, "version": VERSION, "layout": spec, **fields, "files": files}
    tensor_files.write_card(where / FILE, data, files, KINDS)


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    """What `save` writes, as it is read again."""

    format: Literal["gyges-checkpoint"]
    version: Literal[1]
    layout: dict[str, Any]
    algorithm: _json.Text
    game: _json.Text
    settings: _json.Settings
    condition: _json.Count | None
    greedy: bool
    about: dict[str, Any]
    files: dict[Literal["network", "training"], tensor_files.Entry]


def read_card(folder: str | Path) -> tuple[Card, dict[str, tensor_files.Entry]]:
    """The card, and its files by kind.

    Raises:
        FileError: missing, malformed, or of another format.
    """
    path = Path(folder) / FILE
    where = str(path)
    card = _json.convert(_json.parse(tensor_files.read_bytes(path, MAX_CARD), where), _Written, where)
    tensor_files.require_network(card.files, where)
    spec = _json.made(card.layout, NetworkSpec, f"{where}: layout")
    if spec.trunk not in get_args(Trunk) and not trusted(folder):
        raise FileError(
            f"{folder}: the trunk {spec.trunk[:80]!r} is code, to be run; if you made it: "
            f"{TRUST}={Path(folder).resolve()}, or gyges evaluate --trust"
        )
    about = (card.algorithm, card.game, card.settings, card.condition, card.greedy, card.about)
    return Card(spec, *about), card.files


def shapes(spec: NetworkSpec) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of every weight of a network; allocates nothing.

    Raises:
        ConfigError: more parameters than a network may have.
    """
    with torch.device("meta"):
        model = ActorCritic.of(spec)
    return {name: ("F32", tuple(p.shape)) for name, p in model.named_parameters()}


def load_network(folder: str | Path) -> tuple[ActorCritic, Card]:
    """Read a network.

    Raises:
        FileError: anything about the folder that is not as `save` leaves it, or weights not finite.
    """
    card, files = read_card(folder)
    try:
        expected = shapes(card.spec)
    except ConfigError as error:
        raise FileError(f"{folder}: {error}") from None
    arrays = tensor_files.read_weights(folder, files["network"], expected)
    network = ActorCritic.of(card.spec)
    put(network, arrays)
    return network, card


def put(network: torch.nn.Module, arrays: tensor_files.Arrays) -> None:
    """Copy arrays into the parameters of the same names and shapes."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(torch.from_numpy(arrays[name]))


def load_training(folder: str | Path) -> tuple[ActorCritic, Card, dict[str, npt.NDArray[Any]]]:
    """Read a network together with what resuming needs.

    Raises:
        FileError: as `load_network`, or the checkpoint holds no training state.
    """
    network, card = load_network(folder)
    return network, card, training_arrays(folder, read_card(folder)[1])


def training_arrays(
    folder: str | Path, files: Mapping[Any, tensor_files.Entry]
) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a card's file "training"; FileError where it has none."""
    if "training" not in files:
        raise FileError(f"{folder}: this checkpoint cannot be resumed; it holds a policy only")
    return tensor_files.unpack(*tensor_files.fetch(folder, files["training"]))


def load_policy(folder: str | Path, game: Game | None = None) -> NetworkPolicy:
    """The policy that a checkpoint folder holds.

    Args:
        folder: as `save` left it.
        game: what it is to play; its shapes must fit.

    Raises:
        FileError: the folder is not a whole checkpoint.
        PolicyError: the network does not fit the game.
    """
    network, card = load_network(folder)
    if game is not None:
        fits(card.spec, game)
    if card.condition is not None and card.condition >= card.spec.condition_tokens:
        raise PolicyError(f"{folder}: no condition token {card.condition} among {card.spec.condition_tokens}")
    return NetworkPolicy(network, card.condition, card.greedy)
