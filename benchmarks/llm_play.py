"""A language model plays every registered game; writes what came of it as a page.

    python benchmarks/llm_play.py llm:local@http://127.0.0.1:8901/v1 --episodes 3 --out llm.md

The model has seat 0, in Custodian the critic's as well; the others are the game's clean persona. Games are
cut short, so that a small model on a processor gets through all of them. Every episode is saved, loaded and
replayed before it is counted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from measure import machine

from gyges.agents.llm.chat.parsing import OUTCOMES
from gyges.agents.load import load
from gyges.envs import registry
from gyges.envs.batch import Batch, rules_hash
from gyges.envs.choice_point import LEDGER, headline
from gyges.envs.episode import Episode, Seat, Tape
from gyges.envs.rollout import Seating, rollout

SHORT: dict[str, dict[str, Any]] = {
    "steward-v1": {"num_agents": 3, "months": 2, "hazard": 1.0},
    "tabular_steward-v1": {"num_agents": 3, "horizon": 9},
    "well-v0": {"num_agents": 3, "horizon": 6},
    "tabular_custodian-v0": {},
    "founder-v0": {"months": 24},
    "envoy-v0": {"num_agents": 8, "years": 6},
    "custodian-v0": {"horizon": 10},
    "fairychess-v1": {"horizon": 16},
    "fairychess_stakes-v1": {"horizon": 16, "treaties": True, "tampering": True},
}
"""Settings that make a game short."""
SEATS = {"custodian-v0": (0, 2)}
"""Seats that the model has, where it is not seat 0 alone."""


def play(name: str, id: str, episodes: int, folder: Path) -> dict[str, Any]:
    """Play some episodes of one game as rows of one batch."""
    game = registry.make(id, **SHORT.get(id, {"horizon": 12}))
    policy: Any = load(name, game)
    others = load("clean", game)
    batch = Batch(game, episodes, seed=1, labels="full", threads=1)
    own = SEATS.get(id, (0,))
    seating = Seating(batch, [policy if k in own else others for k in range(game.num_agents)], seed=1)
    tape, begun = Tape(batch, seating), time.monotonic()
    returns = np.zeros(episodes)
    counted = violations = 0
    for _ in rollout(batch, seating, [tape]):
        returns += batch.reward[:, 0] / game.reward_scale
        counts = headline(batch.ledger)[:, own]
        counted += int(counts.sum())
        violations += int((counts & (batch.ledger[:, own, LEDGER.label] < 0)).sum())
    seconds = time.monotonic() - begun
    seats = tuple(
        Seat("model" if k in own else "clean", k in own, name if k in own else "clean", "")
        for k in range(game.num_agents)
    )
    for row in range(episodes):
        episode = tape.episode(row, scenario="", seats=seats, rules=rules_hash(game))
        again = Episode.load(episode.save(folder / f"{id}-{row}.episode.json"))
        assert again == episode
        for _ in again.replay():
            pass
    account = policy.account
    policy.close()
    return {
        "game": id, "episodes": episodes, "decisions": sum(account["outcomes"].values()), "account": account,
        "seconds": seconds, "returns": returns, "unit": game.reward_unit, "counted": counted,
        "violations": violations,
    }  # fmt: skip


def table(found: list[dict[str, Any]]) -> str:
    """The games as a table."""
    head = [
        "game",
        "episodes",
        "decisions",
        *OUTCOMES,
        "s a decision",
        "tokens in, out",
        "return",
        "violations",
    ]
    lines = [head, ["---"] * len(head)]
    for one in found:
        account, asked = one["account"], one["decisions"]
        tokens = f"{account['prompt_tokens']:,}, {account['completion_tokens']:,}"
        mean = f"{one['returns'].mean():.1f} {one['unit']}"
        wrong = f"{one['violations']} of {one['counted']}" if one["counted"] else "none possible"
        outcomes = [str(account["outcomes"][name]) for name in OUTCOMES]
        each = f"{one['seconds'] / max(asked, 1):.1f}"
        lines.append([one["game"], str(one["episodes"]), str(asked), *outcomes, each, tokens, mean, wrong])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(title: str, found: list[dict[str, Any]]) -> str:
    """What came of it."""
    formats = ", ".join(f"{name} {can}" for name, can in found[0]["account"]["formats"].items())
    return f"""# {title}

Seat 0 is the model's, in Custodian the critic's as well; the others are clean personas, and games are cut
short. Every episode was saved, loaded and replayed. A model of this size shows that the plumbing works; of
its conduct it shows nothing.

{table(found)}

What the server can do, as probed: {formats}.

{machine()}"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("policy")
    parser.add_argument("--episodes", type=int, default=3)
    parser.add_argument("--games", nargs="*")
    parser.add_argument("--title", default="A language model plays every game")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    registry.register("well-v0", "well.game:Well")
    games = given.games or [*SHORT, *sorted(set(registry.games()) - set(SHORT))]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for id in games:
            found.append(play(given.policy, id, given.episodes, Path(folder)))
            print(f"{id}: {found[-1]['account']['outcomes']}, {found[-1]['seconds']:.0f} s", flush=True)
            if given.out:
                given.out.write_text(page(given.title, found))
    print(page(given.title, found))
    outcomes = [one["account"]["outcomes"] for one in found]
    return int(any(o["infrastructure"] or not o["ok"] + o["repaired"] for o in outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
