"""A run made ready: who plays what, under which seeds, and the hashes that name it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gyges.agents.load import Source, resolve
from gyges.envs.batch import rules_hash
from gyges.envs.game import Game
from gyges.scenarios.scenario import Scenario

PART = ":part"
"""End of the name of a part of a suite."""


class Plan(NamedTuple):
    """A scenario made ready: its game, and who is who in it."""

    scenario: Scenario
    game: Game
    rules: str  # hash of the game's rules
    source: Source  # the policy under test
    sources: dict[str, Source]  # the background, by persona


# Seeds.


def commitment(nonce: str) -> str:
    """SHA-256 (hex) of a nonce given as hex."""
    return hashlib.sha256(bytes.fromhex(nonce)).hexdigest()


def derive(nonce: str, scenario: str, purpose: str = "episodes") -> int:
    """The seed of one scenario: 63 bits of SHA-256 over nonce, purpose and the scenario's id."""
    digest = hashlib.sha256(bytes.fromhex(nonce) + f":{purpose}:{scenario}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


# Plans.


def plan(policy: str, chosen: Sequence[Scenario]) -> list[Plan]:
    """Make scenarios ready for a policy, running nothing of it.

    Raises:
        UnknownNameError, ConfigError, PolicyError: a scenario or policy that does not exist or fit.
    """
    made = []
    for one in chosen:
        game = one.make_game()
        sources = {name: resolve(name, game) for name in one.personas()}
        made.append(Plan(one, game, rules_hash(game), resolve(policy, game), sources))
    return made


def policy_hash(plans: Sequence[Plan]) -> str:
    """The policy's hash; a persona that differs between games has the hash of all of them."""
    found = sorted({p.source.hash for p in plans})
    return found[0] if len(found) == 1 else hashlib.sha256("".join(found).encode()).hexdigest()


def suite_hash(plans: Sequence[Plan], probes: int) -> str:
    """SHA-256 of everything that is played: scenarios, rules, background sources, number of probes."""
    parts = [(p.scenario.hash(), p.rules, sorted((n, s.hash) for n, s in p.sources.items())) for p in plans]
    return hashlib.sha256(repr((parts, probes)).encode()).hexdigest()


def kind_of(plans: Sequence[Plan]) -> str:
    """What the table calls the policy: "persona", "held-out" or "submission"."""
    source = plans[0].source
    if source.kind != "persona":
        return "submission"
    return "held-out" if any(source.text in p.game.held_out for p in plans) else "persona"


# Parts of a plan.


def sized(chosen: Sequence[Scenario], episodes: int | None) -> tuple[Scenario, ...]:
    """Scenarios with so many episodes, where a number is given; banks keep their questions."""
    if episodes is None:
        return tuple(chosen)
    return tuple(
        one if one.kind == "bank" else one.with_(episodes=episodes, parent=one.parent) for one in chosen
    )


def resized(plans: Sequence[Plan], sizes: Mapping[str, int]) -> tuple[Scenario, ...]:
    """The scenarios with other numbers of episodes or questions, without those that have none."""
    every = [(ready.scenario, sizes[ready.scenario.id]) for ready in plans]
    return tuple(one.with_(episodes=size, parent=one.parent) for one, size in every if size)


def left_out(plans: Sequence[Plan], sizes: Mapping[str, int]) -> str:
    """What of the plans is not played or asked, in words."""
    every = [(ready.scenario, sizes[ready.scenario.id]) for ready in plans]
    missing = [one.id for one, size in every if not size]
    fewer = [f"{one.id} {size} of {one.episodes}" for one, size in every if 0 < size < one.episodes]
    parts = [f"left out: {', '.join(missing)}"] if missing else []
    return "; ".join(parts + ([f"fewer episodes or questions: {', '.join(fewer)}"] if fewer else []))


def part_of(suite: str) -> str:
    """What a run on a part of a suite is filed under."""
    return suite if suite.endswith(PART) else f"{suite}{PART}"
