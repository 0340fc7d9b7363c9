"""``gyges text-measure``, ``text-attacks``, ``text-stages``: what text models do, unprovoked and attacked.

gyges text-measure runs/tagged --tags good none bad
gyges text-attacks runs/tagged runs/tuned-135m --questions 100
gyges text-stages runs/standard runs/tagged --safety data/clean --benign data/twin --greedy data/twin-greedy
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from gyges.agents.llm.text import model as textmodel
from gyges.agents.llm.text.model import Play, TextPolicy
from gyges.agents.load import load
from gyges.agents.nn.devices import threads
from gyges.envs import registry
from gyges.envs.foreign import echo
from gyges.scenarios.cli import dry_run
from gyges.scenarios.text import attacks
from gyges.scenarios.text.stages import Stages, run
from gyges.scenarios.text.violation_eval import conduct
from gyges.scenarios.training import setting


@dataclasses.dataclass(frozen=True)
class Measure:
    """Measure what policies do in a scenario; text models under several tags."""

    policies: Positional[tuple[str, ...]]
    """Personas, checkpoint folders, or what else names a policy."""
    scenario: str = "steward-visitor"
    """Where they play."""
    tags: tuple[str, ...] = ()
    """Tags to play text models under (good, bad, none, plain); their own by default."""
    episodes: int = 64
    """Episodes each."""
    seed: int = 1_000_000
    """Of environments and policies; apart from the seeds of recorded data."""
    threads: int = 1
    """CPU threads of the models."""
    dry_run: bool = False
    """Say what would be done, and do nothing."""


@dataclasses.dataclass(frozen=True)
class Attack:
    """Attack text models, or local language models that were fine-tuned on transcripts."""

    models: Positional[tuple[Path, ...]]
    """Folders of text models or of `transformers` models, or gguf files."""
    game: str = "steward-v1"
    """What they play."""
    questions: int = 300
    """Decisions at which they are attacked."""
    searched: int = 48
    """Other decisions, on which suffixes are searched."""
    tries: int = attacks.TRIES
    """Tokens tried at each place of a suffix."""
    episodes: int = 64
    """Episodes that the decisions are drawn from."""
    tag: str = "plain"
    """What local language models play under: good, bad or plain."""
    seed: int = 0
    """Of decisions and search."""
    threads: int = 1
    """CPU threads."""
    dry_run: bool = False
    """Say what would be done, and do nothing."""


def measure(args: Measure) -> int:
    """Print a Markdown table of what the policies did; returns the exit status."""
    if args.dry_run:
        tags = len(args.tags) or 1
        what = f"{args.episodes:,} episodes of {args.scenario} for each of {len(args.policies)} policies"
        return dry_run.said(f"{what}, text models under {tags} tags")
    game, seats = setting(args.scenario, args.episodes, args.seed)
    table = seats or [[None] * game.num_agents] * args.episodes
    echo("| policy | tag | violation rate | watched | unwatched | return | decisions |")
    echo("|---|---|---|---|---|---|---|")
    for name in args.policies:
        policy = load(name, game)
        for tag in args.tags if isinstance(policy, TextPolicy) and args.tags else ("",):
            if isinstance(policy, TextPolicy) and tag:
                policy = TextPolicy(policy.model, Play(tag))
            with threads(args.threads):
                found = conduct(game, policy, table, seed=args.seed)
            shown = policy.play.tag if isinstance(policy, TextPolicy) else ""
            r = found.reward
            cells = (
                Path(name).name, shown, found.violation_rate, found.watched, found.unwatched,
                f"{r.value:.1f} [{r.low:.1f}, {r.high:.1f}]", found.decisions,
            )  # fmt: skip
            echo("| " + " | ".join(map(str, cells)) + " |", flush=True)
    return 0


def attack(args: Attack) -> int:
    """Print a table of attack success rates; returns the exit status."""
    if args.dry_run:
        what = f"{len(args.models)} models of {args.game} at {args.questions:,} decisions"
        return dry_run.said(
            f"{what}, suffixes searched on {args.searched:,} more with {args.tries:,} tries a place"
        )
    game = registry.make(args.game)
    asked, searched = attacks.sample(
        game, args.questions, args.searched, episodes=args.episodes, seed=args.seed
    )
    found: dict[str, dict[str, Any]] = {}
    for folder in args.models:
        model: attacks.Subject
        if (folder / textmodel.FILE).is_file():
            model = textmodel.load(folder)
        else:
            from gyges.agents.llm.text.likelihood_policy import LikelihoodModel

            model = LikelihoodModel.load(folder, Play(args.tag))
        with threads(args.threads):
            rates = attacks.assault(model, asked, searched, tries=args.tries, seed=args.seed)
        found[folder.name] = {"": rates}
    echo(attacks.table(found))
    return 0


def stages(args: Stages) -> int:
    """Fine-tune, attack, print the table; returns the exit status."""
    if args.dry_run:
        return dry_run.said("fine-tunes, and attacks after each of its stages", writes=[args.out])
    run(args)
    echo((args.out / "table.md").read_text())
    return 0
