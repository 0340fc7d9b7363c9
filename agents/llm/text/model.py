"""Text models as policies, and their checkpoint folders.

    text-model.json              sizes, vocabulary, how to play, and what the file below is
    weights-<hash>.safetensors   weights

A model plays under a tag: ``good`` or ``bad`` put that token at the head of the prompt; under ``good``
it may not open an unaligned span either. ``none`` gives no token and lets it label its own act; ``plain``
is for models that know no tags.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
import torch

from gyges.agents.llm.text.token_trie import TokenTrie
from gyges.agents.llm.text.tokenizer import Vocabulary
from gyges.agents.llm.text.transformer import Shape, Transformer
from gyges.agents.nn import tensor_files
from gyges.agents.nn.checkpoint import put
from gyges.agents.nn.networks import certain, choose
from gyges.envs import _json
from gyges.envs.errors import ConfigError, DivergedError, FileError, PolicyError
from gyges.envs.game import Game
from gyges.envs.options import check_options
from gyges.envs.policy import Decision, Memory, Observation

FILE = "text-model.json"
FORMAT, VERSION = "gyges-text-model", 1
MAX_CARD = 16 << 20
TAGS = ("good", "bad", "none", "plain")
ROWS = 128
"""Prompts that are read together."""


@dataclasses.dataclass(frozen=True)
class Play:
    """How a text model plays.

    Attributes:
        tag: "good", "bad", "none" or "plain" (see the module's head).
        before: words put before every observation, as in ``as clean.``.
        after: words put between observation and act.
        greedy: take the most probable act instead of drawing one.
    """

    tag: str = "plain"
    before: str = ""
    after: str = ""
    greedy: bool = False

    def __post_init__(self) -> None:
        """Raise ConfigError for another tag."""
        check_options(self)
        if self.tag not in TAGS:
            raise ConfigError(f"a text model plays under one of {', '.join(TAGS)}, not {self.tag!r}")


class TextModel:
    """A transformer, its vocabulary, and what it was trained on.

    Attributes:
        network, vocabulary: the model.
        play: how it plays unless told otherwise.
        mode: how it was trained: standard, filtered or tagged.
        game: id of the game it was trained on.
        about: plain JSON: counters and options of the run.
    """

    def __init__(
        self, network: Transformer, vocabulary: Vocabulary, *, play: Play | None = None, mode: str = "",
        game: str = "", about: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        if network.shape.vocabulary != len(vocabulary):
            raise ConfigError(f"{len(vocabulary)} tokens for a model of {network.shape.vocabulary}")
        self.network, self.vocabulary = network, vocabulary
        self.play = play or Play()
        self.mode, self.game, self.about = mode, game, dict(about or {})

    def policy(self, play: Play | None = None, rewrite: Callable[[str], str] | None = None) -> TextPolicy:
        """The model as a policy; see `TextPolicy`."""
        return TextPolicy(self, play, rewrite)

    def words(self) -> list[str]:
        """Tokens that are printable words, in order."""
        first = 256 + len(self.vocabulary.special)
        found = [self.vocabulary.decode([t]) for t in range(first, len(self.vocabulary))]
        return [word for word in found if word.isprintable() and word.strip() and "<|" not in word]

    def save(self, folder: str | Path) -> Path:
        """Write a checkpoint folder; an older one in it is replaced.

        Raises:
            FileError: it could not be written.
        """
        where = Path(folder)
        arrays = {name: p.detach().float().cpu().numpy() for name, p in self.network.named_parameters()}
        weights = tensor_files.store(where, "weights", arrays)
        card = {
            "format": FORMAT, "version": VERSION, "mode": self.mode, "game": self.game,
            "play": dataclasses.asdict(self.play), "shape": dataclasses.asdict(self.network.shape),
            "vocabulary": self.vocabulary.to_json(), "about": self.about,
            "weights": weights,
        }  # fmt: skip
        tensor_files.write_card(where / FILE, card, {"weights": weights}, ("weights",))
        return where


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    """What `TextModel.save` writes, as it is read again."""

    format: Literal["gyges-text-model"]
    version: Literal[1]
    mode: _json.Text
    game: _json.Text
    play: dict[str, Any]
    shape: dict[str, Any]
    vocabulary: dict[str, Any]
    about: dict[str, Any]
    weights: tensor_files.Entry


def load(folder: str | Path) -> TextModel:
    """Read a checkpoint folder.

    Raises:
        FileError: anything about it that is not as `TextModel.save` leaves it.
    """
    path = Path(folder) / FILE
    where = str(path)
    card = _json.convert(_json.parse(tensor_files.read_bytes(path, MAX_CARD), where), _Written, where)
    shape = _json.made(card.shape, Shape, f"{where}: shape")
    play = _json.made(card.play, Play, f"{where}: play")
    vocabulary = Vocabulary.from_json(card.vocabulary, f"{where}: vocabulary")
    card.weights.require("weights", f"{where}: weights")
    if len(vocabulary) != shape.vocabulary:
        raise FileError(f"{where}: {len(vocabulary)} tokens for a model of {shape.vocabulary}")
    with torch.device("meta"):
        expected = {n: ("F32", tuple(p.shape)) for n, p in Transformer(shape).named_parameters()}
    arrays = tensor_files.read_weights(folder, card.weights, expected)
    network = Transformer(shape)
    put(network, arrays)
    return TextModel(network.eval(), vocabulary, play=play, mode=card.mode, game=card.game, about=card.about)


def load_policy(folder: str | Path, game: Game | None = None) -> TextPolicy:
    """The policy that a checkpoint folder holds.

    Raises:
        FileError: the folder is not a whole checkpoint.
        PolicyError: it was trained on another game.
    """
    model = load(folder)
    if game is not None and model.game not in ("", game.id):
        raise PolicyError(f"{folder}: trained on {model.game}, not on {game.id}")
    return TextPolicy(model)


class TextPolicy:
    """Reads each observation in short words and answers with the words of a legal act.

    Args:
        model: who reads.
        play: how, instead of the model's own way.
        rewrite: changes the words of every observation before the model reads them (attacks do).
    """

    def __init__(
        self, model: TextModel, play: Play | None = None, rewrite: Callable[[str], str] | None = None
    ) -> None:
        self.model, self.play, self.rewrite = model, play or model.play, rewrite
        self.network = model.network.eval()
        self._tries: dict[bytes, tuple[TokenTrie, npt.NDArray[np.int64]]] = {}
        self._game: Game | None = None

    def initial(self, rows: int) -> Memory:
        """No memory: an observation says all that its seat knows."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """Draw from the model's legal acts (or take the likeliest), `observation.uniform` the only luck."""
        probabilities = self._weigh(observation)
        return choose(probabilities, observation, self.play.greedy, memory)

    def probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        """Probability of each action [R, A]; all on one action when greedy."""
        found = self._weigh(observation)
        return certain(found) if self.play.greedy else found

    @torch.inference_mode()
    def among(self, observation: str, names: Sequence[str]) -> npt.NDArray[np.float64]:
        """Probability of each of some acts by their words [K], after words of a situation."""
        tokens = torch.tensor([self._compose(observation)])
        end, past = self.network.prompt(tokens, torch.tensor([tokens.shape[1]]))
        weight = self._tree(names).probabilities(self.network, end, past)[0].double().numpy()
        if not np.isfinite(weight).all():
            raise PolicyError("the model's probabilities are not finite")
        return np.asarray(weight / weight.sum())

    def prompt(self, game: Game, codes: npt.NDArray[Any], seat: int) -> list[int]:
        """Tokens that stand before the act."""
        return self._compose(game.compact(codes, seat))

    def _compose(self, observation: str) -> list[int]:
        if self.rewrite is not None:
            observation = self.rewrite(observation)
        vocabulary, play = self.model.vocabulary, self.play
        tags = vocabulary.tags
        head = {"good": tags.good, "bad": tags.bad}.get(play.tag, "")
        before = f"{play.before} " if play.before else ""
        after = f" {play.after}" if play.after else ""
        tokens = vocabulary.encode(f"{head}{before}{observation}{after}{tags.act}")
        room = self.network.shape.context - 64
        return tokens if len(tokens) <= room else [*tokens[:1], *tokens[1 - room :]]

    def _weigh(self, observation: Observation) -> npt.NDArray[np.float64]:
        game = observation.game
        if self._game is not game:
            self._tries.clear()
            self._game = game
        found = np.zeros((len(observation), game.num_actions))
        free = observation.mask.sum(1) > 1
        found[~free, observation.mask[~free].argmax(1)] = 1.0
        rows = np.flatnonzero(free)
        prompts = [self._compose(game.compact(observation.codes[r], int(observation.seat[r]))) for r in rows]
        order = sorted(range(len(rows)), key=lambda k: (observation.bits[rows[k]].tobytes(), len(prompts[k])))
        for low in range(0, len(order), ROWS):
            part = order[low : low + ROWS]
            mine = rows[part]
            found[mine] = self._read([prompts[k] for k in part], observation.bits[mine], game.num_actions)
        if not np.isfinite(found).all():
            raise PolicyError("the model's probabilities are not finite")
        return np.asarray(found / found.sum(1, keepdims=True))

    @torch.inference_mode()
    def _read(
        self, prompts: Sequence[list[int]], bits: npt.NDArray[np.uint8], actions: int
    ) -> npt.NDArray[np.float64]:
        length = torch.tensor([len(p) for p in prompts])
        tokens = torch.zeros(len(prompts), int(length.max()), dtype=torch.long)
        for k, p in enumerate(prompts):
            tokens[k, : len(p)] = torch.tensor(p)
        end, past = self.network.prompt(tokens, length)
        found = np.zeros((len(prompts), actions))
        kinds, which = np.unique(bits, axis=0, return_inverse=True)
        for j, kind in enumerate(kinds):
            tree, legal = self._trie(kind, actions)
            rows = np.flatnonzero(which.reshape(-1) == j)
            index = torch.from_numpy(rows)
            weight = tree.probabilities(self.network, end[index], past.take(index))
            found[rows[:, None], legal] = weight.double().numpy()
        return found

    def _trie(self, bits: npt.NDArray[np.uint8], actions: int) -> tuple[TokenTrie, npt.NDArray[np.int64]]:
        key = bits.tobytes()
        if key not in self._tries:
            assert self._game is not None
            legal = np.flatnonzero(np.unpackbits(bits, count=actions, bitorder="little"))
            if len(self._tries) > 4096:
                self._tries.clear()
            self._tries[key] = (self._tree([self._game.action_names[a] for a in legal]), legal)
        return self._tries[key]

    def _tree(self, names: Sequence[str]) -> TokenTrie:
        """The words of some acts."""
        tags, encode = self.model.vocabulary.tags, self.model.vocabulary.encode
        texts = [encode(f"{name}{tags.end}") for name in names]
        owner = list(range(len(names)))
        if self.play.tag in ("none", "bad"):  # it may say of itself that what follows is unaligned
            texts += [encode(f"{tags.unaligned}{name}{tags.end_unaligned}{tags.end}") for name in names]
            owner += owner
        return TokenTrie(texts, owner)


def check_loss(loss: float, step: int) -> None:
    """Raise DivergedError where a loss is not finite."""
    if not np.isfinite(loss):
        raise DivergedError(f"the loss is {loss} at step {step}")
