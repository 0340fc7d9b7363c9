"""Every hostile policy of `tests/helpers/hostile.py` played: faults x moments x threads, some 200.

Each must forfeit at most its own seat, leave no process and no file, and end. Prints a table in Markdown and
exits with 1 where one does otherwise.

python benchmarks/hostile.py [--out benchmarks/results/hostile.md] [--only WORD] [--workers 2]
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HELPERS = ROOT / "tests" / "helpers"
SECONDS = 180.0
"""How long one policy may take until it counts as one that does not end."""

ONE = """
import os, sys
sys.path[:0] = {paths!r}
import siege
print(siege.siege({name!r}))
"""


PAGE = """# Hostile policies

`python benchmarks/hostile.py`: {count} policies (faults x moments x threads) on the Well, two episodes with
three seats of the policy each; Linux {kernel}, Python {python}. A row is a fault of
`tests/helpers/hostile.py`; where two outcomes stand, the second is of the same fault on another thread.

{failed} of them cost another seat, left a process or a file, or did not end. A cell says how many of the
policy's own seats were forfeited.

{table}

{bad}"""


def played(name: str) -> tuple[str, str, float]:
    """Name, outcome and seconds of one policy, in a process and a temporary folder of its own."""
    begun = time.monotonic()
    code = ONE.format(paths=[str(HELPERS), str(ROOT / "examples" / "well")], name=name)
    with tempfile.TemporaryDirectory(prefix="gyges-siege-") as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS,
                env={**os.environ, "TMPDIR": folder},
            )  # fmt: skip
            last = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
            word = last[-1] if last else ""
            word = word if done.returncode == 0 else f"FAILED: {word}"
        except subprocess.TimeoutExpired:
            word = f"FAILED: not over after {SECONDS:.0f} s"
    return name, word, time.monotonic() - begun


def table(found: list[tuple[str, str, float]]) -> str:
    """Outcomes by fault, one column a moment; both threads in a cell."""
    sys.path.insert(0, str(HELPERS))
    import hostile

    words = {name: word for name, word, _ in found}
    lines = ["| fault | " + " | ".join(hostile.MOMENTS) + " |", "|---|" + "---|" * len(hostile.MOMENTS)]
    for fault in dict.fromkeys(name.partition("_")[0] for name in words):
        cells = []
        for moment in hostile.MOMENTS:
            both = [words.get(f"{fault}_{moment}_{where}", "") for where in hostile.THREADS]
            cells.append(both[0] if both[0] == both[1] else "; ".join(both))
        lines.append(f"| {fault} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--only", default="")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    sys.path.insert(0, str(HELPERS))
    import hostile

    chosen = [name for name in hostile.names() if options.only in name]
    found = []
    with ThreadPoolExecutor(options.workers) as pool:
        for one in pool.map(played, chosen):
            found.append(one)
            print(
                f"{len(found)}/{len(chosen)} {one[0]}: {one[1]}, {one[2]:.1f} s", file=sys.stderr, flush=True
            )
    failed = [one for one in found if one[1].startswith("FAILED")]
    text = PAGE.format(
        count=len(found), failed=len(failed), table=table(found), kernel=platform.release().partition("-")[0],
        python=platform.python_version(), bad="".join(f"- {name}: {word}\n" for name, word, _ in failed),
    )  # fmt: skip
    print(text)
    if options.out is not None:
        options.out.write_text(text.rstrip() + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
