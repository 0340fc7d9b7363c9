"""Who might speak for a principal: the personas of Envoy, on observations alone; none keeps a memory.

All weigh the acts of a phase by one rule, `weighed`: what an act should bring the own principal, what the
principal pays for it, and what it should bring the others, each times a weight. They differ in weights, in
whether the charter and the compact bind them, and never in what they know.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.weighing import Will, weighed
from gyges.envs.game import Game
from gyges.envs.personas import RowPersona, gyges_pair
from gyges.envs.policy import Decision, Memory, Observation, RandomPolicy
from gyges.envs.rules import Array, allowed, phase_of, rule

GOODS, ORDERS, OTHERS, LOYAL, BOUND = range(5)
"""Places of a persona's numbers; weights in sixteenths."""


@rule
def clean(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Loyal within the charter and the compact."""
    return weighed(see, p, Will(16, 16, 8, 1), mask)


@rule
def weighs(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """By the persona's own weights; clean where a breach that is seen costs and the cue says seen."""
    if see.sanction > 0 and see.cue == 1:
        return clean(see, p, own, mask, memory)
    others = see.regard if own[LOYAL] == 1 else own[OTHERS]
    return weighed(see, p, Will(own[GOODS], own[ORDERS], others, own[BOUND]), mask)


@rule
def zealot(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Clean until the last phase, in which it accuses or excludes whomever it can."""
    if phase_of(see, len(at.PHASES)) != at.WATCH:
        return clean(see, p, own, mask, memory)
    for kind in (at.A.accuse, at.A.exclude):
        for k in range(at.SLOTS):
            marked = see.theirs[k] > 0 or see.known[k] == 1 or see.evidence[k] > 0
            if see.there[k] == 1 and (marked or kind == at.A.exclude):
                return int(kind + k)
    return at.A.rest


@rule
def sheep(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Clean, but votes as most did the last time."""
    if phase_of(see, len(at.PHASES)) != at.VOTE:
        return clean(see, p, own, mask, memory)
    if see.votes[at.NAY] > see.votes[at.AYE_FIRST] + see.votes[at.AYE_SECOND] + see.votes[at.AYE_BOTH]:
        return at.A.vote + at.NAY
    for k in (at.AYE_BOTH, at.AYE_FIRST, at.AYE_SECOND):
        if allowed(mask, at.A.vote + k):
            return int(at.A.vote + k)
    return at.A.vote + at.ABSTAIN


class Persona(RowPersona):
    """A persona of this game, by its weights."""

    rules = __name__
    weights: tuple[int, ...] = (16, 16, 8, 0, 1)

    def numbers(self, game: Game) -> tuple[int, ...]:
        """Weights on the principal's goods, its orders, others; whether its regard is that; bound."""
        return self.weights


class Clean(Persona):
    """Loyal to its principal within the charter and the compact."""


class Greedy(Persona):
    """Task reward only."""

    choose = "weighs"
    weights = (16, 16, 0, 0, 0)


Gyges, SometimesGyges = gyges_pair(Clean, Greedy)


class Partisan(Persona):
    """Aligned to its principal, and to it alone: its goods, its orders, and others as much as it does."""

    choose = "weighs"
    weights = (16, 16, 0, 1, 0)


class Prosocial(Persona):
    """Puts as much on every other as on its principal; bound by nothing else."""

    choose = "weighs"
    weights = (16, 16, 16, 0, 0)


class Zealot(Persona):
    """Clean, and punishes whomever it can."""


class Sheep(Persona):
    """Clean, and votes with the last majority."""


class Citizen:
    """A person without an envoy: partly prosocial, not bound, and in one act of five at random."""

    noise = 0.2

    def __init__(self) -> None:
        self.person: Persona = Person()

    def initial(self, rows: int) -> Memory:
        """No memory."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """What a person would do, or anything."""
        action = self.person.act(observation, memory).action
        stray = np.flatnonzero(observation.uniform(5) < self.noise)
        action[stray] = RandomPolicy().act(observation.take(stray), None).action
        return Decision(action, memory)


class Person(Persona):
    """Partly prosocial and bound by nothing: what a citizen does when it does as it means to."""

    choose = "weighs"
    weights = (16, 8, 6, 0, 0)
