"""A variant in words and pictures of letters."""

from __future__ import annotations

from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled, compiled
from gyges.envs.fairychess.notation.fen import written
from gyges.envs.fairychess.variants.ini_files import Piece, Squares, Variant

_SAYS = {"win": "wins", "loss": "loses", "draw": "draws", "none": "decides nothing"}


def board(c: Compiled, row: object = None) -> str:
    """A position drawn with letters; upper case is the first player's."""
    v = c.variant
    squares = c.table("setup")[c.row[1] : c.row[2]] if row is None else row[c.row[1] : c.row[2]]  # type: ignore[index]
    wide = 3 if any(len(k.symbol) > 1 for k in c.kinds) else 2
    lines = []
    for y in range(v.maxRank - 1, -1, -1):
        cells = []
        for x in range(v.maxFile):
            q = int(squares[y * v.maxFile + x])
            cells.append(("." if q == 0 else "#" if q == at.WALL else written(c, q)).rjust(wide))
        lines.append(f"{y + 1:>3} {''.join(cells)}")
    return "\n".join([*lines, "    " + "".join(chr(97 + x).rjust(wide) for x in range(v.maxFile))])


def diagram(piece: Piece, reach: int = 4) -> str:
    """A piece's move around it: o moves or captures, m moves only, x captures only, others explained.

    A star stands for a hop over a piece, i for a first move. Lines that go on run to the edge.
    """
    size = 2 * reach + 1
    grid = [["."] * size for _ in range(size)]
    for step in piece.steps:
        sign = (
            "*"
            if step.hop
            else "i"
            if step.initial
            else "o"
            if step.move and step.capture
            else "m"
            if step.move
            else "x"
        )
        for n in range(1, reach + 1 if step.hop else min(step.reach, reach) + 1):
            x, y = reach + n * step.dx, reach + n * step.dy
            if 0 <= x < size and 0 <= y < size:
                old = grid[y][x]
                grid[y][x] = "o" if {old, sign} == {"m", "x"} else sign if old == "." else old
    grid[reach][reach] = piece.letter.upper()
    rows = [row for row in reversed(grid)]
    used = [
        max(abs(x - reach), abs(y - reach)) for y in range(size) for x in range(size) if grid[y][x] != "."
    ]
    keep = max(used, default=0)
    rows = rows[reach - keep : reach + keep + 1]
    return "\n".join("      " + " ".join(row[reach - keep : reach + keep + 1]) for row in rows)


def squares_text(squares: Squares, v: Variant) -> str:
    """A region in words: whole ranks and files by number and letter, others square by square."""
    parts, left = [], set(squares)
    for y in range(v.maxRank):
        rank = {(x, y) for x in range(v.maxFile)}
        if rank <= left:
            parts.append(f"rank {y + 1}")
            left -= rank
    return ", ".join([*parts, *(f"{chr(97 + x)}{y + 1}" for x, y in sorted(left))]) or "none"


