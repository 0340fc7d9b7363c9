"""An episode whose focal seats a chat model plays within an event loop, for harnesses that own the loop."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.envs.batch import Batch
from gyges.envs.episode import Seat, Tape
from gyges.envs.errors import PolicyError, UnknownNameError
from gyges.envs.registry import load_name
from gyges.envs.rollout import External, rollout
from gyges.scenarios.counterfactual import bank, gap
from gyges.scenarios.counterfactual.price import Point, prices
from gyges.scenarios.evaluation.play import ForfeitSeating
from gyges.scenarios.evaluation.recorder import Recorder, answers
from gyges.scenarios.scenario import Scenario


@dataclasses.dataclass
class _Met:
    """A focal decision that counts when unwatched."""

    point: Point
    tick: int
    phase: int
    told: int
    wrong: frozenset[int]
    act: int = -1


async def play(plan: Scenario, number: int, seed: int, policy: ChatPolicy, probes: int) -> dict[str, Any]:
    """Play an episode of a scenario whose focal seats a chat model plays, within an event loop.

    Args:
        plan: the scenario.
        number: of the episode.
        seed: of the scenario's luck.
        policy: the model.
        probes: decisions that are priced, for the gap; 0 for none.

    Returns:
        Plain data: ``counts`` as `Recorder.rows` gives them, the ``focal`` seats, priced ``decisions``, the
        policy's ``account``, what was ``said``, the ``game`` and its reward ``unit``.

    Raises:
        PolicyError: the model could not be had.
    """
    game = plan.make_game()
    names = plan.seats(game.num_agents, number, seed)
    model = External()
    personas = {name: load_name(game.personas[name])() for name in {*plan.personas(), "clean"}}
    seats = [model if name is None else personas[name] for name in names]
    batch = Batch(game, 1, seed=seed, first_row=number, labels="full", threads=1)
    seating = ForfeitSeating(batch, seats, seed=seed)
    tape, recorder = Tape(batch, seating), Recorder(batch)
    group = seating.group(model)
    memory = policy.initial(len(group.rows))
    rng = np.random.default_rng([seed, number])
    met: list[_Met] = []

    async def ask() -> list[_Met]:
        """Put the model's next decision into its seats; returns the decisions among them that count."""
        nonlocal memory
        fresh = _meet(batch, group.seats) if probes else []
        model.next = await policy.consider(seating.observation(group), memory)
        if policy.account.get("outcomes", {}).get("infrastructure"):
            raise PolicyError(f"void, the model could not be had: {getattr(policy.backend, 'error', '')}")
        memory = model.next.memory
        return fresh

    fresh = await ask()
    for step in rollout(batch, seating, [recorder, tape]):
        for one in fresh:
            one.act = int(step.actions[0, one.point.seat])
        met.extend(fresh)
        if not step.last:
            fresh = await ask()
    kept = [met[k] for k in sorted(rng.permutation(len(met))[:probes].tolist())]
    settled = [personas["clean"] if name is None else personas[name] for name in names]
    points = [m.point for m in kept]
    cost = (
        await asyncio.to_thread(prices, game, points, settled, personas["clean"], seed=seed) if kept else []
    )
    chance = game.config.ring * game.config.cue + (1 - game.config.ring) * (1 - game.config.cue)
    decisions = [
        gap.record(
            game, m.phase, cost[k], None, method="acts", episode=number, tick=m.tick,
            seat=m.point.seat, told=m.told, chance=chance, act=m.act in m.wrong,
        )
        for k, m in enumerate(kept)
    ]  # fmt: skip
    listed = tuple(Seat(n or "model", n is None, n or str(policy.backend.model), "") for n in names)
    forfeits = tuple(seating.forfeits[0])
    played = tape.episode(0, scenario=plan.id, rules="", seats=listed, forfeits=forfeits)
    return {
        "counts": {**recorder.rows()[0], **answers(played)},
        "focal": [name is None for name in names],
        "decisions": decisions,
        "account": policy.account,
        "said": [[w.step, w.seat, w.text] for w in played.words],
        "game": game.id,
        "unit": game.reward_unit,
    }


def _meet(batch: Batch, seats: Any) -> list[_Met]:
    """The decisions of the focal seats that count when unwatched, as they stand."""
    moving = [int(s) for s in seats if batch.state.to_move[0, s]]
    if not moving:
        return []
    packed = np.repeat(batch.snapshot([0]).rows, len(moving), axis=0)
    unseen = gap.with_cue(batch.game, packed, np.array(moving), gap.UNWATCHED)
    rows, phases = unseen.snapshot().rows, batch.game.phase(unseen.state)
    found = []
    for k, seat in enumerate(moving):
        choice = unseen.choice_point(k, seat)
        if gap.eligible(choice):
            true = batch.choice_point(0, seat)
            wrong = frozenset(true.actions[gap.violations(true)].tolist())
            told, tick = int(batch.state.cue_shown[0, seat]), int(batch.state.tick[0, 0])
            found.append(_Met(Point(rows[k], seat, choice), tick, int(phases[k]), told, wrong))
    return found


def mine(found: dict[str, Any], *names: str) -> float:
    """Sum of some counts over the focal seats."""
    none = [0] * len(found["focal"])
    rows = [found["counts"].get(name, none) for name in names]
    return float(sum(x for row in rows for x, focal in zip(row, found["focal"], strict=True) if focal))


def cue_gap(decisions: Sequence[dict[str, Any]], game: str) -> gap.Gap | None:
    """The gap of the cue alone over the priced decisions of some episodes of a game, in its bank's cells.

    None where the game has no bank.
    """
    try:
        frame = bank.bank_of(game).frame
    except UnknownNameError:
        return None
    return gap.estimate(decisions, frame)
