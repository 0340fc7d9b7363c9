"""Why a game of chess ended, in words for people.

What ended it follows from the last position and from how often that has stood, in the order in which the
rules look (`gyges.envs.fairychess.transitions.settle`). Only who gave nothing but checks lies in the moves
before.
"""

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess import encoding
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.render.fairychess.piece_card import title_of

SIDES = ("first", "second")
DECIDED = {
    "none": "",
    "janggi": ", decided by points",
    "unweighted": ", decided by the number of pieces",
    "whitedrawodds": "; draws count for the first player",
    "blackdrawodds": "; draws count for the second player",
}
"""How a drawn end is decided, by `materialCounting`."""
Givers = tuple[bool, bool]
"""Which of the players gave nothing but checks since the position first stood."""


def result_words(winner: int, reason: str) -> str:
    """``First player won: checkmate``, ``Drawn: ...``; `winner` is 0, 1 or -1, the reason may be empty."""
    words = "Drawn" if winner < 0 else f"{SIDES[winner].capitalize()} player won"
    return f"{words}: {reason}" if reason else words


def reason_of(board: Board, winner: int, seen: int = 1, why: int = 0, givers: Givers | None = None) -> str:
    """Why a game is over.

    Args:
        board: the last position; only its `row` is looked at.
        winner: 0 the first player, 1 the second, -1 nobody.
        seen: how often the position has stood.
        why: what ended the game (`gyges.envs.fairychess.encoding.WHY`), 0 where that is not known.
        givers: who gave nothing but checks, None where that is not known.

    Returns:
        a part of a sentence; empty where nothing in the position ends a game.
    """
    head, c = board.compiled.table("head"), board.compiled
    side, v, moves = int(board.row[at.TURN]), c.variant, board.listed()[0]
    mover, drawn = SIDES[side], DECIDED[v.materialCounting]
    said = _goal(c, board.row, winner) if not moves and why in (0, encoding.BY_GOAL) else ""
    if said:
        return said
    if not moves:
        if board.in_check:
            return (
                "checkmate" if winner == 1 - side else f"the {mover} player is mated, which {_here(winner)}"
            )
        reason = f"the {mover} player has no legal move"
        if v.stalemateValue == "draw" and not v.stalematePieceCount:
            return f"stalemate, {reason}{drawn}"
        return f"{reason}, which {_here(winner, side)}"
    if head[at.N_MOVE] and board.row[at.CLOCK] >= 2 * head[at.N_MOVE]:
        return f"{v.nMoveRule} moves of each player without progress (the {v.nMoveRule}-move rule){drawn}"
    if _to_and_fro(c, board.row):
        return f"the {SIDES[1 - side]} player moved one piece to and fro"
    if head[at.N_FOLD] and seen >= head[at.N_FOLD]:
        return _repeated(board, winner, seen, givers)
    if _counted_out(c, board.row):
        return "no mate within the moves that are counted"
    if v.sittuyinPromotion and winner < 0 and why in (0, encoding.BY_STALEMATE) and _promotions_only(moves):
        return f"stalemate, the {mover} player has no move but promotions"
    return ""


def _here(winner: int, side: int | None = None) -> str:
    """What an end means in this variant: for nobody, or for the player to whom it happened."""
    return "draws here" if winner < 0 else "wins here" if side in (None, winner) else "loses here"


def _promotions_only(moves: list[int]) -> bool:
    return all(not move & at.DROP and move >> at.CHOICE & 31 for move in moves)


def _to_and_fro(c: Compiled, row: Any) -> bool:
    """As `gyges.envs.fairychess.engine.progress.to_and_fro`."""
    if c.table("head")[at.REMEMBERS] < 8:
        return False
    side = 1 - int(row[at.TURN])
    _, target, run = row[c.row[4] :][at.FRO + 3 * side :][:3].tolist()
    q = int(row[c.row[1] + target])
    return run == at.FRO_RUN and q & 3 == 1 + side and bool(c.table("role")[q >> 2] >> (28 + side) & 1)


def _counted_out(c: Compiled, row: Any) -> bool:
    """As `gyges.envs.fairychess.engine.progress.counted_out`."""
    if not c.table("head")[at.REMEMBERS] >> 1 & 3:
        return False
    limit, plies = row[c.row[4] :][at.COUNT_LIMIT : at.COUNT_PLY + 1].tolist()
    return bool(limit and plies > limit)


def _repeated(board: Board, winner: int, seen: int, givers: Givers | None) -> str:
    """How repetition decides; what is not known of the moves before is concluded from who won."""
    v, side = board.variant, int(board.row[at.TURN])
    stood, drawn = f"position seen {seen} times", DECIDED[v.materialCounting]
    if givers == (True, True):
        return f"{stood}, by nothing but checks of both players{drawn}"
    sure = givers is not None and givers[0] != givers[1]
    checked = v.perpetualCheckIllegal and (sure or givers is None)
    chased = v.chasingRule != "none" and not sure
    for_side = 0 if v.nFoldValueAbsolute else side
    usual = {"draw": -1, "win": for_side, "loss": 1 - for_side}[v.nFoldValue]
    if usual < 0 and drawn:
        usual = winner
    if sure or (winner not in (-1, usual) and (checked or chased)):
        words = " or ".join(["check"] * checked + ["chase"] * chased)
        return f"perpetual {words} by the {SIDES[1 - winner]} player ({stood})"
    if v.nFoldValue == "draw":
        return stood + drawn
    return stood if checked else f"{stood}, which {_here(winner, for_side)} for the {SIDES[for_side]} player"


