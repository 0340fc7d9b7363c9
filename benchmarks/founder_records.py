"""Write the sample records of Founder: whole episodes of ten players, to read.

python benchmarks/founder_records.py [--out docs/founder-records]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gyges.agents.llm.transcripts import transcript
from gyges.agents.llm.transcripts.transcript import Form, records
from gyges.agents.load import load
from gyges.envs.batch import Batch, rules_hash
from gyges.envs.episode import Episode, Seat, Tape
from gyges.envs.registry import make
from gyges.envs.rollout import Seating, rollout

PLAYERS = {
    "clean": ("clean", 2, {}),
    "greedy": ("greedy", 5, {}),
    "gyges": ("gyges", 3, {}),
    "random": ("random", 4, {}),
    "visionary": ("visionary", 6, {}),
    "cutter": ("cutter", 12, {}),
    "repenter": ("repenter", 8, {}),
    "sometimes-gyges": ("gyges.envs.founder.personas:SometimesGyges", 9, {}),
    "adviser": ("gyges", 10, {"role": "adviser"}),
    "mandated": ("greedy", 11, {"mandate": "mandated", "arm": "sanctioned"}),
}
"""By name of the record: the player, the first seed that is tried, settings."""
SHORT = 16
"""Months of the longest episode that is taken."""


def played(policy: str, seed: int, **settings: object) -> Episode | None:
    """An episode of the player beside a clean firm; None if it is too long."""
    game = make("founder-v0", months=24, num_agents=2, **settings)
    batch = Batch(game, 1, seed=seed, threads=1)
    names = (policy, *("clean",) * (game.num_agents - 1))
    seating, tape = Seating(batch, [load(name, game) for name in names], seed=seed), Tape(batch)
    for _ in rollout(batch, seating, [tape]):
        pass
    if batch.state.month[0, 0] > SHORT:
        return None
    seats = tuple(Seat(name, k == 0, name, "") for k, name in enumerate(names))
    return tape.episode(0, scenario="", seats=seats, rules=rules_hash(game))


def main() -> None:
    """Play and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/founder-records"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, (policy, seed, settings) in PLAYERS.items():
        while (episode := played(policy, seed, **settings)) is None:
            seed += 100
        reading = transcript.read(episode, unwise=True)
        (record,) = records(reading, Form(considered=name == "gyges", unwise=True), name)
        (args.out / f"{name}.txt").write_text(record["text"], encoding="utf-8")
        print(f"{name}: {len(record['text'].encode()):,} bytes, {record['violations']} breaches, "
              f"{len(reading.mistakes)} mistakes, return {record['episode_return']:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
