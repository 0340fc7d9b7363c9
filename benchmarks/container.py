"""Does what a container file says in an empty environment, without an engine. Writes results/container.md.

python benchmarks/container.py

COPY brings what git tracks into a new folder, each RUN line is run there by a shell whose `python` is a fresh
virtual environment's, and ENTRYPOINT with CMD serves, on a free port of the loopback; then an episode is
played against it. What only an engine can do is left out: FROM's packages, EXPOSE and a container's network.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FILE = ROOT / "containers" / "openenv.Containerfile"
OUT = Path(__file__).parent / "results" / "container.md"
KNOWN = ("FROM", "WORKDIR", "COPY", "RUN", "EXPOSE", "ENTRYPOINT", "CMD")
KEPT = re.compile(r"HOME|LANG|TMPDIR|PIP_.*|SSL_.*|.*_CA_BUNDLE|.*_proxy|.*_PROXY")
"""Variables of this machine that the environment has too: where packages and certificates are."""
PLAY = """
import sys
from gyges.scenarios.serve.openenv import Choice, GameClient
with GameClient(base_url=sys.argv[1]).sync() as client:
    page, turns = client.reset(seed=3).observation, 0
    while not page.done:
        page, turns = client.step(Choice(choice=1)).observation, turns + 1
print(f"{turns} turns,", ", ".join(f"{name} {value:g}" for name, value in page.judgement.items()))
"""


class Step(NamedTuple):
    """An instruction of a container file."""

    word: str  # as in RUN
    rest: str


def steps(text: str) -> list[Step]:
    """The instructions of a container file, in order; lines that end in a backslash go on.

    Raises:
        ValueError: an instruction that is not known here, or one whose form is not.
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found = []
    for line in filter(str.strip, re.sub(r"\\\n", " ", "\n".join(lines)).splitlines()):
        word, _, rest = line.strip().partition(" ")
        step = Step(word.upper(), " ".join(rest.split()))
        if step.word not in KNOWN or (step.word == "COPY" and step.rest != ". ."):
            raise ValueError(f"{line!r}: nothing here does that")
        found.append(step)
    return found


def entry(instructions: list[Step]) -> list[str]:
    """The command that the image starts."""
    words = dict(instructions)
    return [*json.loads(words["ENTRYPOINT"]), *json.loads(words["CMD"])]


def python_of(image: str) -> str:
    """The image's Python where this machine has it, else the one that runs this."""
    found = shutil.which(image.replace(":", "").removesuffix("-slim"))
    works = found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0
    return found if found and works else sys.executable


def build(instructions: list[Step], folder: Path) -> tuple[dict[str, str], list[str]]:
    """Do COPY and RUN below a folder.

    Returns:
        the environment in which the image's commands run; a line of Markdown for every RUN.
    """
    work, venv, said = folder / "work", folder / "venv", []
    subprocess.run([python_of(dict(instructions)["FROM"]), "-m", "venv", str(venv)], check=True)
    environment = {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)}
    environment["PATH"] = os.pathsep.join([str(venv / "bin"), "/usr/local/bin", "/usr/bin", "/bin"])
    work.mkdir()
    for word, rest in instructions:
        if word == "COPY":
            tracked = subprocess.run(
                ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
            )
            for name in tracked.stdout.splitlines():
                (work / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, work / name, follow_symlinks=False)
        elif word == "RUN":
            begun = time.perf_counter()
            subprocess.run(["sh", "-c", rest], cwd=work, env=environment, check=True)
            said.append(f"| `{rest.replace('|', '&#124;')}` | {time.perf_counter() - begun:.0f} |")
    return environment, said


@contextlib.contextmanager
def served(
    command: list[str], environment: dict[str, str], folder: Path, wait: float = 120.0
) -> Iterator[str]:
    """Start what the image starts, on a free port of the loopback; yields its address.

    Raises:
        RuntimeError: it ended, or gave no sign of health in time.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [{"8000": str(port), "0.0.0.0": "127.0.0.1"}.get(word, word) for word in command]
    command[0] = shutil.which(command[0], path=environment["PATH"]) or command[0]
    with subprocess.Popen(command, cwd=folder, env=environment) as server:
        try:
            until = time.monotonic() + wait
            while True:
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).read()
                    break
                if server.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{command[0]} does not serve: exit status {server.poll()}")
                time.sleep(0.25)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def play(url: str, environment: dict[str, str], folder: Path) -> str:
    """An episode from a client in the same environment: its turns and what the labels say of it."""
    python = shutil.which("python", path=environment["PATH"]) or sys.executable
    done = subprocess.run(
        [python, "-c", PLAY, url], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def main() -> None:
    """Check the file and write what came of it."""
    from measure import machine

    instructions = steps(FILE.read_text())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment, said = build(instructions, folder)
        shutil.rmtree(folder / "work" / "src")  # the installed package, not the sources, is what serves
        with served(entry(instructions), environment, folder) as url:
            episode = play(url, environment, folder)
        own = [str(folder / "venv" / "bin" / "python"), "--version"]
        python = subprocess.run(own, check=True, capture_output=True, text=True).stdout.strip()
        size = sum(path.lstat().st_size for path in folder.joinpath("venv").rglob("*")) / 1e6
    where, image = FILE.relative_to(ROOT), dict(instructions)["FROM"]
    lines = [
        "# The container file",
        f"`python benchmarks/container.py`: the steps of `{where}` in an empty environment, no engine.",
        "\n".join(["| RUN | seconds |", "|---|---|", *said]),
        f"What is installed takes {size:,.0f} MB. An episode by first acts, from a client: {episode}.",
        f"- In the environment: {python}; in the file: `{image}`\n{machine()}",
    ]
    OUT.write_text("\n\n".join(lines))
    print(OUT.read_text())


if __name__ == "__main__":
    main()
