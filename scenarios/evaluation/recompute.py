"""A run recomputed with its policy at hand: every episode played and every question put again.

`gyges.scenarios.evaluation.verify` shows that numbers follow from recorded acts. This shows that the acts
and the answers are the policy's: under the revealed nonce it must act and answer as recorded. Personas of
the game are always at hand. Anything else is asked only if whoever verifies names it and it has the run's
hash, for a results file is data: nothing that it names is run.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gyges.agents.load import build
from gyges.agents.sandbox.process import Limits
from gyges.envs.episode import Episode
from gyges.envs.errors import FileError, GygesError
from gyges.envs.policy import Policy
from gyges.scenarios.evaluation.plan import Plan, plan, policy_hash
from gyges.scenarios.evaluation.play import CHUNK, Played, Progress, play_chunk, seated, stretches
from gyges.scenarios.evaluation.questions import Answered, ask_bank, ask_on_path
from gyges.scenarios.evaluation.store import Run, Store
from gyges.scenarios.evaluation.verify import Mismatch
from gyges.scenarios.scenario import Scenario

TOLERANCE = 1e-6
"""How far two answers may lie apart: a network's probabilities differ so much between processors."""


class Again(NamedTuple):
    """What came of asking a run's policy again.

    Attributes:
        wrong: what it does otherwise than recorded.
        unverifiable: why it could not be asked, or not to the end; empty where it was.
    """

    wrong: list[Mismatch]
    unverifiable: str


class _Moody(Exception):
    """The policy does not answer the same twice, so it can confirm nothing."""


def ask_again(
    store: Store,
    run: Run,
    *,
    policies: Sequence[str] = (),
    limits: Limits | None = None,
    chunk: int = CHUNK,
    progress: Progress | None = None,
) -> Again:
    """Play a complete run's episodes and put its questions again, and compare.

    Args:
        store: the results.
        run: a run whose numbers follow from its episodes (`gyges.scenarios.evaluation.verify.verify`).
        policies: names, as for an evaluation, of policies that may be run besides the personas.
        limits: what a submitted policy may use.
        chunk: episodes that are played together, as they were.
        progress: told how far it is.
    """
    if run.finished is None or run.nonce is None:
        return Again([], "it is not complete")
    try:
        chosen = [Scenario.from_dict(data) for data in store.plans(run)]
        plans = _at_hand(run, chosen, policies)
        if isinstance(plans, str):
            return Again([], plans)
        return _compare(store, run, plans, limits or Limits(), chunk, progress)
    except _Moody:
        return Again([], "it does not answer the same twice")
    except (GygesError, KeyError, TypeError, ValueError, OverflowError) as error:
        return Again([], f"it could not be asked again: {error}"[:300])


def _at_hand(run: Run, chosen: Sequence[Scenario], policies: Sequence[str]) -> list[Plan] | str:
    """The run's policy made ready, or why it cannot be."""
    short = f"{run.source} with hash {run.policy_hash[:12]}"
    games = [one.make_game() for one in chosen]
    persona = bool(games) and all(run.source in game.personas for game in games)
    for text in (run.source,) if persona else policies:
        plans = plan(text, chosen)
        if plans[0].source.name == run.policy and policy_hash(plans) == run.policy_hash:
            return plans
    if persona:
        return f"{short} is another version of that persona"
    return f"{short} is not at hand"


def _compare(
    store: Store, run: Run, plans: Sequence[Plan], limits: Limits, chunk: int, progress: Progress | None
) -> Again:
    wrong: list[Mismatch] = []
    for ready in plans:
        scenario = ready.scenario
        personas = {name: build(source, ready.game) for name, source in ready.sources.items()}
        with contextlib.ExitStack() as stack:
            policy = stack.enter_context(seated(ready, limits))
            bank = scenario.kind == "bank"
            for first, count in () if bank else stretches(range(scenario.episodes), chunk):
                for index, what in _episodes(store, run, ready, policy, personas, first, count):
                    wrong.append(Mismatch(run.id, run.policy, scenario.id, index, what))
                if progress is not None:
                    progress(scenario.id, first + count, scenario.episodes)
            for index, what in _answers(store, run, ready, policy, limits):
                wrong.append(Mismatch(run.id, run.policy, scenario.id, index, what))
    return Again(wrong, "")


