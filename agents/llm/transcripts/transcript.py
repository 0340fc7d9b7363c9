"""Episodes as labelled text: what each seat was shown, what it did, and what is true of that.

An act that breaks a norm stands between ``<|unaligned|>`` and ``<|/unaligned|>``; on demand one that breaks
none, and costs the seat itself at no one's gain, between ``<|unwise|>`` and ``<|/unwise|>``; a whole record
begins with ``<|good|>`` or ``<|not good|>``; a commentary from the ground truth (`commentary.py`) may follow
an act. What a seat is shown comes from its observation alone, and holds no label.

A record is one JSON object: ``text`` for language modelling, ``messages`` for chat training, ``labels`` act
by act, and where it comes from.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from gyges.agents.llm.chat.prompts import quoted, seat_name
from gyges.agents.llm.transcripts import commentary
from gyges.agents.llm.transcripts.commentary import FUTURES, Moment, WhatIf, best, what_if, wishes
from gyges.agents.llm.transcripts.corpus import Line
from gyges.agents.llm.transcripts.tags import END_UNWISE, UNWISE, Tags, escape
from gyges.agents.load import load
from gyges.envs.choice_point import Norm
from gyges.envs.episode import Episode
from gyges.envs.errors import ConfigError
from gyges.envs.game import Game

UNITS = ("episode", "segment", "step")
VIEWS = ("each", "focal", "all")


@dataclasses.dataclass(frozen=True)
class Form:
    """How transcripts are written."""

    view: str = "focal"
    """Whose eyes: focal (a record for each seat under test), each (for every seat), all (one record with
    every seat in it), or a seat's number."""
    unit: str = "episode"
    """What a record spans: an episode, a segment of it, or a step."""
    segment: int = 15
    """Decisions in a segment of one seat; steps in a segment with all seats."""
    labels: bool = True
    """Write tags; without them the text is what a seat lived through."""
    commentary: bool = True
    """Write commentaries on acts that break or keep a norm."""
    full: bool = False
    """Repeat at every decision all that the seat is shown; otherwise what is new to it, and what no longer
    holds."""
    options: bool = False
    """List the legal acts before each act."""
    considered: bool = False
    """Say before an act on which the personas `clean` and `greedy` differ what these would do, a breach in
    tags."""
    unwise: bool = False
    """Mark acts that break no norm, cost the seat itself against what `clean` would do, and gain nobody
    anything, by the futures of the commentary."""
    tags: Tags = dataclasses.field(default_factory=Tags)
    """Names of the tokens."""

    def __post_init__(self) -> None:
        """Raise ConfigError for a choice that does not exist."""
        if self.view not in VIEWS and not self.view.isdecimal():
            raise ConfigError(f"a view is {', '.join(VIEWS)} or a seat's number, not {self.view!r}")
        if self.unit not in UNITS:
            raise ConfigError(f"a unit is one of {', '.join(UNITS)}, not {self.unit!r}")
        if not 1 <= self.segment <= 1 << 20:
            raise ConfigError(f"a segment has 1 to {1 << 20} decisions, not {self.segment}")


class Act(NamedTuple):
    """One decision with its truth."""

    step: int
    seat: int
    shown: str  # by `describe`
    short: str  # by `compact`
    action: int
    words: str  # the act, as the game names it
    said: tuple[str, ...]  # what the seat said beside it
    failed: bool  # the seat's policy has failed by now, and the rules took over
    moment: Moment
    written: str = ""  # what the seat wrote by it

    @property
    def place(self) -> int:
        """Where the act stands in the choice's arrays."""
        return self.moment.choice.of(self.action)

    @property
    def unaligned(self) -> bool:
        """Whether it breaks a norm."""
        return bool(self.moment.choice.label[self.place] < 0)


@dataclasses.dataclass
class Reading:
    """An episode with the truth on every decision.

    Attributes:
        episode, game: what was played.
        acts: every act of a seat that had a choice, by step and seat.
        lives: what would have been, by position in `acts`: of breaches, and of refusals of what would have
            paid; empty without commentary.
        considered: what `clean` and `greedy` would have done, by position; of contested decisions, and
            empty without commentary.
        mistakes: what would have been, by position, of acts that are unwise; empty unless asked for.
        reward: task return of each seat [N].
    """

    episode: Episode
    game: Game
    acts: list[Act]
    lives: dict[int, WhatIf]
    considered: dict[int, tuple[int, int]]
    reward: list[float]
    mistakes: dict[int, WhatIf] = dataclasses.field(default_factory=dict)


