"""Tree searches as players of fairy chess: they see observations alone, and rebuild positions from them.

By name: ``search:FOLDER`` (a checkpoint that `gyges train alphazero` left), ``search:untrained``, ``mcts``
(random playouts), ``zero`` and ``universal`` (checkpoints that come with the package, for Gardner chess and
for any variant); each perhaps followed by settings, ``search:FOLDER?simulations=32&candidates=8``. With 0
simulations the network plays alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.search.inputs import describe, playable
from gyges.agents.search.trees import KEPT, Evaluate, Search, Trees
from gyges.envs.errors import ConfigError
from gyges.envs.policy import Decision, Memory, Observation

if TYPE_CHECKING:
    from gyges.envs.game import Game

NAME = re.compile(r"(search:(?P<path>[^?]+)|mcts|zero|universal)(\?(?P<settings>.*))?", re.DOTALL)
PACKAGED = {"zero": Path(__file__).parent / "gardner", "universal": Path(__file__).parent / "universal"}
"""Checkpoints that come with the package, by player."""
STRONG = 128
"""Simulations of these unless their name says another number."""
UNTRAINED = "untrained"
SETTINGS: dict[str, Any] = {"simulations": int, "candidates": int, "noise": float, "permuted": int}
Keys = npt.NDArray[np.int64]


class SearchPlayer:
    """Searches a tree for every row that is to move, all trees side by side.

    Memory: keys of the game's earlier positions, int64 [R, KEPT], newest last, 0 for none.

    Args:
        name: for tables.
        evaluate: the network; None plays out at random.
        how: simulations and candidates.
    """

    def __init__(self, name: str, evaluate: Evaluate | None, how: Search) -> None:
        if evaluate is None and how.simulations < 1:
            raise ConfigError("mcts takes 1 simulation or more")
        self.name, self.evaluate, self.how = name, evaluate, how

    def initial(self, rows: int) -> Memory:
        """Nothing remembered."""
        return np.zeros((rows, KEPT), np.int64)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The move found for each row that is to move."""
        kept: Keys = np.array(memory, np.int64)
        kept[observation.first] = 0
        actions = np.argmax(observation.mask, axis=1).astype(np.int32)
        value = np.zeros(len(observation), np.float32)
        rows = np.flatnonzero(observation.to_move & ~observation.mask[:, 0])  # action 0 stands for no move
        if len(rows):
            actions[rows], value[rows], kept[rows] = self._found(observation.take(rows), kept[rows])
        return Decision(actions, kept, {"value": value})

    def _found(self, seen: Observation, kept: Keys) -> tuple[Any, Any, Keys]:
        """Actions, values, and keys with those of the two newest positions."""
        from gyges.agents.nn.devices import threads

        game: Any = seen.game
        trees = Trees(game.compiled, game.rows_of(seen.codes), kept, self.how.simulations + 2)
        acts = [
            np.array([game.action_of(int(m)) for m in moves[:n]], np.int32)
            for moves, n in zip(trees.moves, trees.count[:, 0], strict=True)
        ]
        noise = self._noise(seen, max(len(own) for own in acts))
        words = seen.words(1).astype(np.int64) & 0xFFFFFFFF
        with threads(1) if self.evaluate is not None else contextlib.nullcontext():
            if self.evaluate is not None:
                trees.enter(self.evaluate)
            asked = np.array([seen.mask[row, own].any() for row, own in enumerate(acts)])
            for row in np.flatnonzero(asked).tolist():
                trees.forbid(row, seen.mask[row, acts[row]])
            found = trees.search(self.how, self.evaluate, noise, words)
        rows = np.arange(len(acts))
        node = trees.play(found.edge)
        longer = np.concatenate([kept[:, 2:], trees.keys[:, :1], trees.keys[rows, node][:, None]], 1)
        moves = np.array([own[e] for own, e in zip(acts, found.edge, strict=True)])
        other = np.argmax(seen.mask, axis=1)  # where no move is asked for, the first legal act
        return np.where(asked, moves, other), found.value, np.where(asked[:, None], longer, kept)

    def _noise(self, seen: Observation, moves: int) -> npt.NDArray[np.float64]:
        """What is added to the root's logits [R, moves]; for playouts the order of first visits."""
        if self.evaluate is not None and not self.how.noise:
            return np.zeros((len(seen), moves))
        uniform = np.stack([seen.uniform(2 + j) for j in range(moves)], 1)
        if self.evaluate is None:
            return uniform
        return np.asarray(-self.how.noise * np.log(-np.log(uniform + 1e-300) + 1e-300))


class Named(NamedTuple):
    """What a player's name says."""

    kind: str  # search, mcts, or one of `PACKAGED`
    path: str  # of the checkpoint
    how: Search
    permuted: bool  # whether the network is shown what kinds of pieces may do exchanged among them


def parse(text: str) -> Named:
    """What a player's name says.

    Raises:
        ConfigError: it has another form, or a setting is out of range.
    """
    found = NAME.fullmatch(text)
    words = [word.partition("=") for word in (found["settings"] or "").split("&") if word] if found else []
    if found is None or any(name not in SETTINGS for name, _, _ in words):
        raise ConfigError(
            f"a search is named search:FOLDER, search:{UNTRAINED}, mcts, {' or '.join(PACKAGED)}, and then "
            f"perhaps ?simulations=32&candidates=8&noise=0; not {text[:80]!r}"
        )
    try:
        settings = {name: SETTINGS[name](value) for name, _, value in words}
    except ValueError:
        raise ConfigError(f"{text[:80]!r}: settings of a search are numbers") from None
    permuted = bool(settings.pop("permuted", 0))
    kind = text.partition(":")[0].partition("?")[0]
    if kind in PACKAGED:
        settings.setdefault("simulations", STRONG)
    return Named(kind, found["path"] or "", Search(**settings), permuted)


def folder_of(kind: str, path: str) -> Path | None:
    """The checkpoint of a player, if it has one."""
    if kind in PACKAGED:
        return PACKAGED[kind]
    return None if kind == "mcts" or path == UNTRAINED else Path(path)


def make(text: str, game: Game) -> SearchPlayer:
    """The player of that name.

    Raises:
        ConfigError: the name has another form, or the variant is too large.
        FileError: there is no such checkpoint, or it is of another kind.
    """
    kind, path, how, permuted = parse(text)
    whole: Any = game
    if kind == "mcts":
        playable(whole.compiled)
        return SearchPlayer(text, None, how)
    from gyges.agents.search.checkpoint import load_network
    from gyges.agents.search.network import Evaluator, untrained

    describe(whole.compiled)
    folder = folder_of(kind, path)
    network = untrained() if folder is None else load_network(folder)[0]
    return SearchPlayer(text, Evaluator(network, permuted), how)


def load_policy(folder: Path, game: Game) -> SearchPlayer:
    """The player whose network a checkpoint folder holds, with the settings that searches have by default."""
    return make(f"search:{folder}", game)


def digest(text: str) -> str:
    """SHA-256 of what decides the player's moves: its name, this search, the checkpoint's files."""
    from gyges.agents.search.checkpoint import FILE, read_card

    kind, path, _, _ = parse(text)
    found = hashlib.sha256(text.encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        found.update(file.read_bytes())
    if (folder := folder_of(kind, path)) is not None:
        card, files = read_card(folder)
        found.update(f"{card.spec} {files['network'].sha256} {FILE}".encode())
    return found.hexdigest()
