"""Checkpoint folders of a network that reads the rules.

    rules-network.json           what the network is, what trained it on which variants, its files
    network-<hash>.safetensors   weights
    training-<hash>.safetensors  games under way, positions to learn from, optimiser (only while training)

Written whole or not at all, and read without running code, as `gyges.agents.nn.checkpoint` does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import gyges.agents.nn  # noqa: F401  # isort: skip  (says which extra is missing)

import msgspec
import numpy.typing as npt
import torch

from gyges.agents.nn import tensor_files
from gyges.agents.nn.checkpoint import FILE as OTHER
from gyges.agents.nn.checkpoint import MAX_CARD, put, training_arrays
from gyges.agents.search.network import RulesNetwork, RulesSpec
from gyges.envs import _json
from gyges.envs.errors import FileError

FILE = "rules-network.json"
KINDS = ("network", "training")


@dataclasses.dataclass(frozen=True)
class Card:
    """What a checkpoint says of itself.

    Attributes:
        spec: of the network.
        algorithm: what trained it.
        variants: text of each variant it was trained on, by name.
        about: counters and options of the run: plain JSON.
    """

    spec: RulesSpec
    algorithm: str = ""
    variants: Mapping[str, str] = dataclasses.field(default_factory=dict)
    about: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    """What `save` writes, as it is read again."""

    format: Literal["gyges-rules-network"]
    version: Literal[1]
    spec: dict[str, Any]
    algorithm: _json.Text
    variants: dict[str, str]
    about: dict[str, Any]
    files: dict[Literal["network", "training"], tensor_files.Entry]


def save(
    folder: str | Path, network: RulesNetwork, card: Card, training: tensor_files.Arrays | None = None
) -> None:
    """Write a checkpoint; an older one in the folder is replaced.

    Raises:
        FileError: it could not be written; the older checkpoint stands.
    """
    where = Path(folder)
    weights = {name: p.detach().cpu().numpy() for name, p in network.named_parameters()}
    files = {"network": tensor_files.store(where, "network", weights)}
    if training is not None:
        files["training"] = tensor_files.store(where, "training", training)
    data = {
        "format": "gyges-rules-network", "version": 1, "spec": dataclasses.asdict(network.spec),
        "algorithm": card.algorithm, "variants": dict(card.variants), "about": dict(card.about),
        "files": files,
    }  # fmt: skip
    tensor_files.write_card(where / FILE, data, files, KINDS)


def read_card(folder: str | Path) -> tuple[Card, dict[Any, tensor_files.Entry]]:
    """The card, and its files by kind.

    Raises:
        FileError: missing, malformed, or a checkpoint of another kind.
    """
    path = Path(folder) / FILE
    if not path.is_file() and (Path(folder) / OTHER).is_file():
        raise FileError(
            f"{folder}: a checkpoint of a game's own network ({OTHER}), not of one that reads rules ({FILE})"
        )
    where = str(path)
    card = _json.convert(_json.parse(tensor_files.read_bytes(path, MAX_CARD), where), _Written, where)
    tensor_files.require_network(card.files, where)
    # a card without a word on them is of a network that reads edges, and is not conditioned
    shape = {"rules": "edges", "conditioned": False} | card.spec
    spec = _json.made(shape, RulesSpec, f"{where}: spec")
    return Card(spec, card.algorithm, card.variants, card.about), card.files


def load_network(folder: str | Path) -> tuple[RulesNetwork, Card]:
    """Read a network.

    Raises:
        FileError: anything about the folder that is not as `save` leaves it.
    """
    card, files = read_card(folder)
    with torch.device("meta"):
        shapes = {n: ("F32", tuple(p.shape)) for n, p in RulesNetwork(card.spec).named_parameters()}
    arrays = tensor_files.read_weights(folder, files["network"], shapes)
    network = RulesNetwork(card.spec)
    put(network, arrays)
    return network, card


def load_training(folder: str | Path) -> tuple[RulesNetwork, Card, dict[str, npt.NDArray[Any]]]:
    """Read a network together with what going on needs.

    Raises:
        FileError: as `load_network`, or the checkpoint holds no training state.
    """
    network, card = load_network(folder)
    return network, card, training_arrays(folder, read_card(folder)[1])