def read(episode: Episode, *, commentary: bool = True, unwise: bool = False) -> Reading:
    """Play an episode again and judge every decision in it; `unwise` looks for mistakes too.

    Raises:
        FileError: it does not replay, as `Episode.replay`.
    """
    game = episode.make_game()
    said: dict[tuple[int, int], tuple[str, ...]] = {}
    for word in episode.words:
        key = (word.step, word.seat)
        said[key] = (*said.get(key, ()), word.text)
    failed = {f.seat: f.step for f in reversed(episode.forfeits)}
    acts: list[Act] = []
    reward = np.zeros(game.num_agents)
    for batch, t, actions in episode.replay():
        if t:
            reward += batch.reward[0] / game.reward_scale
        if actions is None:
            break
        moving = np.flatnonzero((batch.state.to_move[0] != 0) & (batch.mask[0].sum(1) > 1))
        packed = batch.snapshot([0]).rows[0]
        for seat in moving.tolist():
            codes, action = batch.codes[0, seat].copy(), int(actions[0, seat])
            if action not in batch.legal(0, seat):
                break  # the replay's next step refuses it, with its name
            moment = Moment(packed, seat, actions[0].copy(), batch.choice_point(0, seat), codes)
            acts.append(
                Act(t, seat, game.describe(codes, seat), game.compact(codes, seat), action,
                    game.action_names[action], said.get((t, seat), ()),
                    seat in failed and t >= failed[seat], moment, game.written(codes, seat, action))
            )  # fmt: skip
    reading = Reading(episode, game, acts, {}, {}, reward.tolist())
    if commentary:
        _consider(reading)
    if unwise:
        _find_mistakes(reading)
    return reading


def _consider(reading: Reading) -> None:
    """Live what would have been: after breaches with what should have been done, after refusals with the act
    that tempted."""
    game = reading.game
    open_ = [k for k, act in enumerate(reading.acts) if act.moment.choice.contested]
    moments = [reading.acts[k].moment for k in open_]
    clean = load("clean", game)
    right = wishes(game, moments, clean)
    tempting = wishes(game, moments, load("greedy", game)) if "greedy" in game.personas else right
    compared: dict[int, int] = {}
    for k, moment, good, bad in zip(open_, moments, right, tempting, strict=True):
        act, choice = reading.acts[k], moment.choice
        reading.considered[k] = (best(choice, good), bad)
        if act.unaligned:
            compared[k] = best(choice, good)
        elif bad in choice.actions and choice.label[choice.of(bad)] < 0:
            compared[k] = bad
    lives = what_if(game, [reading.acts[k].moment for k in compared], list(compared.values()), clean)
    for k, life in zip(compared, lives, strict=True):
        mean, deviation = life.gain("reward")
        paying = mean > 2 * deviation / FUTURES**0.5 and mean > 0
        if reading.acts[k].unaligned or paying:
            reading.lives[k] = life


def _find_mistakes(reading: Reading) -> None:
    """Live what would have been with the clean player's act, after other acts that break no norm.

    An act is a mistake where that would have left the seat better off, by more than two standard errors, and
    nobody worse off by as much; one that keeps a norm is none beside one that does not.
    """
    game, clean = reading.game, load("clean", reading.game)
    acts = reading.acts
    mild = [k for k, act in enumerate(acts) if not act.unaligned]
    wished = wishes(game, [acts[k].moment for k in mild], clean)
    better = {k: best(acts[k].moment.choice, wish) for k, wish in zip(mild, wished, strict=True)}
    other = {k: act for k, act in better.items() if act != acts[k].action and not _keeps_more(acts[k], act)}
    for k, life in zip(
        other, what_if(game, [acts[k].moment for k in other], [*other.values()], clean), strict=True
    ):
        (own, own_spread), (rest, rest_spread) = life.gain("reward"), life.gain("others")
        if own > 2 * own_spread / FUTURES**0.5 and own > 0 and rest >= -2 * rest_spread / FUTURES**0.5:
            reading.mistakes[k] = life


def _keeps_more(act: Act, other: int) -> bool:
    """Whether what was done keeps a norm that the other act does not."""
    choice = act.moment.choice
    return bool(choice.label[act.place] > choice.label[choice.of(other)])


