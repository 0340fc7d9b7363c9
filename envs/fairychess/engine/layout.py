"""Where things stand in a position's row and in a compiled variant: indices and bit fields.

Piece codes: 0 is an empty square; ``4 * kind + 1`` a piece of the first player, ``4 * kind + 2`` of
the second, 3 a wall, and 512 a civilian: a neutral piece that never moves, that either side
may capture and nobody must. Half a player's code, ``code >> 1``, is ``2 * kind + side`` and indexes every
table by piece.

A move is one integer: target square (7 bits), origin square or dropped kind (7), promotion choice
(5, 0 for none), then the flags below, and from bit `SECOND` on what it puts besides: with `GATE` a kind
from hand (on the square left; in castling with choice 1 on the rook's), else a wall's square + 1. A move
from a square to itself without a choice is a pass.
"""

from __future__ import annotations

from typing import Any, NamedTuple

WALL = 3
CIVILIAN = 512  # a bit of its own: kinds are fewer than 128
MAX_MOVES = 1024
"""More legal moves than this in a position are an error, but where walls are put (`STRIDE`)."""
STRIDE = 8192
"""Room for the moves of one position in lists."""

# Move flags.
SQ = 127
FROM = 7
CHOICE = 14
DROP = 1 << 19
EP = 1 << 20
CASTLE = 1 << 21
GATE = 1 << 22
TEST = 1 << 23  # pseudo-legal: own king's safety must be tested
SECOND = 24
PLAIN = GATE - 1  # the bits of a move without what it puts besides

# Path words: a header, then its squares.
NOLAND, PROMO, MUST = 128, 256, 512
TWICE, FIRST = 1024, 2048  # several lines lead here; only a first move leads here
STUCK = 4096  # unpromoted, the piece could never leave
COUNT = 31  # header: number of squares
MOVE, CAPTURE, LEAP, HOP = 32, 64, 128, 256
AFTER = 9  # header: shift of the reach after the screen

# Info of a position.
TURN, CLOCK, PLY = 0, 1, 2
EP0, EP1, EPV = 3, 4, 5  # en passant squares (-1 none) and the piece they capture
RIGHTS = 6  # 6..9: rook squares of castling rights, king side and queen side, per player; -1 none
CASTLER = 10  # 10..11: squares of the castling kings
KING = 12  # 12..13: square of the royal piece, -1 none
CHECKS = 14  # 14..15: checks still to give
HASH = 16  # 16..17
POCKETS = 18  # 18..19: pieces in hand, all kinds together
INFO = 20

# What some variants remember besides (`Position.more`).
GATES = 0  # 0..1: files of the castling rank from which a first move still has rights
LATELY = 2  # bits: kings face each other now, faced before the last move; it was a pass, and the one before;
#           it was castling to the king's side, to the queen's
SHAK = 3  # 3..4: the checks that a player has met without a break held one that may mate
MORE = 5
COUNT_LIMIT, COUNT_PLY = 5, 6  # plies within which to mate, 0 nothing is counted; plies counted
FRO = 7  # 7..9, 10..12: where a player's last move came from and led to, and how often it went to and fro
FRO_RUN = 5  # so often loses; 16 more: the last was a pass
MORE_COUNTED, MORE_FOLLOWED = 7, 13
"""Words of `Position.more`, with counting, with moves to and fro."""

# Header of a compiled variant.
(
    FILES,
    RANKS,
    SQUARES,
    KINDS,
    CHOICES,
    DIRECTIONS,
    ROYAL,  # 0 nobody, 1 a king, 2 pseudo-royal pieces
    HOPPERS,
    BLAST,
    CHECKING,
    MUST_CAPTURE,
    MUST_DROP,
    DROPS,
    TO_HAND,
    LAST_EXTINCT,
    EXTINCT_VALUE,
    EXTINCT_COUNT,
    EXTINCT_OTHER,
    FLAG,
    FLAG_MOVE,
    FLAG_SAFE,
    FLAG_COUNT,
    CHECK_COUNT,
    STALEMATE,
    CHECKMATE,
    N_MOVE,
    N_FOLD,
    FOLD_VALUE,
    CASTLES,
    KING_FILE,
    QUEEN_FILE,
    NO_DOUBLED,
    DOUBLED_COUNT,
    DROP_MATE,
    ENDS,
    EN_PASSANT,
    TEST_ALL,
    LIMITED,
    OPPOSITE_BISHOP,
    DROP_CASTLE,
    CASTLE_KING,
    CASTLE_RANK,
    CASTLE_FILE,
    EXTINCT_ALL,
    FLAG_KING,  # bits 0 and 1: only the royal king of this player wins by arriving
    ROYALS,  # 1: the last pieces of some kinds are royal; 2: nor may all of them be attacked together
    MOST,  # more legal moves than this are an error
    DROP_CHECKS,
    DROP_PROMOTED,
    ON_CAPTURE,  # pieces promote only by capturing
    MUST_TYPE,  # the kind that must be dropped, 0 any
    OPPOSITE,  # nobody castles to the side to which the other has
    MAKPONG,
    SHY,  # some kinds do not capture their like
    PETRIFY,
    WALLING,  # 0 no walls, else one of `WALLS`
    GATING,  # 1 pieces in hand enter behind a first move, 2 first moves of king and counsellor
    PASS,  # bits 0 and 1: the player may pass; bits 2 and 3: where he has no other move
    SITTUYIN,  # the kind that pawns become where they stand
    JANGGI,  # cannons neither pass over nor take cannons
    BIKJANG,
    MATERIAL,  # how points decide a drawn end, 0 not at all
    SHATAR,
    ABSOLUTE,  # the value of a repetition is the first player's
    PERPETUAL,  # bit 0 perpetual check loses; 1 perpetual chase loses (`CHASE`); 2 and kings may not face
    CLAIM,  # extinction counts when the other player is to move
    FLAG_BLOCKED,
    STALE_COUNT,  # who is stalemated with more pieces has the opposite result
    WATCHED,  # only moves that may give check are tested for it
    BULK,  # steps of `bulk` for each player; 0 where moves are not counted all together
    CASTLE_WINS,  # castlings that win, and whose right is not to be lost: bits 0..3 as in RIGHTS
    REMEMBERS,  # bit 0: positions hold `Position.more`; 1, 2: how they count (`COUNTINGS`); 3: to and fro
) = range(72)
HEAD = 72
WALLS = ("none", "duck", "past", "static", "arrow", "edge")
DUCK, PAST, STATIC, ARROW, EDGE = range(1, 6)
COUNTINGS = ("none", "makruk", "cambodian", "asean")
MAKRUK, CAMBODIAN, ASEAN = range(1, 4)
CHASE, FLYING = 2, 4
CHASE_KING, CHASE_SOLDIER, CHASE_MINOR, CHASE_HORSE, CHASE_CANNON, CHASE_ROOK = range(1, 7)
MATERIALS = ("none", "janggi", "unweighted", "whitedrawodds", "blackdrawodds")

