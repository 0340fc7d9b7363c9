"""Installs every extra by itself into a fresh environment and uses it. Writes results/extras.md.

python benchmarks/extras.py [EXTRA ...] [--folder FOLDER]

The wheel is built from a clean clone. Rows of extras that are not named stay as they are in the table.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

from measure import ROOT, machine

OUT = Path(__file__).parent / "results" / "extras.md"
CONSTRAINTS = ("torch==2.13.0",)
"""A CPU build where one is at hand, which saves gigabytes."""

PLAY = "gyges evaluate clean --suite tabular-visitor --episodes 2 --probes 0"
TRAIN = "gyges train ppo --scenario tabular-visitor --frames 480 --rows 4 --steps 24 --threads 1 --out run"
RECORD = "gyges record tabular-visitor --decisions 400 --out data"
SWEEP = """cat > sweep.toml <<'END'
algorithm = "ppo"
words = ["--scenario", "tabular-visitor", "--threads", "1", "--rows", "4", "--steps", "24"]
length = 300
trials = 2
rungs = 2
[space.learning-rate]
low = 1e-4
high = 1e-2
END
"""
MINARI = (
    "from gyges.agents.data import dataset, minari; minari.export(dataset.Dataset('data'), 'mine/first-v0')"
)
CHAT = """python - <<'END'
import os, sys; sys.path.insert(0, os.environ["ROOT"] + "/tests/helpers")
from fake_server import FakeServer, completion
from gyges.scenarios.cli.main import main
with FakeServer(lambda body: (200, {}, completion("CHOICE: 1"))) as server:
    sys.exit(main(["evaluate", f"llm:fake@{server.url}", "--suite", "tabular-visitor", "--episodes", "1"]))
END"""
PATHS = 'pythonpath="examples/well tests/helpers"'  # the package is the installed one
TESTS = f"python -m pytest -q -p no:cacheprovider -o {PATHS} --rootdir $ROOT $ROOT/"

USES: dict[str, tuple[str, str]] = {
    "": (f"{PLAY} && gyges leaderboard results.db", ""),
    "slurm": (f"{PLAY} --slurm jobs --slurm-options cluster=local", ""),
    "ray": (f"{PLAY} --ray", ""),
    "llm": (CHAT, "`gyges evaluate llm:MODEL@URL` against a server on loopback"),
    "mcp": (f"{PLAY} && {TESTS}tests/llm/test_serve_mcp.py", "`tests/llm/test_serve_mcp.py`: a client plays"),
    "openenv": (
        f"{PLAY} && {TESTS}tests/llm/test_serve_openenv.py", "`tests/llm/test_serve_openenv.py`: clients play"
    ),
    "verifiers": (f"{TESTS}tests/llm/test_verifiers.py", "`tests/llm/test_verifiers.py`: the package plays"),
    "inspect": (
        "inspect eval gyges/tabular_steward --model mockllm/model -T scenario=tabular-visitor -T episodes=1 "
        "--display plain", "",
    ),
    "engine": (f"{TESTS}tests/fairychess/test_differ.py", "`tests/fairychess/test_differ.py`: both engines"),
    "video": (
        f"{PLAY} && gyges export results.db tabular-visitor --out e.episode.json && "
        "gyges replay e.episode.json --mp4 e.mp4 --most 5", "",
    ),
    "docs": ("sphinx-build -q $ROOT/docs site", ""),
    "notebook": ("marimo export html $ROOT/docs/tutorials/dials.py -o dials.html", ""),
    "learn": (f"{TRAIN} && gyges evaluate run --suite tabular-visitor --episodes 2 --probes 0", ""),
    "track": (f"WANDB_MODE=offline {TRAIN} --wandb gyges && ls run/tensorboard/*tfevents* run/wandb", ""),
    "sweep": (
        f"{SWEEP}gyges sweep sweep.toml --workers 1 --png sweep.png",
        "`gyges sweep sweep.toml --png sweep.png`",
    ),
    "hub": (
        f"{RECORD} && gyges pack data --out packed --license mit && gyges unpack packed --out again && "
        "diff -r data again && gyges train cloning --dataset packed --steps 2", "",
    ),
    "data": (
        f'{RECORD} && python -c "{MINARI}" && gyges unpack minari:mine/first-v0 --out again && '
        "diff -r data again", "",
    ),
    "rllib": ("python $ROOT/examples/rllib.py --iterations 1", ""),
    "local-llm": (f"{TESTS}tests/llm/test_local.py", "`tests/llm/test_local.py`: a model in this process"),
    "trl": (
        f"{PLAY} && gyges transcribe results.db --unit segment --out data.jsonl && "
        "python $ROOT/examples/trl_training.py sft --texts data.jsonl --steps 1 --cpu", "",
    ),
}  # fmt: skip
"""By extra, what uses it, and how the table says so where that is not the command."""
LEFT_OUT = {"cuda": "needs a GPU: `benchmarks/gpu.py`", "dev": "`.ci/run` installs and uses it"}


def wheel(folder: Path) -> Path:
    """The wheel of the last commit."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(clone)]
    subprocess.run(command, check=True)
    return next(folder.glob("gyges-*.whl"))


