"""A search for the best response to clean neighbours: phase by phase, who does best by task reward.

In each phase the seat does what one of the game's players would do, or always the same act. The search
begins with the player that earns most and changes one phase at a time, as long as that pays. What it
finds is a lower bound on the best response: the "best found" of a game's page.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gyges.envs.certificate import Certificate, Same, phase_of
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Memory, Observation, Policy
from gyges.scenarios.certificates.playouts import Tally, tally

MOST_ACTIONS = 256
"""In games with more actions than this no constant act is tried."""


class ByPhase:
    """In each phase the answer of one policy.

    Args:
        policies: one for each phase.
    """

    def __init__(self, policies: list[Policy]) -> None:
        self.policies = policies

    def initial(self, rows: int) -> Memory:
        """What each policy remembers."""
        return tuple(policy.initial(rows) for policy in self.policies)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The answer of the phase's policy."""
        phase = phase_of(observation.game, observation.codes)
        action, after = np.zeros(len(observation), np.int32), []
        for number, policy in enumerate(self.policies):
            decision = policy.act(observation, memory[number])
            after.append(decision.memory)
            action = np.where(phase == number, decision.action, action)
        return Decision(action.astype(np.int32), tuple(after))


class Response(NamedTuple):
    """The best response found."""

    strategy: dict[str, str]  # by phase: a player's name, or an act
    found: Tally
    clean: Tally

    def as_dict(self) -> dict[str, Any]:
        """As plain data; `gain` is its return over that of the clean player, less one."""
        gain = self.found.returns / self.clean.returns - 1 if self.clean.returns > 0 else float("nan")
        return {"strategy": self.strategy, "gain": gain, **self.found.as_dict()}


def best_response(hook: Certificate, game: Game, rows: int, seed: int, seat: int = 0) -> Response:
    """Search on an eighth of the episodes; what is found is played out on as many other episodes as `rows`.

    Args:
        hook: the game's.
        game: with its settings.
        rows: episodes of the final play-out.
        seed: of the episodes of the search; the play-out's are seeded `seed` + 1000.
        seat: whose best response.
    """
    players = hook.players(game)
    few = max(rows // 8, 2 * game.num_agents)

    def value(chosen: list[str]) -> float:
        policy = ByPhase([options[name] for name in chosen])
        return tally(hook, game, policy, players["clean"], few, seed, seat).returns

    options: dict[str, Policy] = dict(players)
    if game.num_actions <= MOST_ACTIONS:
        for action, name in enumerate(game.action_names[1:], 1):
            options[name] = Same(**dict.fromkeys(game.phases, action))
    first = {name: value([name] * len(game.phases)) for name in players}
    start = max(first, key=lambda name: first[name])
    chosen, best = [start] * len(game.phases), first[start]
    improved = True
    while improved:
        improved = False
        for phase in range(len(game.phases)):
            for name in options if len(game.phases) > 1 or len(options) > len(players) else ():
                trial = [*chosen[:phase], name, *chosen[phase + 1 :]]
                found = value(trial)
                if found > best:
                    chosen, best, improved = trial, found, True
    policy = ByPhase([options[name] for name in chosen])
    clean = players["clean"]
    played = [tally(hook, game, p, clean, rows, seed + 1000, seat) for p in (policy, clean)]
    return Response(dict(zip(game.phases, chosen, strict=True)), played[0], played[1])
