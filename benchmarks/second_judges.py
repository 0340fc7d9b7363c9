"""The judges written from the pages alone against the games' own, on 20,000 decisions of each game.

python benchmarks/second_judges.py [--decisions 20000]     writes benchmarks/results/second_judges.md
"""

from __future__ import annotations

import argparse
import sys

from measure import ROOT, machine

sys.path.insert(0, str(ROOT / "tests" / "helpers"))

from second_judges import GAMES, disagreements

from gyges.envs.registry import make


def main() -> int:
    """Compare, print, and write the table; 1 where judges differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=20_000, help="of each game of the table (20000)")
    options = parser.parse_args()
    lines = [
        "# Second judges", "",
        f"`python benchmarks/second_judges.py --decisions {options.decisions}`", "", machine(),
        "| game | settings | decisions | acts | disagreements |", "|---|---|---|---|---|",
    ]  # fmt: skip
    differ = False
    for id, settings in GAMES:
        acts, found = disagreements(make(id, **settings), options.decisions)
        differ |= bool(found)
        words = ", ".join(f"{name}={value!r}" for name, value in settings.items()) or "default"
        lines.append(f"| `{id}` | {words} | {options.decisions:,} | {acts:,} | {len(found)} |")
        print(lines[-1], *found[:5], sep="\n", flush=True)
    (ROOT / "benchmarks" / "results" / "second_judges.md").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )
    return int(differ)


if __name__ == "__main__":
    raise SystemExit(main())