def size(folder: Path) -> int:
    """Megabytes of a folder."""
    files = (Path(where) / name for where, _, names in os.walk(folder) for name in names)
    return sum(path.lstat().st_size for path in files) >> 20


def tried(extra: str, built: Path, folder: Path) -> str:
    """A row of the table: a fresh environment with an extra, used once."""
    venv, work = folder / "venv", folder / "work"
    for path in (venv, work):
        shutil.rmtree(path, ignore_errors=True)
    work.mkdir()
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    bare = size(venv)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "-q", "--no-compile"]
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(CONSTRAINTS))
    what = f"{built}[{extra}]" if extra else str(built)
    begun = time.monotonic()
    done = subprocess.run([*pip, "-c", str(constraints), what], capture_output=True, text=True)
    took, megabytes = time.monotonic() - begun, size(venv) - bare
    use, words = USES[extra]
    if done.returncode == 0:
        if "pytest" in use:
            subprocess.run([*pip, "pytest", "hypothesis"], check=True, capture_output=True)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL", "GYGES"))}
        environment = kept | {
            "PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "ROOT": str(ROOT), "SDL_VIDEODRIVER": "dummy",
            "MINARI_DATASETS_PATH": str(work / "minari"), "MPLBACKEND": "Agg",
        }  # fmt: skip
        done = subprocess.run(["bash", "-ec", use], cwd=work, env=environment, capture_output=True, text=True)
    worked = "yes" if done.returncode == 0 else "no"
    print(f"{extra or 'none'}: {worked}", flush=True)
    if done.returncode:
        print(done.stdout[-3000:], done.stderr[-6000:], sep="\n", flush=True)
    shutil.rmtree(venv)
    said = words or f"`{use.replace('$ROOT/', '')}`".replace("|", "\\|")
    return f"| {extra or 'none'} | {megabytes:,} | {took:.0f} | {said} | {worked} |"


def main() -> None:
    """Try the extras that are named, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("extra", nargs="*", help="none: the package alone; by default all")
    parser.add_argument("--folder", type=Path, help="for environments; temporary by default")
    options = parser.parse_args()
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(declared) == (set(USES) | set(LEFT_OUT)) - {""}, "an extra has no use here"
    rows = {}
    if OUT.exists():
        rows = {
            found[1]: found[0] for found in re.finditer(r"(?m)^\| ([\w-]+) \| [\d,]+ \|.*$", OUT.read_text())
        }
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        built = wheel(Path(folder))
        for name in options.extra or [name or "none" for name in USES]:
            rows[name] = tried(name.replace("none", ""), built, Path(folder))
            ordered = [rows[name or "none"] for name in USES if (name or "none") in rows]
            write(ordered)


def write(rows: list[str]) -> None:
    """Write the table."""
    left = "\n".join(f"- `{name}` was left out: {why}." for name, why in LEFT_OUT.items())
    lines = "\n".join(rows)
    OUT.write_text(f"""# Extras

`python benchmarks/extras.py`: a wheel from a clean clone, and for every extra a fresh environment that holds
nothing else; megabytes and seconds of the installation (PyTorch is the CPU build {CONSTRAINTS[0]}), and what
used it.

| extra | MB | s | used by | worked |
|---|---|---|---|---|
{lines}

{left}

{machine()}""")


if __name__ == "__main__":
    main()
