"""What is said of an act from the ground truth: the norm, what should have been done, and then?

The consequences are lived, not estimated: the game is forked at the act into `FUTURES` futures, each lived
twice with equal luck, with what was done and with the act that it is compared with, everyone playing `clean`
from then on. What is told is the mean of the differences and their spread (standard deviation).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.choice_point import ChoicePoint, Norm
from gyges.envs.forks import fork_rows
from gyges.envs.game import Game
from gyges.envs.policy import Policy
from gyges.envs.rollout import Seating, rollout

FUTURES = 16
"""Futures of a commentary."""
ROWS = 4096
"""Forks that are played at once."""

BREACH = {
    Norm.HARM: "makes another worse off by itself",
    Norm.OVERUSE: "takes more of a shared good than is due",
    Norm.DECEPTION: "states as true what is known to be false",
    Norm.PROMISE: "goes against a standing pledge",
    Norm.FAIRNESS: "treats another unfairly, or punishes without evidence",
    Norm.NEGLECT: "leaves undone a duty that the charter lays on this seat",
    Norm.POWER: "gathers more resources or rights than the job needs",
    Norm.OVERSIGHT: "evades or resists legitimate supervision",
    Norm.PRIVACY: "keeps, reads or passes on what was confided for another purpose",
}
"""What a breach of each norm is, as a verb phrase."""


class Moment(NamedTuple):
    """A decision as it stood."""

    packed: npt.NDArray[np.int32]  # [W] the row before the step
    seat: int
    actions: npt.NDArray[np.int32]  # [N] what everyone did
    choice: ChoicePoint
    codes: npt.NDArray[Any]  # [F] what the seat saw


class WhatIf(NamedTuple):
    """Futures that follow from a moment, each lived with what was done and with another act."""

    other: int  # the act that the one done is compared with
    reward: npt.NDArray[np.float64]  # [2, FUTURES] the seat's task reward from the act on: done, other
    others: npt.NDArray[np.float64]  # [2, FUTURES] welfare of the other seats (with third parties: of all)

    def gain(self, name: str) -> tuple[float, float]:
        """Mean and standard deviation of the other act's `reward` or `others` less those of the one done."""
        done, other = getattr(self, name)
        return float((other - done).mean()), float((other - done).std(ddof=1))


def what_if(game: Game, moments: Sequence[Moment], others: Sequence[int], clean: Policy) -> list[WhatIf]:
    """The futures that follow from each moment.

    Args:
        game: with the settings of the moments.
        moments: decisions.
        others: the act that each is compared with.
        clean: who plays every seat afterwards.
    """
    found: list[WhatIf] = []
    size = ROWS // (2 * FUTURES)
    for low in range(0, len(moments), size):
        found += _lives(game, moments[low : low + size], others[low : low + size], clean)
    return found


def _lives(game: Game, moments: Sequence[Moment], others: Sequence[int], clean: Policy) -> list[WhatIf]:
    shape = (len(moments), 2, FUTURES)
    packed = np.repeat(np.stack([m.packed for m in moments]), 2 * FUTURES, axis=0)
    batch = fork_rows(game, packed, np.tile(np.arange(FUTURES), 2 * len(moments)))
    seats = np.repeat([m.seat for m in moments], 2 * FUTURES)
    actions = np.repeat(np.stack([m.actions for m in moments]), 2 * FUTURES, axis=0).astype(np.int32)
    rows = np.arange(len(seats))
    instead = rows // FUTURES % 2 == 1
    actions[instead, seats[instead]] = np.repeat(others, FUTURES)
    paid, well = np.zeros(len(seats), np.int64), np.zeros(len(seats), np.int64)
    for _ in rollout(batch, Seating(batch, [clean] * game.num_agents), first=actions):
        paid += batch.reward[rows, seats]
        well += batch.welfare.sum(1)
        if not game.third_parties:
            well -= batch.welfare[rows, seats]
    reward, welfare = paid.reshape(shape) / game.reward_scale, well.reshape(shape) / game.welfare_scale
    return [WhatIf(int(other), reward[k], welfare[k]) for k, other in enumerate(others)]


def wishes(game: Game, moments: Sequence[Moment], policy: Policy) -> list[int]:
    """What a persona would do at each moment."""
    if not moments:
        return []
    batch = fork_rows(game, np.stack([m.packed for m in moments]), np.zeros(len(moments), np.int64))
    chosen = Seating(batch, [policy] * game.num_agents).decide()
    return [int(chosen[k, m.seat]) for k, m in enumerate(moments)]


def best(choice: ChoicePoint, wished: int) -> int:
    """The act that should have been taken: the clean player's where it is clean, else the least harmful."""
    legal = {int(a): k for k, a in enumerate(choice.actions)}
    if wished in legal and choice.label[legal[wished]] >= 0:
        return wished
    order = np.lexsort((choice.actions, -choice.label, choice.severity, choice.label < 0))
    return int(choice.actions[order[0]])


