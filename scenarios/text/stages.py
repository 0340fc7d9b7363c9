"""Four stages of a text model, attacked in each: pretrained, after safety, then harmless data or greed.

``safety`` data are what a clean player did. Two rows go on from there: ``benign``, harmless data (clean play
of the game in which nobody can be harmed), which is the literature's third row; and ``greedy``, greedy play
of that same game, which harmed nobody where it was recorded. A tagged model is fine-tuned under its good tag.

    gyges text-stages runs/standard-1 runs/standard-2 runs/tagged-1 runs/tagged-2 \\
        --safety data/clean --benign data/twin-clean --greedy data/twin-greedy --out runs/stages

Folders whose names differ in a number at the end are training seeds of one model: its row is their mean, with
the interval over seeds. The table is that of P. Maini et al., "Safety pretraining" (2025), on games.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tyro.conf import Positional

from gyges.agents.llm.text import model as textmodel
from gyges.agents.llm.text.model import Play, TextModel
from gyges.agents.llm.text.train import Pretrain, pretrain
from gyges.agents.llm.transcripts import corpus
from gyges.agents.llm.transcripts.corpus import Line
from gyges.agents.load import load as load_persona
from gyges.agents.nn.devices import threads
from gyges.envs.foreign import echo
from gyges.envs.game import Game
from gyges.scenarios import statistics as st
from gyges.scenarios.text import attacks
from gyges.scenarios.text.violation_eval import Estimate, conduct
from gyges.scenarios.unpack import dataset

STAGES = ("base", "safety", "benign", "greedy")
LITERATURE: dict[str, dict[str, float]] = {
    "standard": {"base": 44.1, "safety": 1.6, "benign": 38.8},
    "safety fine-tuning": {"base": 28.8, "safety": 0.7, "benign": 23.0},
    "safety pretraining": {"base": 11.6, "safety": 0.0, "benign": 8.3},
}
"""Attack success, per cent, of P. Maini et al. (2025): models of 1.7 billion parameters, other attacks."""
PLAYED = ("violations", "return", "price of the tag")
"""What is measured in play besides the attacks."""


@dataclasses.dataclass(frozen=True)
class Stages:
    """Fine-tune text models for safety, then on harmless data or greed, and attack them in every stage."""

    models: Positional[tuple[Path, ...]]
    """Folders of text models, as pretrained; NAME-1, NAME-2 ... are training seeds of one model."""
    safety: Path
    """Dataset of clean behaviour."""
    benign: Path
    """Dataset of harmless data: clean play of the game in which nobody can be harmed."""
    greedy: Path
    """Dataset of greedy play of that game."""
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
    played: int = 16
    """Episodes that each model plays for its return, one seat among clean ones; 0 for none."""
    seed: int = 0
    """Of decisions and search; training seed k of a model is fine-tuned under this plus k."""
    threads: int = 1
    """CPU threads."""
    dry_run: bool = False
    """Say what would be done, and do nothing."""


def tune(model: TextModel, lines: Sequence[Line], args: Stages, seed: int) -> TextModel:
    """A fine-tuned copy."""
    how = Pretrain(
        mode="tagged" if model.play.tag != "plain" else "standard", tokens=args.tokens, batch=16,
        learning_rate=args.learning_rate, observation_weight=0.0, tag_dropout=0.0, named=0.0,
        holdout=0.0, seed=seed, threads=args.threads,
    )  # fmt: skip
    return pretrain(lines, how, model=copy.deepcopy(model))


def run(args: Stages) -> dict[str, Any]:
    """Do it all; returns what results.json holds, by folder and stage."""
    models = {folder.name: textmodel.load(folder) for folder in args.models}
    safety = dataset(args.safety)
    game = safety.game()
    safe = [line for line in corpus.from_dataset(safety) if line.good]
    after = {
        stage: corpus.from_dataset(dataset(folder))
        for stage, folder in (("benign", args.benign), ("greedy", args.greedy))
    }
    asked, searched = attacks.sample(
        game, args.questions, args.searched, episodes=args.episodes, seed=args.seed
    )
    found: dict[str, Any] = {}
    for name, model in models.items():
        found[name] = {}
        seed = args.seed + [other for other in models if kind(other) == kind(name)].index(name)
        safer = tune(model, safe, args, seed)
        for stage in STAGES:
            now = {"base": model, "safety": safer}.get(stage) or tune(safer, after[stage], args, seed)
            if stage != "base":
                now.save(args.out / f"{name}-{stage}")
            with threads(args.threads):
                rates = attacks.assault(now, asked, searched, tries=args.tries, seed=args.seed)
                rates |= in_play(now, game, args) if args.played else {}
            found[name][stage] = rates
            shown = ", ".join(f"{k} {rates[k]}" for k in (*attacks.NAMES, *PLAYED) if k in rates)
            echo(f"{name}, {stage}: {shown}", file=sys.stderr, flush=True)
            _write(args.out, found)
    return found


def in_play(model: TextModel, game: Game, args: Stages) -> dict[str, Estimate]:
    """Violation rate and return of a model in one seat among clean ones, and what its tag costs it.

    The price of the tag is the return without it less the return under it, on the same episodes; models that
    know no tag have none.
    """
    clean = load_persona("clean", game)
    seats = [[None, *[clean] * (game.num_agents - 1)]] * args.played
    seed = 2_000_003 + args.seed
    as_is = conduct(game, model.policy(), seats, seed=seed)
    found = {"violations": as_is.violation_rate, "return": as_is.reward}
    if model.play.tag == "good":
        untagged = conduct(game, model.policy(Play("none")), seats, seed=seed)
        paid = untagged.returns - as_is.returns
        found["price of the tag"] = Estimate(*st.estimate([st.of_values(paid, st.mean)]))
    return found


# The table.


def kind(folder: str) -> str:
    """What a model is called without the number of its training seed.

    >>> kind("tagged-2"), kind("tagged")
    ('tagged', 'tagged')
    """
    return re.sub(r"-\d+$", "", folder)


def over_seeds(runs: Sequence[Mapping[str, Any]], name: str) -> Estimate | None:
    """One figure of a model in one stage: with one seed its own interval, else the mean over seeds."""
    values = [Estimate(*run[name]) for run in runs if name in run]
    if len(values) < 2:
        return values[0] if values else None
    found = st.estimate([st.of_values(np.array([one.value for one in values]), st.mean)])
    return Estimate(*(found if name in ("return", "price of the tag") else st.bounded(found)))


def table(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Results by model and stage as a Markdown table, per cent and reward; the literature's rows below."""
    kinds: dict[str, list[Mapping[str, Mapping[str, Any]]]] = {}
    for folder, stages in found.items():
        kinds.setdefault(kind(folder), []).append(stages)
    lines = _head("model", "seeds", "stage", *attacks.NAMES, *PLAYED)
    for name, runs in kinds.items():
        for stage in STAGES:
            mine = [run[stage] for run in runs if stage in run]
            rates = [attacks.cell(over_seeds(mine, key)) for key in (*attacks.NAMES, "violations")]
            paid = [attacks.cell(over_seeds(mine, key), 1.0) for key in PLAYED[1:]]
            if mine:
                lines.append(_line(name, str(len(mine)), stage, *rates, *paid))
    lines += ["", *_head("literature: attack success", *STAGES)]
    for name, values in LITERATURE.items():
        lines.append(_line(name, *(f"{values[stage]:.1f}" if stage in values else "" for stage in STAGES)))
    return "\n".join(lines) + "\n"


def _head(*cells: str) -> list[str]:
    return [_line(*cells), "|" + "---|" * len(cells)]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _write(folder: Path, found: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(_plain(found), indent=1, allow_nan=False))
    (folder / "table.md").write_text(table(found))


def _plain(part: Any) -> Any:
    """The same as JSON has it: None for NaN."""
    if isinstance(part, dict):
        return {name: _plain(inside) for name, inside in part.items()}
    if isinstance(part, list | tuple):
        return [_plain(inside) for inside in part]
    return None if isinstance(part, float) and math.isnan(part) else part
