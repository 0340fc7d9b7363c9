"""Rolls a mixture of policies and writes what happened as a dataset (`gyges.agents.data.dataset`).

Episode k is the environment (seed, k) with a part of the mixture drawn for it: exact shares in every
thousand episodes, in seeded order. One part fills all the seats that are recorded; the other seats,
if any, take background policies. Stretches of episodes are played at once; the result depends neither on
their size nor on where they are played.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.data import dataset as D
from gyges.agents.data.column_files import Column
from gyges.agents.data.mixture import Noisy, Player, assign
from gyges.envs import atomic
from gyges.envs.batch import Batch, rules_hash
from gyges.envs.choice_point import headline, headline_violations, severity
from gyges.envs.errors import ConfigError, FileError
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

    with _folder(Path(out)) as folder:
        writer = _Writer(folder, game, parts, seed, segment, labels)
        try:
            with _bar(progress, episodes or decisions or 0) as advance:
                for shard in _shards(elsewhere or Elsewhere(here, 1), episodes, decisions):
                    writer.write(shard)
                    advance(writer.rows if episodes else writer.decisions)
            writer.close()
        except KeyboardInterrupt:
            if writer.decisions:
                writer.close()
            raise
        finally:
            writer.release()
    return D.Dataset(out)


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
            if decisions is not None:
                shard.trim(decisions - held)
            done, held = done + shard.rows, held + len(shard.pair)
            yield shard
            if decisions is not None and held >= decisions:
                return


def played(
    game: Game, parts: Sequence[Player], background: Background | None, seed: int, labels: str, some: Stretch
) -> Shard:
    """Play a stretch of episodes; arguments as for `record`."""
    seats: list[Policy] = [Noisy(p.policy, p.noise) if p.noise else p.policy for p in parts]
    part = assign([p.share for p in parts], some.first, some.rows, seed)
    return Shard(game, [seats[k] for k in part], part, background, seed, some.first, labels)


class Shard:
    """A stretch of episodes, played: decisions sorted by (episode, seat, time)."""

    def __init__(
        self,
        game: Game,
        focal: Sequence[Policy],
        part: npt.NDArray[np.int16],
        background: Background | None,
        seed: int,
        first: int,
        labels: str,
    ) -> None:
        rows, n = len(focal), game.num_agents
        batch = Batch(game, rows, seed=seed, labels=labels, first_row=first)
        table: list[list[Any]] = []
        mine = np.ones((rows, n), np.bool_)
        for k, policy in enumerate(focal):
            others = [None] * n if background is None else list(background(first + k))
            mine[k] = [one is None for one in others]
            table.append([policy if one is None else one for one in others])
        if not mine.any(axis=1).all():
            raise ConfigError("every episode needs a seat for the mixture: one that the background leaves")
        self.part, self.first, self.rows, self.n = part, first, rows, n
        self._play(batch, Seating(batch, table, seed=seed), mine)

    def _play(self, batch: Batch, seating: Seating, mine: npt.NDArray[np.bool_]) -> None:
        flat = self.rows * self.n
        wide = batch.game.observation_size
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
        self.pair = whole["pair"][order]
        self.columns = {name: values[order] for name, values in whole.items() if name != "pair"}
        last = np.append(self.pair[1:] != self.pair[:-1], True)
        for name, total in (("reward", paid), ("welfare", well)):
            until = np.append(self.columns[name][1:], 0)
            until[last] = total[self.pair[last]]
            self.columns[name] = until - self.columns[name]
        cut, ended = batch.truncated.reshape(flat) != 0, batch.terminated.reshape(flat) != 0
        self.ended = np.where(ended, D.TERMINATED, np.where(cut, D.TRUNCATED, D.UNFINISHED)).astype(np.uint8)
        self.final = batch.codes.reshape(flat, wide)

    def trim(self, most: int) -> None:
        """Keep the first episodes that together hold at least `most` decisions."""
        if len(self.pair) <= most:
            return
        self.rows = int(self.pair[most - 1]) // self.n + 1
        kept = self.pair < self.rows * self.n
        self.pair = self.pair[kept]
        self.columns = {name: values[kept] for name, values in self.columns.items()}


class _Writer:
    """Appends shards to the columns of a folder."""

    def __init__(
        self, folder: Path, game: Game, parts: Sequence[Player], seed: int, segment: int, labels: str
    ) -> None:
        self.folder, self.game, self.parts = folder, game, parts
        self.seed, self.segment, self.labels = seed, segment, labels
        self.decisions = self.windows = self.seats = self.rows = 0
        feature = np.dtype(game.feature_dtype).name
        self.columns = {
            (table, name): Column(
                folder / f"{table}.{name}.npy",
                D.dtype_of(table, name, feature),
                D.width_of(name, game.observation_size, game.num_actions),
            )
            for table, kind in D.TABLES.items()
            for name in kind._fields
        }

    def write(self, shard: Shard) -> None:
        """Add one shard."""
        c, pair = shard.columns, shard.pair
        ledger = c["ledger"]
        counted = headline(ledger)
        harm = severity(ledger)
        begin = np.append(True, pair[1:] != pair[:-1])
        start = np.flatnonzero(begin)
        length = np.diff(np.append(start, len(pair)))
        owner = np.repeat(np.arange(self.seats, self.seats + len(start)), length)
        self._append("steps", **c, seat=pair % shard.n, episode=owner)
        violation = headline_violations(ledger)
        sums = {
            "reward": c["reward"],
            "welfare": c["welfare"],
            "severity": np.maximum(harm, 0) * violation,
            "violations": violation,
            "headline": counted,
        }
        place = np.arange(len(pair)) - np.repeat(start, length)
        windows = np.flatnonzero(place % self.segment == 0)
        self._append("segments", start=windows + self.decisions,
                     length=np.diff(np.append(windows, len(pair))), episode=owner[windows],
                     **_sums(sums, windows))  # fmt: skip
        row, seat = pair[start] // shard.n, pair[start] % shard.n
        self._append("episodes", start=start + self.decisions, length=length, row=row + shard.first,
                     seat=seat, part=shard.part[row], ended=shard.ended[pair[start]],
                     final=shard.final[pair[start]], **_sums(sums, start))  # fmt: skip
        self.decisions += len(pair)
        self.windows += len(windows)
        self.seats += len(start)
        self.rows = shard.first + shard.rows

    def _append(self, table: str, **values: npt.NDArray[Any]) -> None:
        for name in D.TABLES[table]._fields:
            self.columns[table, name].append(values[name])

    def release(self) -> None:
        """Close every file, whatever state it is in."""
        for column in self.columns.values():
            column.file.close()

    def close(self) -> None:
        """Finish the columns, then the manifest that makes them a dataset."""
        for column in self.columns.values():
            column.close()
        game = self.game
        shares = sum(p.share for p in self.parts)
        parts = [
            {
                "name": p.name,
                "source": p.source,
                "hash": p.hash,
                "fraction": p.share / shares,
                "noise": p.noise,
            }
            for p in self.parts
        ]
        manifest = {
            "format": D.FORMAT, "version": D.VERSION,
            "game": game.id, "settings": game.settings, "rules": rules_hash(game), "seed": self.seed,
            "labels": self.labels, "segment": self.segment, "num_agents": game.num_agents,
            "num_actions": game.num_actions, "num_features": game.observation_size,
            "feature_dtype": np.dtype(game.feature_dtype).name, "reward_scale": game.reward_scale,
            "welfare_scale": game.welfare_scale, "parts": parts, "num_steps": self.decisions,
            "num_segments": self.windows, "num_episodes": self.seats,
        }  # fmt: skip
        atomic.write_text(self.folder / D.MANIFEST, json.dumps(manifest, indent=1, allow_nan=False))


def _sums(values: Mapping[str, npt.NDArray[Any]], start: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    return {name: np.add.reduceat(np.asarray(v, np.int64), start) for name, v in values.items()}


LOCK = ".recording"
"""Lies in the folder while it is written to, so that no other recorder takes it."""


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """A new folder, taken away again when the disk does not hold it or anything fails."""
    lock = path / LOCK
    if path.exists() and not path.is_dir():
        raise FileError(f"{path}: there is something already; a dataset needs a folder of its own")
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock.open("x").close()
    except FileExistsError:
        raise FileError(
            f"{path}: another recording is being written there, or was cut off; use another folder"
        ) from None
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}") from error
    if [*path.iterdir()] != [lock]:
        lock.unlink()
        raise FileError(f"{path}: there is something already; a dataset needs a folder of its own")
    try:
        yield path
    except OSError as error:
        shutil.rmtree(path, ignore_errors=True)
        raise FileError(f"{path}: cannot be written: {error.strerror}") from error
    except BaseException:
        if not (path / D.MANIFEST).exists():
            shutil.rmtree(path, ignore_errors=True)
        raise
    finally:
        lock.unlink(missing_ok=True)


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
