"""Results on disk: one SQLite file, many writers, nothing in it twice.

A run is one policy on one suite under one nonce. Its episodes are kept compressed beside the counts
that were recorded of them; the counts can be made again from the episodes (`gyges leaderboard
--verify`). Unique keys make a repeated write harmless, so that a killed evaluation goes on where it
stood and several evaluations may share a file.

========== ===========================================================================================
runs       policy (name, source, hash, kind), suite and its hash, commitment, nonce once revealed; in the
           options whatever else is to be said, what a model answered in its arms among it
plans      the scenarios of a run as they were then: unique (run, scenario)
episodes   unique (run, scenario, idx): compressed episode text, counts (JSON), forfeited seats
probes     unique (run, scenario, idx): answers to questions outside episodes (bank, forks, prices)
========== ===========================================================================================
"""

from __future__ import annotations

import datetime
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from gyges.envs import _json
from gyges.envs.episode import Episode
from gyges.envs.errors import FileError
from gyges.scenarios.evaluation import arm_answers, row_schema
from gyges.scenarios.evaluation.arm_answers import ArmAnswers
from gyges.scenarios.evaluation.results_file import ResultsFile
from gyges.scenarios.scenario import Scenario


class Run(NamedTuple):
    """One policy on one suite under one nonce."""

    id: int
    policy: str
    source: str
    kind: str  # "persona", "held-out", "submission"
    policy_hash: str
    suite: str
    suite_hash: str
    commitment: str  # SHA-256 (hex) of the nonce
    nonce: str | None  # hex, once the run is finished
    options: dict[str, Any]
    versions: dict[str, str]
    created: str
    finished: str | None


class Result(NamedTuple):
    """One episode of a run, without its actions."""

    scenario: str
    idx: int
    counts: dict[str, Any]  # as `gyges.scenarios.evaluation.recorder.Recorder.rows` gave them
    forfeits: int