# Episodes.


def _episodes(
    store: Store,
    run: Run,
    ready: Plan,
    policy: Policy,
    personas: Mapping[str, Policy],
    first: int,
    count: int,
) -> list[tuple[int, str]]:
    """What the policy does otherwise in some consecutive episodes: (index, what)."""

    def played() -> list[Played]:
        return play_chunk(ready, policy, personas, str(run.nonce), first, count)

    stored: dict[int, Episode] = {}
    for index in range(first, first + count):
        with contextlib.suppress(FileError):  # one that is missing or damaged is `verify`'s to name
            stored[index] = store.episode(run, ready.scenario.id, index)
    fresh = {one.number: one.episode for one in played()}
    wrong = [(k, _apart(fresh[k], episode)) for k, episode in stored.items()]
    wrong = [(k, f"asked again, the policy acts otherwise: {what}") for k, what in wrong if what]
    if wrong and not ready.source.trusted:
        again = {one.number: one.episode for one in played()}
        if any(_apart(fresh[k], again[k]) for k in fresh):
            raise _Moody
    return wrong


def _apart(one: Episode, other: Episode) -> str:
    """Where two records of an episode part; empty where they do not. A forfeit's reason may differ."""
    if one.actions.shape != other.actions.shape:
        return f"{one.steps} steps, not {other.steps}"
    if (one.actions != other.actions).any():
        step, seat = (int(x) for x in next(zip(*(one.actions != other.actions).nonzero(), strict=True)))
        return f"at step {step}, seat {seat}"
    lost = [{(f.step, f.seat) for f in record.forfeits} for record in (one, other)]
    if lost[0] != lost[1]:
        return f"forfeits: expected {sorted(lost[0])}, got {sorted(lost[1])}"[:300]
    return "what is said beside its acts" if one.words != other.words or one.answers != other.answers else ""


# Answers.


def _answers(store: Store, run: Run, ready: Plan, policy: Policy, limits: Limits) -> list[tuple[int, str]]:
    """What the policy answers otherwise: (number of the question, what)."""
    scenario, nonce, probes = ready.scenario, str(run.nonce), run.options.get("probes", 0)
    if scenario.kind != "bank" and not probes:
        return []

    def answered() -> Answered:
        return (
            ask_bank(ready, policy, nonce)
            if scenario.kind == "bank"
            else ask_on_path(ready, policy, nonce, probes, lambda: seated(ready, limits))
        )

    fresh, stored = dict(answered()), dict(store.probes(run, scenario.id))
    wrong = [(k, _otherwise(fresh.get(k), stored.get(k))) for k in sorted({*fresh, *stored})]
    wrong = [(k, f"question asked again: {what}") for k, what in wrong if what]
    if wrong and not ready.source.trusted:
        again = dict(answered())
        if any(_otherwise(fresh.get(k), again.get(k)) for k in {*fresh, *again}):
            raise _Moody
    return wrong


def _otherwise(fresh: Mapping[str, Any] | None, stored: Mapping[str, Any] | None) -> str:
    """How two answers to one question differ; empty where they do not."""
    if fresh is None or stored is None:
        return "answered now, not recorded" if stored is None else "recorded, not answered now"
    names = itertools.chain(fresh, (name for name in stored if name not in fresh))
    name = next((n for n in names if not _alike(fresh.get(n), stored.get(n))), None)
    return "" if name is None else f"{name} is {fresh.get(name)!r}, not {stored.get(name)!r}"[:200]


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and type(other) in (int, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=TOLERANCE)
    return type(one) is type(other) and bool(one == other)
