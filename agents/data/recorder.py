"""Rolls a mixture of policies and writes what happened as a dataset (`gyges.agents.data.dataset`).

Episode k is the environment (seed, k) with a part of the mixture drawn for it: exact shares in every
thousand episodes, in seeded order. One part fills all the seats that are recorded; the other seats,
if any, take background policies. Stretches of episodes are played at once; the result depends neither on
their size nor on where they are played.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.data import dataset as D
from gyges.agents.data.mixture import Noisy, Player, assign
from gyges.agents.data.writer import Shard, Writer, taken
from gyges.envs.batch import Batch, rules_hash
from gyges.envs.errors import ConfigError
from gyges.envs.game import Game
from gyges.envs.policy import Policy
from gyges.envs.rollout import Seating, rollout

HELD = 400_000
"""Decisions held in memory at a time, about."""
APART, APART_HELD = 40_000, 4_000_000
"""Decisions in a stretch that is played elsewhere, and in all those together, about."""

Background = Callable[[int], Sequence[Policy | None]]
"""Policies of all seats in episode k; None where a part of the mixture sits and is recorded."""


class Stretch(NamedTuple):
    """Consecutive episodes that are played as one batch."""

    first: int
    rows: int


class Elsewhere(NamedTuple):
    """Something that plays stretches in other processes, by `played`."""

    play: Callable[[Sequence[Stretch]], Iterable[Shard]]
    """Plays some, and gives what came of them in their order."""
    together: int
    """Stretches at a time."""


def record(
    game: Game,
    parts: Sequence[Player],
    out: str | Path,
    *,
    episodes: int | None = None,
    decisions: int | None = None,
    background: Background | None = None,
    seed: int = 0,
    segment: int = 16,
    labels: str = "full",
    progress: bool = False,
    elsewhere: Elsewhere | None = None,
) -> D.Dataset:
    """Play a mixture and write it as a dataset.

    Args:
        game: what is played.
        parts: who plays, and how much.
        out: a folder that does not exist yet, or is empty.
        episodes, decisions: how much to record, one of the two; decisions are rounded up to whole
            episodes.
        background: who else sits at the table; without it the mixture's part fills every seat.
        seed: of the environments, the policies and the order of the parts.
        segment: decisions in a window of the segments table.
        labels: "full" to judge every decision, "off" to record none of the truth.
        progress: show a bar.
        elsewhere: plays; by default this process.

    Returns:
        The dataset, opened. After Ctrl-C it holds what was whole by then, and KeyboardInterrupt goes on.

    Raises:
        ConfigError: arguments outside what is allowed.
        FileError: the folder is taken, or cannot be written (a full disk); nothing is left behind.
    """
    if (episodes is None) == (decisions is None):
        raise ConfigError("say how much to record: episodes or decisions, one of the two")
    if (episodes or decisions or 0) < 1:
        raise ConfigError("at least one episode or decision is recorded")
    if labels not in ("off", "full"):
        raise ConfigError(f"labels is 'off' or 'full', not {labels!r}")
    if not 1 <= segment <= 1 << 30:
        raise ConfigError(f"a segment has at least one decision, not {segment!r}")
    if not parts:
        raise ConfigError("a mixture has at least one part")

    def here(stretches: Sequence[Stretch]) -> Iterator[Shard]:
        return (played(game, parts, background, seed, labels, one) for one in stretches)

    with taken(Path(out)) as folder:
        writer = Writer(folder, _manifest(game, parts, seed, segment, labels))
        try:
            with _bar(progress, episodes or decisions or 0) as advance:
                for shard in _shards(elsewhere or Elsewhere(here, 1), episodes, decisions):
                    writer.write(shard)
                    advance(writer.rows if episodes else writer.decisions)
            writer.finish()
        except KeyboardInterrupt:
            if writer.decisions:
                writer.finish()
            raise
        finally:
            writer.close()
    return D.Dataset(out)


def _manifest(game: Game, parts: Sequence[Player], seed: int, segment: int, labels: str) -> D.Manifest:
    """What is known before anything is recorded."""
    shares = sum(p.share for p in parts)
    return D.Manifest(
        format=D.FORMAT, version=D.VERSION,
        game=game.id, settings=game.settings, rules=rules_hash(game), seed=seed,
        labels=labels, segment=segment, num_agents=game.num_agents,  # type: ignore[arg-type]
        num_actions=game.num_actions, num_features=game.observation_size,
        feature_dtype=np.dtype(game.feature_dtype).name, reward_scale=game.reward_scale,  # type: ignore[arg-type]
        welfare_scale=game.welfare_scale,
        parts=tuple(D.Part(p.name, p.source, p.hash, p.share / shares, p.noise) for p in parts),
        num_steps=0, num_segments=0, num_episodes=0,
    )  # fmt: skip


def _shards(elsewhere: Elsewhere, episodes: int | None, decisions: int | None) -> Iterator[Shard]:
    """Stretches of episodes, small at first, then as large as memory allows."""
    done = held = 0
    most = HELD if elsewhere.together == 1 else min(APART, APART_HELD // elsewhere.together)
    while episodes is None or done < episodes:
        rate = held / done if done else 0.0
        rows = max(1, min(1 << 14, int(most / rate))) if rate else 32
        left = rows * elsewhere.together
        if episodes is not None:
            left = min(left, episodes - done)
        elif rate and decisions is not None:
            left = min(left, int((decisions - held) / rate) + 1)
        rows = min(rows, -(-left // elsewhere.together))
        stretches = [Stretch(done + k, min(rows, left - k)) for k in range(0, left, rows)]
        for shard in elsewhere.play(stretches):
            kept = shard if decisions is None else shard.trim(decisions - held)
            done, held = int(kept.row[-1]) + 1, held + kept.decisions
            yield kept
            if decisions is not None and held >= decisions:
                return


def played(
    game: Game, parts: Sequence[Player], background: Background | None, seed: int, labels: str, some: Stretch
) -> Shard:
    """Play a stretch of episodes; arguments as for `record`."""
    seats: list[Policy] = [Noisy(p.policy, p.noise) if p.noise else p.policy for p in parts]
    part, n = assign([p.share for p in parts], some.first, some.rows, seed), game.num_agents
    batch = Batch(game, some.rows, seed=seed, labels=labels, first_row=some.first)
    table: list[list[Any]] = []
    mine = np.ones((some.rows, n), np.bool_)
    for k, which in enumerate(part):
        others = [None] * n if background is None else list(background(some.first + k))
        mine[k] = [one is None for one in others]
        table.append([seats[which] if one is None else one for one in others])
    if not mine.any(axis=1).all():
        raise ConfigError("every episode needs a seat for the mixture: one that the background leaves")
    return _play(batch, Seating(batch, table, seed=seed), mine, part, some.first)


def _play(
    batch: Batch, seating: Seating, mine: npt.NDArray[np.bool_], part: npt.NDArray[np.int16], first: int
) -> Shard:
    """Play to the end; what the seats that are `mine` [R, N] did, their policies being of `part` [R]."""
    flat, wide = mine.size, batch.game.observation_size
    paid, well = np.zeros(flat, np.int64), np.zeros(flat, np.int64)
    kept: dict[str, list[npt.NDArray[Any]]] = {}

    def due() -> dict[str, npt.NDArray[Any]]:
        """The recorded decisions that are due now."""
        pair = np.flatnonzero((batch.state.to_move != 0) & mine)
        return {
            "pair": pair,
            "codes": batch.codes.reshape(flat, wide)[pair],
            "bits": batch.bits.reshape(flat, -1)[pair],
            "reward": paid[pair],
            "welfare": well[pair],
        }

    before = due()
    for step in rollout(batch, seating):
        pair = before["pair"]
        after = {
            "tick": np.full(len(pair), step.number, np.int32),
            "action": step.actions.reshape(flat)[pair],
            "ledger": batch.ledger.reshape(flat, -1)[pair],
        }
        for name, values in {**before, **after}.items():
            kept.setdefault(name, []).append(values)
        paid += batch.reward.reshape(flat)
        well += batch.welfare.reshape(flat)
        before = due()
    whole = {name: np.concatenate(values) for name, values in kept.items()}
    order = np.argsort(whole["pair"], kind="stable")
    pair = whole["pair"][order]
    columns = {name: values[order] for name, values in whole.items() if name != "pair"}
    last = np.append(pair[1:] != pair[:-1], True)
    for name, total in (("reward", paid), ("welfare", well)):
        until = np.append(columns[name][1:], 0)
        until[last] = total[pair[last]]
        columns[name] = until - columns[name]
    cut, over = batch.truncated.reshape(flat) != 0, batch.terminated.reshape(flat) != 0
    ended = np.where(over, D.TERMINATED, np.where(cut, D.TRUNCATED, D.UNFINISHED)).astype(np.uint8)
    who = pair[last]
    row, seat = who // batch.game.num_agents, who % batch.game.num_agents
    length = np.diff(np.flatnonzero(last), prepend=-1)
    final = batch.codes.reshape(flat, wide)[who]
    return Shard(row + first, seat, part[row], length, ended[who], final, columns)


@contextlib.contextmanager
def _bar(shown: bool, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr."""
    if not shown:
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("recording"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr)) as bar:
        task = bar.add_task("recording", total=total)
        yield lambda done: bar.update(task, completed=min(done, total))