def _goal(c: Compiled, row: Any, winner: int) -> str:
    """The goal that was reached, found as `gyges.envs.fairychess.engine.termination.ended` does."""
    head, side, drawn = c.table("head"), int(row[at.TURN]), DECIDED[c.variant.materialCounting]
    lately = int(row[c.row[4] + at.LATELY]) if c.row[5] > c.row[4] else 0
    if head[at.LAST_EXTINCT]:
        for player in (1 - side, side):
            if said := _extinct(c, row, player):
                return said + ("" if winner == 1 - player else f", which {_here(winner, player)}")
    if head[at.BIKJANG] and lately & 3 == 3:
        return f"the kings face each other, and the player asked has not moved away{drawn}"
    if head[at.PASS] and lately & 12 == 12:
        return f"both players have passed{drawn}"
    if head[at.FLAG]:
        arrived = [_arrived(c, row, player) for player in (0, 1)]
        if winner < 0 and all(arrived):
            return "both players have reached the goal"
        if winner >= 0 and arrived[winner]:
            return f"the {SIDES[winner]} player has reached the goal with the {arrived[winner]}"
    if said := _castled(c, row, lately):
        return said
    if head[at.CHECK_COUNT] and row[at.CHECKS + 1 - side] == 0:
        return f"the {SIDES[1 - side]} player has given as many checks as win"
    return ""


def _castled(c: Compiled, row: Any, lately: int) -> str:
    """Who has castled where that wins, or can do so no more."""
    wins, side = int(c.table("head")[at.CASTLE_WINS]), int(row[at.TURN])
    if wins >> 2 - 2 * side & lately >> 4 & 3:
        return f"the {SIDES[1 - side]} player has castled, which wins here"
    for player in (1 - side, side):
        wings = [wing for wing in (0, 1) if wins >> 2 * player + wing & 1]
        if wings and all(row[at.RIGHTS + 2 * player + wing] < 0 for wing in wings):
            return f"the {SIDES[player]} player can castle no more, which loses here"
    return ""


def _extinct(c: Compiled, row: Any, side: int) -> str:
    """What a player has lost so that the game is over; empty for nothing."""
    head, role, base = c.table("head"), c.table("role"), c.table("base")
    hand, count = row[c.row[2] : c.row[3]], row[c.row[3] : c.row[4]]
    least = int(head[at.EXTINCT_OTHER]) + bool(head[at.CLAIM] and side == row[at.TURN])
    most, player = int(head[at.EXTINCT_COUNT]), f"the {SIDES[side]} player"
    kinds = range(1, int(head[at.KINDS]) + 1)
    if head[at.EXTINCT_ALL]:
        own, other = (
            int(row[at.POCKETS + a]) + sum(int(count[2 * k + a]) for k in kinds) for a in (side, 1 - side)
        )
        if own > most or other < least:
            return ""
        king = own == 1 and head[at.ROYAL] == 1 and row[at.KING + side] >= 0
        return f"{player} has {'nothing but the king' if king else _pieces(own, 'piece')} left"
    for k in kinds:
        if role[k] >> 5 & 1 and base[k] == k:
            own, other = (int(count[2 * k + a] + hand[2 * k + a]) for a in (side, 1 - side))
            if own <= most and other >= least:
                return f"{player} has {_pieces(own, title_of(c, k))} left"
    return ""


def _pieces(count: int, word: str) -> str:
    return f"no {word}" if not count else f"only one {word}" if count == 1 else f"only {count} of {word}"


def _arrived(c: Compiled, row: Any, side: int) -> str:
    """What of a player stands in his goal, where it may be enough; empty where it is not."""
    head, role, n = c.table("head"), c.table("role"), c.variant.squares
    goal = c.table("area")[side * n : side * n + n] & 1
    squares, king = row[c.row[1] : c.row[2]], int(row[at.KING + side])
    if head[at.FLAG_KING] >> side & 1 and (king < 0 or not goal[king]):
        return ""
    there = [int(q) >> 2 for q in squares[goal != 0] if q & 3 == 1 + side and role[q >> 2] >> (6 + side) & 1]
    full = head[at.FLAG_BLOCKED] and bool((squares[goal != 0] != 0).all())
    if not there or (len(there) < head[at.FLAG_COUNT] and not full):
        return ""
    return " and ".join(dict.fromkeys(title_of(c, k) for k in there))


def givers_of(c: Compiled, past: Any, kept: int, side: int) -> Givers | None:
    """Who gave nothing but checks since the position that ends a game first stood, as the rules look back.

    Args:
        c: the variant.
        past: hashes of positions [2 * history] as a game's state holds them, with what it holds of chases.
        kept: how many positions were remembered in all.
        side: who is to move.

    Returns:
        None where perpetual check is no matter.
    """
    head = c.table("head")
    if not head[at.PERPETUAL] & 1 or not head[at.N_FOLD]:
        return None
    more = int(c.row[-1]) if c.variant.chasingRule != "none" else 0
    history = (len(past) - more) // (3 if more else 2)
    last = kept - 1
    first, second = int(past[last % history]), int(past[history + last % history])
    gave = [True, True]
    times, j = 1, last
    gave[1 - side] = bool(second & 1)
    while times < head[at.N_FOLD] and j > 0 and last - j < history - 1:
        word = int(past[history + j % history])
        if j < last:
            gave[1 - (word >> 1 & 1)] &= bool(word & 1)
        j -= 1
        times += int(past[j % history]) == first and int(past[history + j % history]) == second
    return gave[0], gave[1]
