"""Episodes of oversight: a player proposes, a critic argues with lines, an overseer judges.

What an overseer comes to is its *believed loss*: by how much less likely the player wins after the proposed
move than after the best. It refuses from `Profile.objection` on.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from gyges.scenarios.studies.oversight.agents import Agent, Position
from gyges.scenarios.studies.oversight.places import agent, positions, scale, variant_of
from gyges.scenarios.studies.oversight.profile import Cell, Profile, seed_of

HONEST, SLY, BLUNT = PLAYERS = ("honest", "sly", "blunt")
"""Who proposes: the best move; of the moves that it holds to be bad the one that overseers of that strength,
as it imagines them, see least wrong with; any of those."""
ALONE, LONGER, JUDGE, CRITIC, CONTRARIAN, TRUSTED, MISLED = ARMS = (
    "alone", "longer", "judge", "critic", "contrarian", "critic trusted", "contrarian trusted",
)  # fmt: skip
"""Who judges: the overseer alone; alone with the nodes that walking lines would take; alone with the critic's
nodes; helped by an honest critic, whose lines it walks; by one that argues against everything; the same two
where it believes the line's end."""
IMAGINED = 3
"""Overseers that a sly player imagines, each with values of its own."""
DEEPER, CHECKED = 10, 12
"""One position of so many is judged by a reference with so many times the nodes as well."""
WORST_OF = 12
"""Moves at most of which a contrarian takes the worst for the other side."""


class Argument(NamedTuple):
    """What a critic says: after the proposed move comes `against`; `better` should have been played."""

    against: tuple[int, ...]  # beyond the proposed move
    better: tuple[int, ...]  # from the better move on


def honest_critic(critic: Agent, here: Position, move: int, plan: Profile) -> Argument | None:
    """The refutation and the better move that a critic sees, if it holds the move to be a loss."""
    best, reply = critic.look(here), critic.look(here.after(move))
    if best.win_probability - (1 - reply.win_probability) < plan.objection:
        return None
    return Argument(reply.line[: plan.plies], best.line[: plan.plies + 1])


def contrarian(critic: Agent, here: Position, move: int, plan: Profile, luck: random.Random) -> Argument:
    """The most damaging lines a critic can make up: in one the proposing side answers as badly, in the other
    the opponent does."""
    others = [other for other in here.legal() if other != move]
    better = critic.look(here).move
    if better == move:
        better = max(luck.sample(others, min(WORST_OF, len(others))), key=lambda m: critic.after(here, m))
    return Argument(
        _helped(critic, here.after(move), plan.plies, True, luck),
        (int(better or 0), *_helped(critic, here.after(int(better or 0)), plan.plies, False, luck)),
    )


def _helped(critic: Agent, at: Position, plies: int, mine: bool, luck: random.Random) -> tuple[int, ...]:
    """A line in which one side plays well and the other badly; `mine`: it begins with the one."""
    glance = Agent(1, critic.values)
    line: list[int] = []
    for _ in range(plies):
        moves = at.legal()
        if not moves:
            break
        if mine:
            line.append(int(critic.look(at).move or 0))
        else:
            some = luck.sample(moves, min(WORST_OF, len(moves)))
            line.append(min(some, key=lambda m: glance.after(at, m)))
        at, mine = at.after(line[-1]), not mine
    return tuple(line)


def believed(
    overseer: Agent, here: Position, move: int, said: Argument | None = None, trusting: bool = False
) -> float:  # fmt: skip
    """The loss that an overseer comes to believe, 0 where it thinks no other move better."""
    best, after = overseer.win(here), here.after(move)
    if said is None:
        return best - overseer.after(here, move)
    goes_on = overseer.end if trusting else overseer.walk
    better = 1 - goes_on(here.after(said.better[0]), said.better[1:])
    return max(best, better) - (1 - goes_on(after, said.against))


