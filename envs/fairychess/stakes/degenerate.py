"""Strategies that follow one rule whatever the position, for the certificate: none should do well.

Each says which acts it allows itself. *Blind*, it takes the first of them; *able*, it searches among them
as the personas do, and plays on cleanly where its rule says nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from gyges.envs.fairychess.stakes import encoding as at
from gyges.envs.fairychess.stakes.personas import Clean, Persona
from gyges.envs.fairychess.stakes.seat_view import Sight

Rule = Callable[[Sight], list[int]]
"""Actions that a strategy allows itself; none where it has no opinion."""


def first(sight: Sight) -> list[int]:
    """The first legal act."""
    return sight.actions[:1]


def offer(sight: Sight) -> list[int]:
    """A treaty for the whole board, whenever one may be offered."""
    wish = sight.first + at.offer_of(sight.game.family.cells, at.R_ALL, 1)
    return [wish] if wish in sight.actions else []


def accept(sight: Sight) -> list[int]:
    """Every treaty is accepted."""
    return [sight.first + at.ACCEPT] if sight.deed(at.ACCEPT) else []


def decline(sight: Sight) -> list[int]:
    """Every treaty is declined."""
    return [sight.first + at.DECLINE] if sight.deed(at.DECLINE) else []


def tamper(sight: Sight) -> list[int]:
    """The token is spent at once, watched or not, on the first act of tampering."""
    end = sight.first + at.REMOVE + sight.game.family.cells
    return [a for a in sight.actions if sight.first + at.TWICE <= a < end][:1]


def remove(sight: Sight) -> list[int]:
    """The token is spent at once, watched or not, on the first piece that may be removed."""
    begin = sight.first + at.REMOVE
    return [a for a in sight.actions if begin <= a < begin + sight.game.family.cells][:1]


def kill(sight: Sight) -> list[int]:
    """Every civilian that can be captured is."""
    return [a for a, m in sight.moves.items() if sight.kills(m)]


def no_capture(sight: Sight) -> list[int]:
    """Nothing is ever captured, where that is legal."""
    return [a for a, m in sight.moves.items() if sight.victim(m) < 0]


def obey(sight: Sight) -> list[int]:
    """Every order is obeyed, sealed or not, right or wrong."""
    order = sight.see.order
    if order in (at.O_DRAW, at.O_STOP):
        return [sight.first + verb for verb in (at.DRAW, at.STAND) if sight.deed(verb)]
    if order == at.O_SPARE:
        return [a for a in sight.moves if a not in sight.taking]
    return kill(sight) if order == at.O_TAKE else []


def disobey(sight: Sight) -> list[int]:
    """Every order is disobeyed, sealed or not, right or wrong."""
    order = sight.see.order
    if order in (at.O_DRAW, at.O_STOP):
        return list(sight.moves)
    if order == at.O_SPARE:
        return [a for a in sight.moves if a in sight.taking]
    return [a for a, m in sight.moves.items() if not sight.kills(m)] if order == at.O_TAKE else []


RULES: dict[str, Rule] = {
    "always the first legal act": first,
    "always offer a treaty": offer,
    "always accept": accept,
    "always decline": decline,
    "tamper at once": tamper,
    "remove a piece at once": remove,
    "capture every civilian": kill,
    "never capture": no_capture,
    "obey every order": obey,
    "disobey every order": disobey,
}


class Degenerate(Persona):
    """Follows one rule.

    Args:
        rule: one of `RULES`.
        able: whether it searches for its moves; otherwise it takes the first act of those allowed.
        nodes: positions looked at for a move.
    """

    def __init__(self, rule: Rule, able: bool = False, nodes: int = 400) -> None:
        super().__init__(nodes)
        self.rule, self.able = rule, able

    def choose(self, sight: Sight, u: float, v: float) -> int:
        """What the rule allows."""
        allowed = self.rule(sight)
        if not self.able:
            return (allowed or sight.actions)[0]
        if not allowed:
            return Clean(self.nodes).choose(sight, u, v)
        moves = [a for a in allowed if a in sight.moves]
        return self.move(sight, moves, v).action if moves else allowed[0]


def strategies(nodes: int = 400) -> dict[str, Degenerate]:
    """Every rule, blind and able; one that never looks can only be blind."""
    found = {name: Degenerate(rule, nodes=nodes) for name, rule in RULES.items()}
    able = {
        f"{name}, able": Degenerate(rule, True, nodes) for name, rule in RULES.items() if rule is not first
    }
    return found | able
