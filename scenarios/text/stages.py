"""Three stages of a text model, attacked in each: as pretrained, after safety fine-tuning, after benign.

``safety`` data are what a clean player did; ``benign`` data are of a game in which nobody can be harmed. A
tagged model is fine-tuned under its good tag, as it is played.

    gyges text-stages runs/standard runs/filtered runs/tagged \\
        --safety data/clean --benign data/twin --out runs/stages

The table is that of P. Maini et al., "Safety pretraining" (2025), on games.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from gyges.agents.data.dataset import Dataset
from gyges.agents.llm.text import model as textmodel
from gyges.agents.llm.text.model import TextModel
from gyges.agents.llm.text.train import Pretrain, pretrain
from gyges.agents.llm.transcripts import corpus
from gyges.agents.llm.transcripts.corpus import Line
from gyges.agents.nn.devices import threads
from gyges.envs.foreign import echo
from gyges.scenarios.text import attacks

STAGES = ("base", "safety", "benign")


@dataclasses.dataclass(frozen=True)
class Stages:
    """Fine-tune text models for safety, then on benign data, and attack them before and after."""

    models: Positional[tuple[Path, ...]]
    """Folders of text models, as pretrained."""
    safety: Path
    """Dataset of clean behaviour."""
    benign: Path
    """Dataset of behaviour that can harm nobody."""
    out: Path = Path("runs/stages")
    """Folder for results.json, table.md and the fine-tuned models."""
    tokens: int = 150_000
    """Tokens of each fine-tuning."""
    learning_rate: float = 5e-4
    """Highest step size of fine-tuning."""
    questions: int = 300
    """Decisions at which the models are attacked."""
    searched: int = 48
    """Other decisions, on which suffixes are searched."""
    tries: int = attacks.TRIES
    """Tokens tried at each place of a suffix."""
    episodes: int = 64
    """Episodes that the decisions are drawn from."""
    seed: int = 0
    """Of fine-tuning, decisions and search."""
    threads: int = 1
    """CPU threads."""
    dry_run: bool = False
    """Say what would be done, and do nothing."""


def tune(model: TextModel, lines: Sequence[Line], args: Stages) -> TextModel:
    """A fine-tuned copy."""
    how = Pretrain(
        mode="tagged" if model.play.tag != "plain" else "standard", tokens=args.tokens, batch=16,
        learning_rate=args.learning_rate, observation_weight=0.0, tag_dropout=0.0, named=0.0,
        holdout=0.0, seed=args.seed, threads=args.threads,
    )  # fmt: skip
    return pretrain(lines, how, model=copy.deepcopy(model))


def run(args: Stages) -> dict[str, Any]:
    """Do it all; returns what results.json holds."""
    models = {folder.name: textmodel.load(folder) for folder in args.models}
    safety, benign = Dataset(args.safety), Dataset(args.benign)
    safe = [line for line in corpus.from_dataset(safety) if line.good]
    harmless = corpus.from_dataset(benign)
    game = safety.game()
    asked, searched = attacks.sample(
        game, args.questions, args.searched, episodes=args.episodes, seed=args.seed
    )
    found: dict[str, Any] = {}
    for name, model in models.items():
        found[name] = {}
        for stage, lines in zip(STAGES, (None, safe, harmless), strict=True):
            if lines is not None:
                model = tune(model, lines, args)
                model.save(args.out / f"{name}-{stage}")
            with threads(args.threads):
                rates = attacks.assault(model, asked, searched, tries=args.tries, seed=args.seed)
            found[name][stage] = rates
            shown = ", ".join(f"{k} {rates[k]}" for k in attacks.NAMES if k in rates)
            echo(f"{name}, {stage}: {shown}", file=sys.stderr, flush=True)
            _write(args.out, found)
    return found


def _write(folder: Path, found: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(found, indent=1))
    (folder / "table.md").write_text(attacks.table(found))
