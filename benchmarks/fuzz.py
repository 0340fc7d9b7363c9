"""Forged frames and damaged files, from seeds: every one is read or gives a named error.

Frames are what a policy's process might send (`tests/helpers/frames.py`), files of every kind that the
package reads (`tests/helpers/damage.py`). Prints a table in Markdown; exits with 1 where anything else came.

python benchmarks/fuzz.py [--frames 100000] [--files 20000] [--out benchmarks/results/fuzz.md]
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "helpers"), str(ROOT / "examples" / "well")]
SLOW = {"study": 600}
"""Kinds of which a file takes seconds are damaged more rarely: one in so many of the others."""

PAGE = """# Forged frames and damaged files

`python benchmarks/fuzz.py`: {frames:,} frames as a hostile process might send them, and {files:,} damaged
files of {kinds} kinds; Python {python}. {failed} gave anything but an answer, a sound reading or a named
error.

| frames | number |
|---|---|
{answers}

| files | damaged | read | named errors | slowest, ms |
|---|---|---|---|---|
{table}

{bad}"""


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    import damage
    import frames

    bad: list[str] = []
    answers: collections.Counter[str] = collections.Counter()
    for seed in range(options.frames):
        try:
            answers[frames.outcome(seed)] += 1
        except Exception as error:
            bad.append(f"frame {seed}: {type(error).__name__}: {error}")
    lines, every = [], 0
    weight = sum(1 / SLOW.get(kind, 1) for kind in damage.KINDS)
    for kind in damage.KINDS:
        count = max(1, round(options.files / weight / SLOW.get(kind, 1)))
        every += count
        lines.append(_line(kind, count, damage.outcome, bad))
        print(lines[-1], file=sys.stderr, flush=True)
    text = PAGE.format(
        frames=options.frames, files=every, kinds=len(damage.KINDS), python=platform.python_version(),
        failed=len(bad) or "None of them",
        answers="\n".join(f"| {name} | {count:,} |" for name, count in sorted(answers.items())),
        table="\n".join(lines), bad="\n".join(f"- {one}" for one in bad),
    )  # fmt: skip
    print(text)
    if options.out is not None:
        options.out.write_text(text.rstrip() + "\n")
    return 1 if bad else 0


def _line(kind: str, count: int, outcome: Callable[[str, int, str], str], bad: list[str]) -> str:
    found: collections.Counter[str] = collections.Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="gyges-fuzz-") as folder:
        outcome(kind, 0, folder)  # compiles what it needs
        for seed in range(count):
            begun = time.perf_counter()
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    found[outcome(kind, seed, folder)] += 1
            except Exception as error:
                bad.append(f"{kind} {seed}: {type(error).__name__}: {str(error)[:200]}")
            slowest = max(slowest, time.perf_counter() - begun)
    named = ", ".join(f"{name} {n:,}" for name, n in sorted(found.items()) if name != "read")
    return f"| {kind} | {count:,} | {found['read']:,} | {named} | {1e3 * slowest:.0f} |"


if __name__ == "__main__":
    raise SystemExit(main())