def rules(v: Variant) -> list[str]:
    """The rules that are not the pieces' moves, a sentence each."""
    found = []
    royal = [p for p in v.pieces if p.royal]
    if royal:
        found.append(f"The {royal[0].letter.upper()} is royal: who is checkmated {_SAYS[v.checkmateValue]}.")
    if not v.checking:
        found.append("No one may give check.")
    found.append(f"Who cannot move and is not in check {_SAYS[v.stalemateValue]}.")
    for side, name in enumerate(("first", "second")):
        if v.promotionPawnTypes[side] and v.promotionPieceTypes[side]:
            found.append(
                f"The {name} player's {v.promotionPawnTypes[side].upper()} promotes to one of "
                f"{' '.join(v.promotionPieceTypes[side].upper())} on "
                f"{squares_text(v.promotionRegion[side], v)}"
                + ("." if v.mandatoryPawnPromotion else ", if he likes.")
            )
    if v.promotedPieceType:
        pairs = ", ".join(f"{a.upper()} to {b.upper()}" for a, b in v.promotedPieceType)
        zones = " / ".join(squares_text(z, v) for z in v.promotionRegion)
        found.append(f"A move into, within or out of {zones} may promote {pairs}.")
    if v.castling:
        found.append("King and rook may castle.")
    if v.doubleStep and any(s.initial for p in v.pieces for s in p.steps):
        found.append(
            f"First moves are made from {' / '.join(squares_text(z, v) for z in v.doubleStepRegion)}."
        )
    if any(v.enPassantTypes) and v.doubleStep:
        both = dict.fromkeys(" ".join(kinds.upper()) or "none" for kinds in v.enPassantTypes)
        found.append(f"En passant: {' / '.join(both)}.")
    if v.pieceDrops:
        found.append(
            "Pieces in hand may be dropped on empty squares"
            + (", captured ones too." if v.capturesToHand else ".")
        )
    for flag, text in (
        (v.mustCapture, "Who can capture must."),
        (v.mustDrop, "Who has pieces in hand must drop."),
        (
            bool(v.dropNoDoubled),
            f"At most {v.dropNoDoubledCount} {v.dropNoDoubled.upper()} of a player stand on a file by drops.",
        ),
        (v.shogiPawnDropMateIllegal, "No checkmate by dropping a pawn."),
        (v.immobilityIllegal, "No piece goes where it could never move again."),
        (v.blastOnCapture, "A capture explodes: the capturer and everything around it but pawns is gone."),
        (v.flyingGeneral, "The kings may not face each other on an open file or rank."),
        (v.checkCounting, "Giving check often enough wins (the counters stand in the FEN)."),
        (
            v.extinctionPseudoRoyal,
            f"The last {' '.join(v.extinctionPieceTypes.upper())} may not be left attacked.",
        ),
        (v.dupleCheck, "Nor may all of them be attacked together."),
        *special(v),
    ):
        if flag:
            found.append(text)
    if v.extinctionValue != "none" and v.extinctionPieceTypes:
        what = (
            "all pieces"
            if v.extinctionPieceTypes == "*"
            else f"all of any of {' '.join(v.extinctionPieceTypes.upper())}"
        )
        count = f" but {v.extinctionPieceCount}" if v.extinctionPieceCount else ""
        found.append(f"Who has lost {what}{count} {_SAYS[v.extinctionValue]}.")
    if any(v.flagRegion):
        zones = " / ".join(squares_text(z, v) for z in v.flagRegion)
        late = " and stays there for a move" if v.flagMove and not v.flagPieceSafe else ""
        found.append(
            f"Who reaches {zones} with {' '.join(v.flagPiece[0].upper()) or 'any piece'}{late} wins."
        )
    if v.nMoveRule:
        found.append(f"{v.nMoveRule} moves without capture, drop or pawn move draw.")
    if v.nFoldRule:
        who = "the first player" if v.nFoldValueAbsolute else "the player to move"
        found.append(f"A position standing {v.nFoldRule} times {_SAYS[v.nFoldValue]} for {who}.")
    if v.nFoldRule and v.perpetualCheckIllegal:
        found.append("Who brings it about by nothing but checks loses.")
    if v.leftAside:
        found.append(
            f"Read and not followed: {', '.join(v.leftAside)} (how games end that repeat themselves)."
        )
    return found