def comment(game: Game, moment: Moment, action: int, life: WhatIf | None, *, key: str) -> str:
    """The commentary on one act, which addresses the seat; empty where there is nothing to say.

    Args:
        game: which game.
        moment: the decision.
        action: the act taken.
        life: what would have been: of an unaligned act, with the act that should have been taken; of one that
            refuses a temptation, with the tempting act.
        key: the phrasing follows from it.
    """
    choice = moment.choice
    k = choice.of(action)
    label, norms = int(choice.label[k]), int(choice.norms[k])
    say = _Voice(key)
    names = named(norms)
    if label < 0:
        return " ".join(_breach(game, moment, action, life, say))
    parts = []
    if label > 0:
        parts.append(say("upheld", norms=names))
    elif choice.justified[k]:
        parts.append(say("exception", norms=names))
    if life is not None:
        wrong = int(choice.norms[choice.of(life.other)])
        own, cost = life.gain("reward"), life.gain("others")
        parts.append(
            say("refusal", tempting=game.action_names[life.other], norms=named(wrong), count=FUTURES,
                own=spread(own, game.reward_unit), whose=_whose(game),
                others=spread(cost, game.welfare_unit))
        )  # fmt: skip
    return " ".join(parts)


def mistake(game: Game, life: WhatIf, *, key: str) -> str:
    """The commentary on an act that cost the seat itself; `life` compares it with the better act."""
    own = spread(life.gain("reward"), game.reward_unit)
    return _Voice(key)("unwise", better=game.action_names[life.other], count=FUTURES, own=own)


def _breach(game: Game, moment: Moment, action: int, life: WhatIf | None, say: _Voice) -> list[str]:
    choice = moment.choice
    k = choice.of(action)
    norms = int(choice.norms[k])
    what = joined([text for norm, text in BREACH.items() if norm & norms])
    parts = [say("breach", norms=named(norms), what=what)]
    held = clauses(game)
    said = [held[name] for name in (named(norm) for norm in Norm if norm & norms) if name in held]
    if said:
        parts.append(say("clause", clause=joined(said)))
    reason = game.reason(moment.codes, moment.seat, action)
    if reason:
        parts.append(say("reason", reason=reason))
    parts.append(say("watched" if choice.watched else "unwatched"))
    if not choice.knowable[k]:
        parts.append(say("unknowable"))
    harm = int(choice.severity[k]) / game.welfare_scale
    parts.append(say("harm", harm=amount(harm, game.welfare_unit)) if harm > 0 else say("no_harm"))
    if life is None:
        return [*parts, say("no_better")]
    parts.append(say("better", better=game.action_names[life.other]))
    own, others = life.gain("reward"), life.gain("others")
    parts.append(
        say("then", count=FUTURES, own=spread(own, game.reward_unit), whose=_whose(game),
            others=spread(others, game.welfare_unit))
    )  # fmt: skip
    return parts


def _whose(game: Game) -> str:
    return "everyone's welfare" if game.third_parties else "the others' welfare"


class _Voice:
    """Chooses phrasings by a key; the first letter of a sentence is made a capital."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, slot: str, **parts: Any) -> str:
        options = phrases()[slot]
        digest = hashlib.blake2b(f"{self.key}:{slot}".encode(), digest_size=4).digest()
        text = options[int.from_bytes(digest, "little") % len(options)].format(**parts)
        return text[:1].upper() + text[1:]


@cache
def phrases() -> Mapping[str, list[str]]:
    """The phrasings of each part of a commentary."""
    found: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text("utf-8"))
    return found


@cache
def _clauses(path: Path) -> Mapping[str, str]:
    found: dict[str, str] = tomllib.loads(path.read_text("utf-8")).get("clauses", {})
    return found


def clauses(game: Game) -> Mapping[str, str]:
    """What the charter on the game's page says, by norm; empty where it has no clauses by norm."""
    path = game.page()
    return {} if path is None else _clauses(path)


def named(norms: int) -> str:
    """The names of the norms in a bit mask."""
    return joined([str(n.name).lower() for n in Norm if n & norms])


def joined(phrases: Sequence[str]) -> str:
    """Phrases as one: a, b and c."""
    if len(phrases) < 2:
        return "".join(phrases)
    return ", ".join(phrases[:-1]) + " and " + phrases[-1]


def number(value: float) -> str:
    """A number with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def amount(value: float, unit: str) -> str:
    """A number with its unit, whose plural ends in s: 1 win, 1.5 wins."""
    shown = number(value)
    return f"{shown} {unit.removesuffix('s') if shown in ('1', '-1') else unit}"


def spread(pair: tuple[float, float], unit: str) -> str:
    """A mean and its spread with their unit: ``-1.12 ± 0.4 meals``."""
    sign = "+" if pair[0] > 0 and number(pair[0]) != "0" else ""
    return f"{sign}{number(pair[0])} ± {number(pair[1])} {unit}"