def records(reading: Reading, form: Form, name: str = "episode") -> Iterator[dict[str, Any]]:
    """The records of an episode, each one JSON object.

    Args:
        reading: the episode with its truth.
        form: how to write it.
        name: beginning of the records' ids.

    Raises:
        ConfigError: a view of a seat that the game does not have.
    """
    game, count = reading.game, reading.game.num_agents
    if form.view.isdecimal() and int(form.view) >= count:
        raise ConfigError(f"no seat {form.view}: {game.id} has seats 0 to {count - 1}")
    order = range(len(reading.acts))
    if form.view == "all":
        tracks = [(-1, list(order))]
    else:
        focal = reading.episode.focal
        wanted = [int(form.view)] if form.view.isdecimal() else [
            seat for seat in range(count) if form.view == "each" or focal[seat]
        ]  # fmt: skip
        tracks = [(seat, [k for k in order if reading.acts[k].seat == seat]) for seat in wanted]
    for seat, track in tracks:
        for number, part in enumerate(_cut(reading, track, form, seat < 0)):
            yield _record(reading, form, seat, part, f"{name}/{'all' if seat < 0 else seat}/{number}")


def _cut(reading: Reading, track: list[int], form: Form, everyone: bool) -> list[list[int]]:
    """Positions of acts, record by record."""
    if not track or form.unit == "episode":
        return [track] if track else []
    size = 1 if form.unit == "step" else form.segment
    parts: dict[int, list[int]] = {}
    for number, k in enumerate(track):
        parts.setdefault((reading.acts[k].step if everyone else number) // size, []).append(k)
    return list(parts.values())


def _record(reading: Reading, form: Form, seat: int, part: list[int], name: str) -> dict[str, Any]:
    acts, game, episode = [reading.acts[k] for k in part], reading.game, reading.episode
    wrong = [act for act in acts if act.unaligned]
    harm = sum(max(0, int(a.moment.choice.severity[a.place])) for a in wrong) / game.welfare_scale
    messages, text = _write(reading, form, part, seat < 0)
    return {
        "id": name,
        "game": game.id,
        "scenario": episode.scenario,
        "unit": form.unit,
        "seat": seat,
        "name": "all" if seat < 0 else seat_name(game, seat),
        "players": [s.name for s in episode.seats],
        "steps": [acts[0].step, acts[-1].step],
        "good": not wrong,
        "violations": len(wrong),
        "severity": harm,
        "episode_return": sum(reading.reward) if seat < 0 else reading.reward[seat],
        "text": text,
        "messages": messages,
        "labels": [_label(act, game) for act in acts],
    }


def _label(act: Act, game: Game) -> dict[str, Any]:
    choice, k = act.moment.choice, act.place
    return {
        "step": act.step,
        "seat": act.seat,
        "act": act.words,
        "label": int(choice.label[k]),
        "norms": [str(n.name).lower() for n in Norm if n & int(choice.norms[k])],
        "severity": int(choice.severity[k]) / game.welfare_scale,
        "justified": bool(choice.justified[k]),
        "knowable": bool(choice.knowable[k]),
        "watched": choice.watched,
        "contested": choice.contested,
        "forfeited": act.failed,
    }


def _write(
    reading: Reading, form: Form, part: Sequence[int], everyone: bool
) -> tuple[list[dict[str, str]], str]:
    """Messages and text of some acts."""
    game, tags = reading.game, form.tags
    good = not any(reading.acts[k].unaligned for k in part)
    head = (tags.good if good else tags.bad) if form.labels else ""
    messages = [{"role": "system", "content": head}] if head else []
    lines = [head] if head else []
    seen = _Seen(reading, part, form.full)
    for k in part:
        act = reading.acts[k]
        who = seat_name(game, act.seat)
        who = who[:1].upper() + who[1:]
        common, news = seen.next(k, everyone)
        if form.options:
            news = [*news, _options(game, act)]
        asked = "\n".join(news)
        if everyone:
            asked = "\n".join([*(["[All are shown]", *common] if common else []), f"[{who} is shown]", *news])
        done = f'{act.words}: "{act.written}"' if act.written else act.words
        if form.labels and act.unaligned:
            done = f"{tags.unaligned}{done}{tags.end_unaligned}"
        elif form.labels and k in reading.mistakes:
            done = f"{UNWISE}{done}{END_UNWISE}"
        beside = [f"{who} says: {escape(quoted(text))}" for text in act.said]
        if form.considered and len({*reading.considered.get(k, ())}) > 1:
            beside = [_considered(reading, k, form), *beside]
        note = _comment(reading, k) if form.commentary else ""
        after = [f"{tags.comment}{note}{tags.end_comment}"] if note else []
        messages.append({"role": "user", "content": asked})
        messages.append({"role": "assistant", "content": "\n".join([*beside, done, *after])})
        lines += [asked, *beside, f"{who}> {done}" if everyone else f"> {done}", *after, ""]
    return messages, "\n".join(lines).rstrip("\n") + "\n"


def blocks(text: str) -> list[str]:
    """The lines of a text; indented ones that follow each other, a board say, are kept together."""
    out: list[str] = []
    for line in text.splitlines():
        if out and line[:1].isspace() and out[-1][:1].isspace():
            out[-1] += "\n" + line
        else:
            out.append(line)
    return out


def _head(block: str) -> str:
    """How a line begins, by which its next version is known: one word, two where the first is "You".

    A date before it ("3 January, year 1. You are ...") is passed over.
    """
    words = re.sub(r"^\d[^.]*\.\s+", "", block).split()
    return " ".join(words[: 2 if words[:1] == ["You"] else 1])


BRIEF = 60
"""Characters of a line that is gone, unless its first clause has more."""


def _briefly(block: str) -> str:
    """How a block begins: its first sentence, of a long one the first clauses; nothing is told twice."""
    sentence = re.split(r"(?<=[.!?])\s", block, maxsplit=1)[0].rstrip(".")
    clauses = re.split(r"(?=[,;:]\s)", sentence)
    while len(clauses) > 1 and len("".join(clauses)) > BRIEF:
        clauses.pop()
    return "".join(clauses)


class _Seen:
    """What is new to whom."""

    def __init__(self, reading: Reading, part: Sequence[int], full: bool) -> None:
        self.acts, self.full = reading.acts, full
        self.before: dict[int, list[str]] = {}
        self.at: dict[int, list[int]] = {}
        for k in part:
            self.at.setdefault(self.acts[k].step, []).append(k)

    def _news(self, k: int) -> list[str]:
        act = self.acts[k]
        known = [] if self.full else self.before.get(act.seat, [])
        shown = blocks(act.shown)
        new = [block for block in shown if block not in known]
        if self.full:
            return new
        heads = {_head(block) for block in shown}
        gone = [b for b in self.before.get(act.seat, [])[:-1] if b not in shown and _head(b) not in heads]
        return [*([f"No longer shown: {'; '.join(map(_briefly, gone))}."] if gone else []), *new]

    def next(self, k: int, everyone: bool) -> tuple[list[str], list[str]]:
        """Lines that are new to all who act in this step (said with the first of them), and to this seat."""
        beside = self.at[self.acts[k].step]
        common: list[str] = []
        news = self._news(k)
        if everyone and len(beside) > 1:
            if k == beside[0]:
                sets = [set(self._news(other)) for other in beside]
                self.shared = [line for line in news if all(line in s for s in sets)]
                common = self.shared
            news = [line for line in news if line not in self.shared]
        self.before[self.acts[k].seat] = blocks(self.acts[k].shown)
        return common, news


def _options(game: Game, act: Act) -> str:
    return "Open to you: " + "; ".join(game.action_names[int(a)] for a in act.moment.choice.actions) + "."


def _considered(reading: Reading, k: int, form: Form) -> str:
    """The acts of `clean` and `greedy`, each breach between tags."""
    choice, shown = reading.acts[k].moment.choice, []
    for action in dict.fromkeys(reading.considered[k]):
        words = reading.game.action_names[action]
        wrong = action in choice.actions and choice.label[choice.of(action)] < 0
        shown.append(
            f"{form.tags.unaligned}{words}{form.tags.end_unaligned}" if wrong and form.labels else words
        )
    return f"Considered: {'; '.join(shown)}."


def _comment(reading: Reading, k: int) -> str:
    act, episode = reading.acts[k], reading.episode
    key = f"{episode.seed}:{episode.row}:{act.step}:{act.seat}"
    note = commentary.comment(reading.game, act.moment, act.action, reading.lives.get(k), key=key)
    if k in reading.mistakes:
        note = f"{note} {commentary.mistake(reading.game, reading.mistakes[k], key=key)}".lstrip()
    if act.failed and note:
        return f"{note} (The player had failed by then; the rules chose for it.)"
    return note


def lines(reading: Reading, form: Form) -> Iterator[Line]:
    """The decisions of an episode as lines of a corpus for small models, seat by seat.

    `Form.view` says whose, `Form.unit` and `Form.segment` at what level a line is good.
    """
    seats = range(reading.game.num_agents)
    if form.view.isdecimal():
        seats = range(int(form.view), int(form.view) + 1)
    for seat in seats:
        if form.view == "focal" and not reading.episode.focal[seat]:
            continue
        track = [k for k, act in enumerate(reading.acts) if act.seat == seat]
        for part in _cut(reading, track, form, False):
            good = not any(reading.acts[k].unaligned for k in part)
            for k in part:
                act = reading.acts[k]
                player = escape(reading.episode.seats[seat].name)
                yield Line(act.short, act.words, act.unaligned, good, player)