def special(v: Variant) -> list[tuple[bool, str]]:
    """Rules of few variants, each with whether it holds."""
    shy, stone, due = (
        " ".join(x.upper()) for x in (v.mutuallyImmuneTypes, v.petrifyOnCaptureTypes, v.mustDropType)
    )
    lines = squares_text(v.diagonalLines, v)
    cannons = any(p.name == "janggiCannon" for p in v.pieces)
    return [
        (v.piecePromotionOnCapture, "Pieces promote only by capturing."),
        (v.pieceDemotion, "Promoted pieces turn back in the same way."),
        (v.mandatoryPiecePromotion and bool(v.promotedPieceType), "Who may turn a piece so must."),
        (v.dropPromoted, "Pieces may be dropped promoted."),
        (
            v.sittuyinPromotion,
            "On those squares a pawn, or the last pawn anywhere, becomes the new piece where it stands or a "
            "step of that piece further, if it attacks nothing there.",
        ),
        (v.sittuyinRookDrop, "Rooks are dropped on the own first rank."),
        (not v.dropChecks, "No check by a drop."),
        (due != "", f"Who has {due} in hand must drop it."),
        (v.oppositeCastling, "Nobody castles to the side to which the other has castled."),
        (
            v.castlingWins != "",
            f"Castling wins, and losing the right to it loses, for {v.castlingWins} (as in the FEN).",
        ),
        (v.makpongRule, "A king in check may not go away, only take who gives it."),
        (shy != "", f"No {shy} takes its like."),
        (stone != "", f"By capturing, {stone} turn to walls."),
        (v.wallingRule != "none", _WALLS.get(v.wallingRule, "")),
        (
            v.seirawanGating,
            "A piece in hand may enter on the square that a piece leaves with its first move from the first "
            "rank; in castling on that of king or rook.",
        ),
        (
            v.cambodianMoves,
            "First moves: a king who is not in check and on whose line no rook has come leaps one rank "
            "forwards and two files aside, a counsellor two squares ahead.",
        ),
        (
            bool(v.diagonalLines),
            f"Along the lines between {lines} kings, guards, rooks, cannons and soldiers go aslant too.",
        ),
        (cannons, "Cannons neither pass over nor take cannons."),
        (any(v.passing), f"{_players(v.passing)} may pass, if not in check; two passes end the game."),
        (any(v.passOnStalemate), f"{_players(v.passOnStalemate)} without a move, not in check, passes."),
        (
            v.bikjangRule,
            "Who faces the king with his own asks for an end: the other must pass and grant it, or break the "
            "line.",
        ),
        (v.materialCounting != "none", _COUNTS.get(v.materialCounting, "")),
        (
            v.shatarMateRule,
            "Mate counts if one of the checks in a row came from knight, rook or bers, and is a draw if none "
            "did; a knight may not give mate.",
        ),
        (
            v.stalematePieceCount,
            "Who cannot move and has more pieces gets the opposite; with as many, a draw.",
        ),
        (v.flagPieceBlockedWin, "Reaching it with one counts where all of its squares are full."),
        (v.twoBoards, "Captured pieces go to a partner on another board, and those in hand come from there."),
        (v.extinctionClaim, "He who has lost them must be to move."),
        (v.countingRule != "none", _COUNTING.get(v.countingRule, "")),
        (v.moveRepetitionIllegal, "Who moves one piece to and fro four times in a row loses."),
    ]


_WALLS = {
    "duck": "After each move the player puts the one wall on another empty square.",
    "past": "The square that a piece leaves becomes a wall.",
    "static": "After each move the player makes an empty square a wall.",
    "arrow": "After each move the piece shoots a wall, as it moves, onto an empty square.",
    "edge": "After each move the player makes an empty square at the edge a wall.",
}
_COUNTS = {
    "janggi": "An end without mate is decided by points: R 13, C 7, N 5, B 3, A 3, P 2, 1.5 for the second.",
    "unweighted": "A draw is won by the player with more pieces.",
    "whitedrawodds": "A draw is a win of the first player.",
    "blackdrawodds": "A draw is a win of the second player.",
}

_COUNTING = {
    "makruk": "Without pawns, who outnumbers the other has 64 moves to mate; once the other is bare, 8 "
    "with two rooks, 16 with one, 22 with two S, 32 with two N, 44 with one S, else 64, less the pieces.",
    "cambodian": "Against three pieces or fewer there are 63 moves to mate; once the other is bare and no "
    "pawn is left, 7 with two rooks, 15 with one, 21 with two S, 31 with two N, 43 with one S, else 63, less "
    "the pieces.",
    "asean": "Once a player is bare and no pawn is left, 16 moves to mate with a rook, 44 with S, 64 with N.",
}


def _players(flags: tuple[bool, bool]) -> str:
    return "A player" if all(flags) else "The first player" if flags[0] else "The second player"


def explain(v: Variant) -> str:
    """What `gyges fairychess check` prints of a variant."""
    c = compiled(v)
    lines = [f"{v.name} ({v.where})", "", board(c), ""]
    for piece in v.pieces:
        lines += [f"  {piece.letter.upper()}  {piece.name}  {piece.betza or '(does not move)'}"]
        if piece.steps:
            lines += [diagram(piece), ""]
    lines += [f"  - {text}" for text in rules(v)]
    lines.append(
        f"  {c.num_actions} actions: {v.squares} squares, {c.promotions} promotion choices, "
        f"{len(c.droppable)} kinds dropped"
    )
    return "\n".join(lines) + "\n"