WIN, LOSS, DRAW = 1, -1, 0
NOTHING = 9
"""Result codes, seen by the player to move; NOTHING: the game goes on."""


class Tables(NamedTuple):
    """A compiled variant: named views of one int32 array."""

    head: Any  # [HEAD] the constants above
    start: Any  # [(2K + 2) * S] where each piece's lines from each square begin in path
    path: Any  # lines: total words, then headers and squares
    rays: Any  # [S] where the lines towards each square begin in line
    line: Any  # rays, leaps, lame leaps towards a square
    kind: Any  # [(2K + 2) * S] class of each piece on each square
    toward: (
        Any  # [S * S, or nothing] by target and square: direction << 8 | distance towards the target, 0 none
    )
    hits: Any  # [classes * D] bit l: captures along direction d at distance l
    hops: Any  # [classes * D] the same over a screen; bits 16 up: reach after the screen
    choice: Any  # [(2K + 2) * CHOICES] kinds a piece may promote to, 0 ends
    limit: Any  # [K + 1] at most so many of a kind by promotion
    base: Any  # [K + 1] the kind a kind counts as
    hand: Any  # [K + 1] the kind it becomes in hand
    drop: Any  # [(2K + 2) * S] 1 where the piece may be dropped
    role: Any  # [K + 1] bit 0 royal, 1 pseudo-royal, 2 en passant, 3 n-move counter, 4 blast-immune,
    #            5 extinction, 6 flag (first player), 7 flag (second), 8 castling rook, 9 castling king,
    #            10 may be dropped, 11 survives a blast of its own making, 12 a pawn of chess,
    #            13 leaves en passant squares by a first move, 14 may take back a move of its own,
    #            15 of a kind whose last pieces are royal (where ROYALS is set), 16 en passant (second
    #            player), 17 n-move counter (second), 18 a cannon of janggi, 19 does not capture its like,
    #            20 turns to a wall by capturing, 21 counsellor, 22 its check may mate, 23 its check may not,
    #            24 turns over again and again; where moves are counted: 25 rook, 26 silver, 27 knight;
    #            where moves to and fro lose: 28, 29 may enter the other player's palace
    area: (
        Any  # [2 * S] bit 0 flag region, bit 1 where he may capture en passant, bit 2 where a wall may be
        #      put, bit 3 promotion region, bit 4 soldiers have crossed the river
    )
    chaser: Any  # [K + 1] as what a kind chases and is chased: `CHASE_KING` and so on, 0 none of these
    point: Any  # [K + 1] what a kind counts in points, times 2
    goal: Any  # where the first player's flag squares begin, the second's, where they end; the squares
    bulk: Any  # by player and step (3 + S): piece code, how far the square lies, what may stand on it (MOVE,
    #            CAPTURE), then 1 for every square from which it lies on the board
    zobrist: Any  # [(2K + 2 + 32) * S * 2]
    setup: Any  # [INFO + S + 2K + 2] the start position, as a row


class Position(NamedTuple):
    """A position: named views of one int32 row."""

    info: Any  # [INFO]
    board: Any  # [S] piece codes
    pocket: Any  # [2K + 2] pieces in hand by 2 * kind + side
    count: Any  # [2K + 2] pieces on the board by 2 * base kind + side; [0] civilians
    more: Any  # [MORE, MORE_COUNTED, MORE_FOLLOWED or 0] see `GATES`
