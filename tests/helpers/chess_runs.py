"""Small runs of the learners of chess, by their command."""

import json

from gyges.agents.search import checkpoint
from gyges.scenarios.cli.main import main


def words(small):
    """Options as the command takes them, and quiet."""
    found = ["--quiet", "--no-tensorboard"]
    for name, value in small.items():
        found += [f"--{name.replace('_', '-')}", str(value)]
    return found


def train(algorithm, folder, *given):
    return main(["train", algorithm, "--out", str(folder), *given])


def files(folder):
    """The hashes of a checkpoint's files, and its curves without what a clock says."""
    card = json.loads((folder / checkpoint.FILE).read_text())
    lines = [json.loads(line) for line in (folder / "curves.jsonl").read_text().splitlines()]
    for line in lines:
        del line["moves_per_second"]
    return card["files"], lines
