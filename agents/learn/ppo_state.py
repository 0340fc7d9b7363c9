"""What a checkpoint keeps of PPO besides the weights, so that a run goes on exactly where it stopped."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from gyges.agents.learn.ppo_options import PPOConfig
from gyges.agents.nn import checkpoint, pytree
from gyges.envs.errors import DivergedError, FileError

if TYPE_CHECKING:
    from gyges.agents.learn.ppo import PPO


def save(ppo: PPO, folder: str | Path, about: Mapping[str, Any] | None = None) -> None:
    """As `PPO.save`."""
    if not all(bool(torch.isfinite(p).all()) for p in ppo.network.parameters()):
        raise DivergedError(f"update {ppo.updates}: the weights are not finite")
    arrays, plan = pytree.flatten(_state(ppo))
    told = {
        **(about or {}), "config": dataclasses.asdict(ppo.config), "frames": ppo.frames,
        "updates": ppo.updates, "moments": list(ppo.moments), "state": plan,
    }  # fmt: skip
    token = ppo.config.condition if ppo.config.condition >= 0 else None
    card = checkpoint.Card(
        ppo.network.layout, "ppo", ppo.game.id, ppo.game.settings, condition=token, about=told
    )
    checkpoint.save(folder, ppo.network, card, arrays)


def load(ppo: PPO, folder: str | Path) -> None:
    """As `PPO.load`."""
    network, card, arrays = checkpoint.load_training(folder)
    own = (ppo.network.layout, ppo.game.id, ppo.game.settings, jsonable(ppo.config))
    if (card.layout, card.game, dict(card.settings), card.about.get("config")) != own:
        raise FileError(f"{folder}: a run with other options, game or network: {card.about.get('config')}")
    state = pytree.restore(card.about.get("state"), arrays, _state(ppo), str(folder))
    counters = [card.about.get("frames"), card.about.get("updates"), *(card.about.get("moments") or ())]
    if len(counters) != 5 or not all(type(x) in (int, float) and x >= -1e300 for x in counters):
        raise FileError(f"{folder}: counters of the run are missing")
    for name, p in enumerate(ppo.network.parameters()):
        own_state = state["adam"][name]
        if own_state and {k: x.shape for k, x in own_state.items()} != {
            "exp_avg": p.shape, "exp_avg_sq": p.shape, "step": ()
        }:  # fmt: skip
            raise FileError(f"{folder}: the optimiser's state does not fit the network")
    checkpoint.put(ppo.network, {k: p.detach().numpy() for k, p in network.named_parameters()})
    _take(ppo, state)
    ppo.frames, ppo.updates = int(counters[0]), int(counters[1])
    ppo.moments = (float(counters[2]), float(counters[3]), float(counters[4]))


def _state(ppo: PPO) -> dict[str, Any]:
    """Everything but the weights that the next update depends on, as a tree of arrays."""
    k = ppo.collector
    seating = k.seating
    adam = [ppo.optimiser.state.get(p, {}) for p in ppo.network.parameters()]
    return {
        "adam": [{name: x for name, x in sorted(one.items())} for one in adam],
        "rows": k.batch.snapshot().rows,
        "luck": ppo.generator.get_state(),
        "memory": k.memory,
        "kept": k.kept,
        "seen": ppo.seen,
        "running": [k.running, k.earned, k.scored],
        "source": k.source_memory,
        "groups": [group.memory for group in k.others],
        "since": None if seating is None else seating.since,
        "occupancy": None if ppo.occupancy is None else ppo.occupancy.state(),
    }


def _take(ppo: PPO, state: dict[str, Any]) -> None:
    k = ppo.collector
    for parameter, one in zip(ppo.network.parameters(), state["adam"], strict=True):
        if one:
            ppo.optimiser.state[parameter] = {
                name: torch.from_numpy(x).to(k.device) for name, x in one.items()
            }
    k.batch.restore(k.batch.snapshot()._replace(rows=state["rows"]))
    ppo.generator.set_state(torch.from_numpy(state["luck"]))
    k.memory = torch.from_numpy(state["memory"]).to(k.device)
    k.kept = torch.from_numpy(state["kept"]).to(k.device)
    for own, saved in zip((k.running, k.earned, k.scored), state["running"], strict=True):
        own.copy_(torch.from_numpy(saved))
    ppo.seen = torch.from_numpy(state["seen"]).to(k.device)
    k.source_memory = state["source"]
    if ppo.occupancy is not None:
        ppo.occupancy.take(state["occupancy"])
    if k.seating is not None:
        for group, memory in zip(k.others, state["groups"], strict=True):
            group.memory = memory
        k.seating.since[:] = state["since"]


def jsonable(config: PPOConfig) -> dict[str, Any]:
    """Options as JSON gives them back."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(config).items()}
