"""Sixty emulated chat servers, a hundred turns each: no action is invented, every outcome is booked rightly.

    python benchmarks/llm_conformance.py [--turns 100] [--seed 0] [--out FILE]

The servers are in ``tests/helpers/emulated.py``; all traffic goes to loopback.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from measure import ROOT, machine

sys.path.insert(0, str(ROOT / "tests" / "helpers"))

from emulated import EVENTS, KINDS, WIRES, emulate


def main() -> int:
    """Run, print and write; 1 where something is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "llm_conformance.md")
    args = parser.parse_args()
    begun, events, wrong = time.monotonic(), Counter[str](), []
    servers = len(KINDS) * len(WIRES)
    rows = []
    for number in range(servers):
        found = emulate(number, args.turns, args.seed)
        events += found.events
        wrong += [*found.invented, *found.lost, *found.misbooked]
        name = f"{KINDS[number // len(WIRES)].name} | {WIRES[number % len(WIRES)].__name__}"
        counts = len(found.invented), len(found.lost), len(found.misbooked)
        rows.append(f"| {name} | {' | '.join(map(str, counts))} |")
    page = [
        "# Emulated chat servers", "",
        f"`python benchmarks/llm_conformance.py --turns {args.turns} --seed {args.seed}`: {servers} servers, "
        f"{sum(events.values()):,} turns, {time.monotonic() - begun:.0f} s.", "", machine(), "",
        "| what happened | turns |", "|---|---|", *(f"| {name} | {events[name]} |" for name in EVENTS), "",
        "| model | wire | actions invented | stated actions lost | outcomes misbooked |",
        "|---|---|---|---|---|",
        *rows, "",
    ]  # fmt: skip
    args.out.write_text("\n".join(page))
    print("\n".join([*wrong[:40], f"{len(wrong)} wrong of {sum(events.values()):,} turns"]))
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
