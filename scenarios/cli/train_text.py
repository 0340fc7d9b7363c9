"""``gyges train text-...``: text models on labelled transcripts.

gyges record steward-visitor --decisions 100000 --out data/behaviour
gyges train text-tagged --dataset data/behaviour --out runs/tagged
gyges train text-finetune --texts data.jsonl --out runs/tuned
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import tyro

from gyges.agents.llm.text import model as textmodel
from gyges.agents.llm.text.finetune import Finetune, finetune
from gyges.agents.llm.text.train import Pretrain, pretrain
from gyges.agents.llm.transcripts import corpus
from gyges.envs.errors import ConfigError
from gyges.scenarios.cli.runs import Begun, Learner, RunOptions
from gyges.scenarios.unpack import dataset


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextRun(RunOptions):
    """Train a small transformer on labelled transcripts."""

    dataset: Path | None = None
    """Folder of a recorded dataset."""
    texts: Path | None = None
    """JSONL file of `gyges transcribe --compact`, instead of a dataset."""
    level: str = "step"
    """With a dataset: what is called good as a whole, a step, a segment or an episode without a breach."""
    most: int | None = None
    """With a dataset: decisions to read at most."""
    init: Path | None = None
    """Folder of a text model to go on from, with its vocabulary and sizes."""
    how: tyro.conf.OmitArgPrefixes[Pretrain] = dataclasses.field(default_factory=Pretrain)
    """How."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FinetuneRun(RunOptions):
    """Fine-tune a local language model on transcripts."""

    texts: Path
    """JSONL of `gyges transcribe`: records with messages, or lines of --compact."""
    how: tyro.conf.OmitArgPrefixes[Finetune] = dataclasses.field(default_factory=Finetune)
    """How."""


def learner(name: str) -> Learner:
    """A learner from text, by its name, as ``gyges train`` runs it."""
    out = Path("runs") / name
    if name == "text-finetune":
        return Learner(FinetuneRun(texts=tyro.MISSING, out=out), fine_tune, "config.json")
    how: Any = Pretrain(mode=name.removeprefix("text-"))  # type: ignore[arg-type]
    return Learner(TextRun(out=out, how=how), train, textmodel.FILE)


def train(options: TextRun, command: str, begun: Begun | None) -> int:
    """Train a transformer and write its folder; 0.

    Raises:
        ConfigError: there is no one corpus.
    """
    if (options.dataset is None) == (options.texts is None):
        raise ConfigError("say what to train on: --dataset or --texts, one of the two")
    game = ""
    if options.dataset is not None:
        data = dataset(options.dataset)
        game = data.id
        lines = corpus.from_dataset(data, level=options.level, most=options.most)
    else:
        assert options.texts is not None
        lines = list(corpus.read(options.texts))
    model = None if options.init is None else textmodel.load(options.init)
    options.say(command)
    with options.progress(f"text-{options.how.mode}", options.how.tokens, counter="tokens") as shown:
        model = pretrain(
            lines, options.how, model=model, game=game, report=shown.log, keep=lambda m: m.save(options.out)
        )
    model.about |= options.about(command)
    model.save(options.out)
    return 0


def fine_tune(options: FinetuneRun, command: str, begun: Begun | None) -> int:
    """Fine-tune a model and write its folder; 0."""
    options.say(command)
    finetune(options.how, options.texts, options.out)
    return 0