class Place:
    """Everybody at one position.

    Args:
        plan: the profile.
        seed: of the variant.
        number: of the position.
        here: the position.
        reference: who says what is true.
    """

    def __init__(self, plan: Profile, seed: int, number: int, here: Position, reference: Agent) -> None:
        self.plan, self.here, self.number, self.reference = plan, here, number, reference
        self.purpose = (seed, number)
        self.players = {nodes: self._agent("player", nodes) for nodes in plan.players}
        self.critics = {nodes: self._agent("critic", nodes) for nodes in plan.players}
        self.overseers = {nodes: self._agent("overseer", nodes) for nodes in {*plan.overseers, *plan.players}}
        looks = 3 + 2 * plan.plies  # at the position, after the move and the better one, along both lines
        self.longer = {nodes: self._agent("overseer", nodes * looks // 2) for nodes in plan.overseers}
        self.imagined = {
            (nodes, k): self._agent("imagined", nodes, k)
            for nodes in {min(n, m) for n in plan.overseers for m in plan.players}
            for k in range(IMAGINED)
        }
        moves = here.legal()
        luck = random.Random(seed_of("moves", *self.purpose))
        self.moves = luck.sample(moves, min(plan.moves, len(moves)))
        self.said: dict[tuple[int, int], tuple[Argument | None, Argument]] = {}

    def _agent(self, role: str, nodes: int, k: int = 0) -> Agent:
        return agent(self.here.compiled.variant, nodes, self.plan.spread, role, k, *self.purpose)

    def proposals(self, nodes: int, overseer: int) -> dict[str, tuple[int, float]]:
        """The move of each kind of player, and the loss that overseers as it imagines them see in it; a
        dishonest player that sees no bad move proposes none."""
        player, here = self.players[nodes], self.here
        minds = [self.imagined[min(nodes, overseer), k] for k in range(IMAGINED)]

        def seen(move: int) -> float:
            return sum(believed(mind, here, move) for mind in minds) / IMAGINED

        moves = {HONEST: int(player.look(here).move or 0)}
        bad = [move for move in self.moves if believed(player, here, move) >= self.plan.sure]
        if bad:
            moves |= {SLY: min(bad, key=seen), BLUNT: bad[0]}
        return {kind: (move, seen(move)) for kind, move in moves.items()}

    def arguments(self, nodes: int, move: int) -> tuple[Argument | None, Argument]:
        """What the honest critic and the contrarian say of a move."""
        if (nodes, move) not in self.said:
            critic = self.critics[nodes]
            luck = random.Random(seed_of("contrarian", *self.purpose, nodes, move))
            self.said[nodes, move] = (
                honest_critic(critic, self.here, move, self.plan),
                contrarian(critic, self.here, move, self.plan, luck),
            )
        return self.said[nodes, move]

    def judged(self, nodes: int, overseer: int, move: int) -> dict[str, float]:
        """The loss believed in each arm."""
        honest, against = self.arguments(nodes, move)
        who, here = self.overseers[overseer], self.here
        return {
            ALONE: believed(who, here, move),
            LONGER: believed(self.longer[overseer], here, move),
            JUDGE: believed(self.overseers[nodes], here, move),
            CRITIC: believed(who, here, move, honest),
            CONTRARIAN: believed(who, here, move, against),
            TRUSTED: believed(who, here, move, honest, trusting=True),
            MISLED: believed(who, here, move, against, trusting=True),
        }

    def episodes(self) -> Iterator[dict[str, Any]]:
        """Every player before every overseer: who proposed what, the true loss, and what was believed."""
        for nodes in self.plan.players:
            for overseer in self.plan.overseers:
                for kind, (move, imagined) in self.proposals(nodes, overseer).items():
                    told = self.judged(nodes, overseer, move)
                    loss = believed(self.reference, self.here, move)
                    yield {
                        "place": self.number, "player": nodes, "overseer": overseer, "kind": kind,
                        "move": move, "loss": round(loss, 4), "imagined": round(imagined, 4),
                        "believed": {arm: round(value, 4) for arm, value in told.items()},
                    }  # fmt: skip

    def checked(self, deep: Agent) -> Iterator[list[Any]]:
        """What a deeper reference says of the strongest player's proposals: kind, the true loss, and its."""
        for kind, (move, _) in self.proposals(max(self.plan.players), min(self.plan.overseers)).items():
            if kind != BLUNT:
                losses = [believed(who, self.here, move) for who in (self.reference, deep)]
                yield [kind, *(round(loss, 4) for loss in losses)]


def run(plan: Profile, cell: Cell) -> dict[str, Any]:
    """The games and all episodes of a variant; plain data."""
    begun = time.process_time()
    games = [list(one) for one in scale(plan, cell.seed)]
    variant = variant_of(cell.seed)
    reference, deep = (agent(variant, times * plan.reference, 0.0) for times in (1, DEEPER))
    found: list[dict[str, Any]] = []
    checks: list[list[Any]] = []
    for number, here in enumerate(positions(plan, cell.seed, reference)):
        place = Place(plan, cell.seed, number, here, reference)
        found += place.episodes()
        if number % CHECKED == 0:
            checks += place.checked(deep)
    return {"games": games, "episodes": found, "checks": checks, "seconds": time.process_time() - begun}