class Store(ResultsFile):
    """The runs of a results file: what `ResultsFile` opens, with what is written to it and read from it."""

    # Writing.

    def begin(
        self,
        *,
        policy: str,
        source: str,
        kind: str,
        policy_hash: str,
        suite: str,
        suite_hash: str,
        plans: Iterable[Scenario],
        options: Mapping[str, Any],
        versions: Mapping[str, str],
        commitment: str | None = None,
    ) -> Run:
        """Record a new run before its nonce is drawn; `commit` comes next.

        Where another writer has begun the same run in the meantime, it is that one. `commitment` is
        that of a given nonce, and then only a run under this nonce is the same. A run of a panel
        (``options["panel"]``) is the same only within its panel.
        """
        values = (
            policy, source, kind, policy_hash, suite, suite_hash,
            json.dumps(dict(options)), json.dumps(dict(versions)), _now(),
        )  # fmt: skip
        with self.transaction():
            found = self.db.execute(
                "SELECT id FROM runs"
                " WHERE policy = ? AND policy_hash = ? AND suite = ? AND suite_hash = ?"
                " AND ((finished IS NULL AND (? IS NULL OR commitment IN ('', ?))) OR commitment = ?)"
                " AND json_extract(options, '$.panel') IS ?",
                (
                    policy,
                    policy_hash,
                    suite,
                    suite_hash,
                    commitment,
                    commitment,
                    commitment,
                    options.get("panel"),
                ),
            ).fetchone()
            if found is not None:
                return self.run(int(found[0]))
            key = self.db.execute(
                "INSERT INTO runs (policy, source, kind, policy_hash, suite, suite_hash,"
                " options, versions, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            ).lastrowid
            for position, plan in enumerate(plans):
                self._plan(int(key or 0), position, plan)
        assert key is not None
        return self.run(key)

    def commit(self, run: Run, nonce: str, commitment: str) -> Run:
        """Commit a run to its nonce, which is kept apart until `finish` reveals it.

        Where another writer was first, the run keeps that nonce.
        """
        with self.transaction():
            changed = self.db.execute(
                "UPDATE runs SET commitment = ? WHERE id = ? AND commitment = ''", (commitment, run.id)
            ).rowcount
            if changed:
                self.db.execute("INSERT INTO secrets (run, nonce) VALUES (?, ?)", (run.id, nonce))
        return self.run(run.id)

    def shorten(
        self, run: Run, plans: Sequence[Scenario], *, suite: str, suite_hash: str, options: Mapping[str, Any]
    ) -> Run:
        """Replace an unfinished run's plan by a smaller one; what is beyond it is taken out."""
        with self.transaction():
            self.db.execute(
                "UPDATE runs SET suite = ?, suite_hash = ?, options = ? WHERE id = ? AND finished IS NULL",
                (suite, suite_hash, json.dumps(dict(options)), run.id),
            )
            self.db.execute("DELETE FROM plans WHERE run = ?", (run.id,))
            for position, plan in enumerate(plans):
                self._plan(run.id, position, plan)
                if plan.kind == "episodes" and not options.get("probes"):
                    self.db.execute("DELETE FROM probes WHERE run = ? AND scenario = ?", (run.id, plan.id))
                self.db.execute(
                    "DELETE FROM episodes WHERE run = ? AND scenario = ? AND idx >= ?",
                    (run.id, plan.id, plan.episodes),
                )
            for table in ("episodes", "probes"):
                self.db.execute(
                    f"DELETE FROM {table} WHERE run = ? AND scenario NOT IN"
                    " (SELECT scenario FROM plans WHERE run = ?)",
                    (run.id, run.id),
                )
        return self.run(run.id)

    def _plan(self, run: int, position: int, plan: Scenario) -> None:
        self.db.execute(
            "INSERT INTO plans (run, position, scenario, hash, data) VALUES (?, ?, ?, ?, ?)",
            (run, position, plan.id, plan.hash(), json.dumps(plan.as_dict())),
        )

    def add(self, run: Run, rows: Iterable[tuple[Episode, str, int, Mapping[str, Any]]]) -> int:
        """Add episodes, all of them or none; those that stand already are left as they are.

        Args:
            run: the run they belong to.
            rows: (episode, scenario, index, counts).

        Returns:
            How many were new.
        """
        data = [
            (run.id, scenario, index, zlib.compress(episode.to_json().encode(), 6),
             json.dumps(dict(counts), allow_nan=False), len(episode.forfeits))
            for episode, scenario, index, counts in rows
        ]  # fmt: skip
        with self.transaction():
            before = self.db.total_changes
            self.db.executemany("INSERT OR IGNORE INTO episodes VALUES (?, ?, ?, ?, ?, ?)", data)
            return self.db.total_changes - before

    def add_probes(self, run: Run, scenario: str, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Add answers to questions outside episodes, all of them or none."""
        data = [(run.id, scenario, index, json.dumps(dict(row), allow_nan=False)) for index, row in rows]
        with self.transaction():
            self.db.executemany("INSERT OR IGNORE INTO probes VALUES (?, ?, ?, ?)", data)

    def add_arms(self, run: Run, game: str, answers: ArmAnswers) -> Run:
        """Put what a model answered in its arms at a game's bank beside its run, instead of what stands."""
        with self.transaction():
            options = self.run(run.id).options
            arms = {**options.get("arms", {}), game: msgspec.to_builtins(answers)}
            self.db.execute(
                "UPDATE runs SET options = ? WHERE id = ?", (json.dumps({**options, "arms": arms}), run.id)
            )
        return self.run(run.id)

    def finish(self, first: Run, *others: Run) -> Run:
        """Mark runs as complete and reveal their nonces, all at once; returns the first."""
        with self.transaction():
            for run in (first, *others):
                self.db.execute(
                    "UPDATE runs SET finished = ?, nonce = (SELECT nonce FROM secrets WHERE run = id)"
                    " WHERE id = ? AND finished IS NULL",
                    (_now(), run.id),
                )
                self.db.execute("DELETE FROM secrets WHERE run = ?", (run.id,))
        return self.run(first.id)

    # Reading.

    def runs(self, suite: str | None = None, *, finished: bool | None = None) -> list[Run]:
        """Runs in order of their beginning."""
        with self.named():
            rows = self.db.execute(
                "SELECT id, policy, source, kind, policy_hash, suite, suite_hash, commitment, nonce, options,"
                " versions, created, finished FROM runs WHERE (? IS NULL OR suite = ?)"
                " AND (? IS NULL OR (finished IS NOT NULL) = ?) ORDER BY id",
                (suite, suite, finished, finished),
            ).fetchall()
        return [self._run(row) for row in rows]

    def _run(self, row: tuple[Any, ...]) -> Run:
        where = f"{self.path}: run {row[0]!r}"
        parts = [*row[:9], *(row_schema.parse(text, where) for text in row[9:11]), *row[11:]]
        run: Run = _json.convert(parts, Run, where)
        return run

    def run(self, key: int) -> Run:
        """One run.

        Raises:
            FileError: there is none of this number.
        """
        for run in self.runs():
            if run.id == key:
                return run
        raise FileError(f"{self.path}: no run {key}")

    def arms(self, run: Run) -> dict[str, ArmAnswers]:
        """What a model answered in its arms, by game; empty where none were asked.

        Raises:
            FileError: it is something else.
        """
        return arm_answers.of_json(run.options.get("arms", {}), f"{self.path}: arms of run {run.id}")

    def secret(self, run: Run) -> str:
        """The nonce of a run, revealed or not."""
        if run.nonce is not None:
            return run.nonce
        with self.named():
            row = self.db.execute("SELECT nonce FROM secrets WHERE run = ?", (run.id,)).fetchone()
        if row is None:
            raise FileError(f"{self.path}: run {run.id} has lost its nonce")
        return str(row[0])

    def plans(self, run: Run) -> list[dict[str, Any]]:
        """The scenarios of a run as they were when it began (`Scenario.as_dict` and ``hash``)."""
        with self.named():
            rows = self.db.execute(
                "SELECT data, hash FROM plans WHERE run = ? ORDER BY position", (run.id,)
            ).fetchall()
        return [{**row_schema.parse(data, f"{self.path}: plans"), "hash": digest} for data, digest in rows]

    def scenarios(self, run: Run) -> set[str]:
        """Ids of the scenarios that hold an episode or an answer of a run, planned or not."""
        with self.named():
            rows = self.db.execute(
                "SELECT scenario FROM episodes WHERE run = ?"
                " UNION SELECT scenario FROM probes WHERE run = ?", (run.id, run.id),
            )  # fmt: skip
            return {str(row[0]) for row in rows}

    def done(self, run: Run, scenario: str) -> set[int]:
        """Indices of the episodes that stand."""
        with self.named():
            rows = self.db.execute(
                "SELECT idx FROM episodes WHERE run = ? AND scenario = ?", (run.id, scenario)
            )
            return {int(row[0]) for row in rows}

    def results(self, run: Run, scenario: str | None = None) -> list[Result]:
        """Counts of the episodes, in order of scenario and index."""
        with self.named():
            rows = self.db.execute(
                "SELECT scenario, idx, counts, forfeits FROM episodes"
                " WHERE run = ? AND (? IS NULL OR scenario = ?) ORDER BY scenario, idx",
                (run.id, scenario, scenario),
            ).fetchall()
        return [
            Result(
                str(s),
                int(i),
                row_schema.tally(c, f"{self.path}: counts of {s}, episode {i}"),
                _json.convert(f, _json.Count, f"{self.path}: forfeits of {s}, episode {i}"),
            )
            for s, i, c, f in rows
        ]

    def episode(self, run: Run, scenario: str, index: int) -> Episode:
        """One episode.

        Raises:
            FileError: there is none, or it is not an episode.
        """
        with self.named():
            row = self.db.execute(
                "SELECT episode FROM episodes WHERE run = ? AND scenario = ? AND idx = ?",
                (run.id, scenario, index),
            ).fetchone()
        where = f"{self.path}: run {run.id}, {scenario}, episode {index}"
        if row is None:
            raise FileError(f"{where}: not there")
        return Episode.from_json(row_schema.unpack(row[0], where), where)

    def probes(self, run: Run, scenario: str) -> list[tuple[int, dict[str, Any]]]:
        """Answers to questions outside episodes, by index.

        Raises:
            FileError: a row is not a decision as `gyges.scenarios.counterfactual.gap.record` makes it.
        """
        with self.named():
            rows = self.db.execute(
                "SELECT idx, data FROM probes WHERE run = ? AND scenario = ? ORDER BY idx", (run.id, scenario)
            ).fetchall()
        return [
            (int(index), row_schema.decision(data, f"{self.path}: probes of {scenario}, row {index}"))
            for index, data in rows
        ]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
