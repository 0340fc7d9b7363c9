"""A player who has only the words: reads a variant's sentences and a FEN, lists the legal moves.

It imports nothing of the engine and never sees a key; what it does not understand is a `ValueError`.
Squares are (file, rank) from 0; pieces are (letter, player, mark), the mark + for turned pieces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMED = {
    "straight": {(0, 1), (0, -1), (1, 0), (-1, 0)}, "diagonally": {(1, 1), (1, -1), (-1, 1), (-1, -1)},
    "diagonally forwards": {(1, 1), (-1, 1)}, "diagonally backwards": {(1, -1), (-1, -1)},
    "sideways": {(1, 0), (-1, 0)}, "forwards": {(0, 1)}, "backwards": {(0, -1)},
}  # fmt: skip
MOVES = re.compile(
    r"The [a-z ]+ \((\w)\) (moves or captures|moves|captures) (.+?), "
    r"(over exactly one piece at any distance and )?(one step|up to \d+ steps|any number of steps)"
    r"( beyond it)?(?: if (.+?) is empty)?(?: from (.+))?"
)
OF_ENDS = re.compile(
    r"A step \(a,b\).*|Who cannot move .*|Who has lost .*|Who stands on .*|One piece there .*"
    r"|Giving check as .*"
    r"|\d+ moves of each player .*|A position standing .*|Who brings it about .*|Captured pieces go to .*"
    r"|Who moves one piece to and fro .*|Without pawns, .*|Against three .*|Once a player is bare .*"
    r"|A wall \(#\) is in the way .*"
    r"|Else who brings it about .*|A move chases .*|Never chased are .*|Chased though protected are .*"
    r"|A piece is pinned, .*|A move that pins .*"
    r"|The [a-z ]+ \(\w\) does not move|A draw is .*|An end without .*"
)
"""What says how a game ends, or what its moves do, and not which there are."""


def vectors(text):
    """``straight and (1,2) in every direction`` as steps."""
    found = set()
    for part in text.split(" and "):
        pair = re.fullmatch(r"\((-?\d+),(-?\d+)\)( in every direction)?", part)
        if not pair:
            found |= NAMED[part]
            continue
        a, b = int(pair[1]), int(pair[2])
        both = ((a, b), (b, a)) if pair[3] else ((a, b),)
        signs = (1, -1) if pair[3] else (1,)
        found |= {(x * i, y * j) for x, y in both for i in signs for j in signs}
    return found


@dataclass
class Way:
    """One manner of moving: steps, how far, what it may do, what must be empty, from where."""

    steps: set
    far: int
    move: bool
    take: bool
    hops: bool
    empty: tuple
    start: tuple


@dataclass
class Position:
    """What a FEN says."""

    board: dict
    hands: list
    turn: int
    rights: str
    passed: tuple = ()


class WordsPlayer:
    """Plays by sentences."""

    def __init__(self, sentences):
        self.files, self.ranks, self.royal = 8, 8, ""
        self.ways, self.stays, self.onward, self.becomes, self.turns = {}, {}, {}, {}, {}
        self.castling, self.homes, self.barred, self.said = (), (), [], {}
        for sentence in sentences:
            if not self.hear(sentence.removesuffix(".")):
                raise ValueError(sentence)

    # Hearing.

    def region(self, text):
        """``rank 2 (first player), rank 7 (second player)`` as two sets of squares."""
        if "(first player)" in text:
            one, other = text.split(" (first player), ")
            return self.region(one)[0], self.region(other.removesuffix(" (second player)"))[0]
        every = {(x, y) for x in range(self.files) for y in range(self.ranks)}
        found = set()
        for part in text.split(", "):
            if part == "any square":
                found |= every
            elif part.startswith("rank "):
                found |= {(x, int(part[5:]) - 1) for x in range(self.files)}
            elif part != "none":
                found.add(square(part))
        return found, found

    def letters(self, text):
        if text == "any piece":
            return set(self.ways)
        return {x.lower() for x in re.findall(r"\((\w)\)", text)}

    def hear(self, text):
        """Take one sentence in; False where it is not understood."""
        if found := re.fullmatch(r"The board has (\d+) files and (\d+) ranks; the game begins with .+", text):
            self.files, self.ranks = int(found[1]), int(found[2])
        elif found := MOVES.fullmatch(text):
            far = {"one step": 1, "any number of steps": 99}.get(found[5]) or int(found[5].split()[2])
            empty = tuple(vectors(found[7])) if found[7] else ()
            start = self.region(found[8]) if found[8] else ()
            way = Way(
                vectors(found[3]),
                far,
                "moves" in found[2],
                "captures" in found[2],
                bool(found[4]),
                empty,
                start,
            )
            self.ways.setdefault(found[1].lower(), []).append(way)
        elif found := re.fullmatch(
            r"The [a-z ]+ \((\w)\) goes only forwards before its player's rank (\d+)", text
        ):
            self.onward[found[1].lower()] = int(found[2])
        elif found := re.fullmatch(r"The (first|second) player's [a-z ]+ \((\w)\) stays on (.+)", text):
            self.stays[found[2].lower(), int(found[1] == "second")] = self.region(found[3])[0]
        elif found := re.fullmatch(
            r"A player must not leave his [a-z ]+ \((\w)\) attacked; who is checkmated \w+", text
        ):
            self.royal = found[1].lower()
        elif found := re.fullmatch(
            r"The (first|second) player's (.+) (must|may) become (.+) on arriving on (.+)", text
        ):
            side = int(found[1] == "second")
            for letter in self.letters(found[2]):
                self.becomes[letter, side] = (
                    found[3] == "must",
                    sorted(self.letters(found[4])),
                    self.region(found[5])[0],
                )
        elif found := re.fullmatch(r"A move into, within or out of (.+?) (must|may) turn (.+)", text):
            pairs = re.findall(r"\((\w)\) into [a-z ]+ \((\w)\)", found[3])
            self.turns = {a.lower(): b.lower() for a, b in pairs}
            self.said["turn"] = (found[2] == "must", self.region(found[1]))
        elif found := re.fullmatch(
            r"A piece that has just passed .*? taken there(?: on (.+))? by (.+) \(en passant\)", text
        ):
            if "(first player)" in found[2]:
                one, other = found[2].split(" (first player), ")
                self.said["passing"] = self.letters(one), self.letters(other)
            else:
                self.said["passing"] = (self.letters(found[2]),) * 2
        elif found := re.fullmatch(
            r"Castling, by the rights in the FEN(?: \(none at the start\))?: "
            r"the [a-z ]+ \((\w)\) on rank (\d+) of its player goes to "
            r"file (\w) and the (.+) on its right to file \w, or with that "
            r"on its left to files (\w) and \w; .*",
            text,
        ):
            self.castling = (
                found[1].lower(),
                int(found[2]) - 1,
                ord(found[3]) - 97,
                self.letters(found[4]),
                ord(found[5]) - 97,
            )
        elif found := re.fullmatch(r"K and Q in the FEN mean .* file (\w) and .* files (\w) and (\w)", text):
            self.homes = tuple(ord(x) - 97 for x in found.groups())
        elif found := re.fullmatch(r"Pieces in hand may be dropped on empty squares: (.+)", text):
            self.said["drops"] = self.region(found[1])
        elif found := re.fullmatch(
            r"No [a-z ]+ \((\w)\) is dropped on a file that holds (\d+) of its player's", text
        ):
            self.said["doubled"] = (found[1].lower(), int(found[2]))
        elif found := re.fullmatch(r"No [a-z ]+ \((\w)\) is dropped", text):
            self.said["doubled"] = (found[1].lower(), 0)
        elif found := re.fullmatch(r"No [a-z ]+ \((\w)\) is dropped on its player's first rank", text):
            self.barred.append(
                (found[1].lower(), [{(x, y) for x in range(self.files)} for y in (0, self.ranks - 1)])
            )
        elif found := re.fullmatch(r"No [a-z ]+ \((\w)\) is dropped on (.+)", text):
            self.barred.append((found[1].lower(), self.region(found[2])))
        elif text in FLAGS:
            self.said[FLAGS[text]] = True
        else:
            return bool(OF_ENDS.fullmatch(text))
        return True

    # Seeing.

    def position(self, fen):
        """Read a FEN."""
        words = fen.split()
        text, _, hand = words[0].partition("[")
        board = {}
        for y, rank in zip(range(self.ranks - 1, -1, -1), text.split("/"), strict=True):
            x = 0
            for token in re.findall(r"\d+|\*|\+?[A-Za-z]~?", rank):
                if token.isdigit():
                    x += int(token)
                    continue
                letter = token.strip("+~")
                side = 2 if token == "*" else int(letter.islower())  # a wall is nobody's
                board[x, y] = (letter.lower(), side, "+" if token[0] == "+" else "")
                x += 1
        hands = [[x.lower() for x in hand if x.isupper()], [x for x in hand if x.islower()]]
        passed = tuple(square(x) for x in re.findall(r"[a-l]\d+", words[3])) if len(words) > 3 else ()
        return Position(board, hands, int(words[1] == "b"), words[2].strip("-"), passed)

    # Going.

    def on_board(self, at):
        return 0 <= at[0] < self.files and 0 <= at[1] < self.ranks

    def targets(self, board, at, taking):
        """Squares to which the piece there goes without capturing, or for capturing whatever stands there."""
        letter, side, mark = board[at]
        letter = self.turns[letter] if mark else letter
        sign = -1 if side else 1
        found = set()
        for way in self.ways.get(letter, ()):
            if not (way.take if taking else way.move) or (way.start and at not in way.start[side]):
                continue
            for a, b in way.steps:
                ahead = at[1] + 1 if side == 0 else self.ranks - at[1]
                if ahead < self.onward.get(letter, 0) and b <= 0:
                    continue
                if any((at[0] + sign * x, at[1] + sign * y) in board for x, y in way.empty):
                    continue
                here, left = (at[0] + sign * a, at[1] + sign * b), way.far
                if way.hops:
                    while self.on_board(here) and here not in board:
                        here = (here[0] + sign * a, here[1] + sign * b)
                    here = (here[0] + sign * a, here[1] + sign * b)
                while left and self.on_board(here):
                    if (here in board) == taking:
                        found.add(here)
                    if here in board:
                        break
                    here, left = (here[0] + sign * a, here[1] + sign * b), left - 1
        return found & self.stays.get((letter, side), found)

    def attacked(self, board, at, by):
        """Could a player capture there?"""
        seen = {**board, at: board.get(at, (self.royal, 1 - by, ""))}
        return any(
            at in self.targets(seen, origin, True) for origin, piece in board.items() if piece[1] == by
        )

    def unsafe(self, board, side):
        """Is a royal piece exposed, or does the move break the words in another way?"""
        kings = [
            [at for at, p in board.items() if p[0] == self.royal and p[1] == who and not p[2]]
            for who in (0, 1)
        ]
        if self.royal and any(self.attacked(board, at, 1 - side) for at in kings[side]):
            return True
        if "no checks" in self.said and any(self.attacked(board, at, side) for at in kings[1 - side]):
            return True
        if "facing" in self.said and all(kings):
            (x, y), (u, w) = kings[0][0], kings[1][0]
            if x == u or y == w:
                n = max(abs(u - x), abs(w - y))
                between = [(x + (u - x) * k // n, y + (w - y) * k // n) for k in range(1, n)]
                return not any(at in board for at in between)
        return False

    # Playing.

    def moves(self, p):
        """The legal moves by name."""
        quiet, takes = self.ordinary(p), self.ordinary(p, True)
        dropped = self.dropped(p)
        if "must drop" in self.said and dropped:
            return dropped
        if "must capture" in self.said and takes:
            return takes
        return quiet | takes | dropped | self.castled(p)

    def ordinary(self, p, taking=False):
        found = set()
        for at, piece in p.board.items():
            if piece[1] != p.turn:
                continue
            for to in self.targets(p.board, at, taking):
                if not taking or p.board[to][1] == 1 - p.turn:
                    found |= self.named(p, at, to, to)
            if taking and piece[0] in self.said.get("passing", ((), ()))[p.turn]:
                for to in p.passed:
                    if to in p.board:
                        continue
                    there = {**p.board, to: (piece[0], 1 - p.turn, "")}
                    if to in self.targets(there, at, True) and to not in self.targets(p.board, at, False):
                        victim, step = to, -1 if p.turn == 0 else 1
                        while victim not in p.board and self.on_board(victim):
                            victim = (victim[0], victim[1] + step)
                        found |= self.named(p, at, to, victim)
        return found

    def named(self, p, at, to, victim):
        """The names of a move: plain, and with what the piece becomes."""
        letter, side, mark = p.board[at]
        board = {s: q for s, q in p.board.items() if s not in (at, victim)}
        if self.unsafe({**board, to: p.board[at]}, side):
            return set()
        name, found, must = text(at) + text(to), set(), False
        takes = victim in p.board
        if (letter, side) in self.becomes and not mark and (takes or "only capturing" not in self.said):
            must_be, kinds, zone = self.becomes[letter, side]
            if to in zone:
                must |= must_be
                found |= {
                    name + kind for kind in kinds if not self.unsafe({**board, to: (kind, side, "")}, side)
                }
        if letter in self.turns and not mark and (takes or "only capturing" not in self.said):
            must_be, zones = self.said["turn"]
            if to in zones[side] or at in zones[side]:
                must |= must_be
                if not self.unsafe({**board, to: (letter, side, "+")}, side):
                    found.add(name + "+")
        if not must and not (not mark and "stuck" in self.said and self.stuck(letter, side, to)):
            found.add(name)
        return found

    def stuck(self, letter, side, at):
        sign = -1 if side else 1
        ways = [w for w in self.ways.get(letter, ()) if w.move and not w.start]
        return not any(self.on_board((at[0] + sign * a, at[1] + sign * b)) for w in ways for a, b in w.steps)

    def dropped(self, p):
        found = set()
        for letter in set(p.hands[p.turn]) if "drops" in self.said else ():
            for at in self.said["drops"][p.turn]:
                if at in p.board or any(letter == x and at in zones[p.turn] for x, zones in self.barred):
                    continue
                doubled, most = self.said.get("doubled", ("", 0))
                if letter == doubled:
                    own = [s for s, q in p.board.items() if q == (letter, p.turn, "") and s[0] == at[0]]
                    if len(own) >= most:
                        continue
                if "stuck" in self.said and self.stuck(letter, p.turn, at):
                    continue
                board = {**p.board, at: (letter, p.turn, "")}
                if self.unsafe(board, p.turn) or (
                    "no mate" in self.said and letter == "p" and self.mates(p, board)
                ):
                    continue
                found.add(f"{letter.upper()}@{text(at)}")
        return found

    def mates(self, p, board):
        kings = [at for at, q in board.items() if q[0] == self.royal and q[1] != p.turn]
        if not any(self.attacked(board, at, p.turn) for at in kings):
            return False
        after = Position(board, [[], []], 1 - p.turn, "")
        return not (self.ordinary(after) | self.ordinary(after, True))

    def castled(self, p):
        found = set()
        if not self.castling:
            return found
        king, rank, right, rooks, left = self.castling
        y = rank if p.turn == 0 else self.ranks - 1 - rank
        own = {x: p.board[x, y][0] for x in range(self.files) if p.board.get((x, y), ("", 2))[1] == p.turn}
        kings = [x for x, letter in own.items() if letter == king]
        for letter in p.rights:
            if letter.isupper() != (p.turn == 0) or not kings:
                continue
            here = self.homes[0] if self.homes[0] in kings else kings[0]
            beside = [x for x, kind in own.items() if kind in rooks and x != here]
            if letter.lower() == "k":
                rook = max(x for x in beside if here < x <= self.homes[1])
            elif letter.lower() == "q":
                rook = min(x for x in beside if self.homes[2] <= x < here)
            else:
                rook = ord(letter.lower()) - 97
            to = right if rook > here else left
            beyond = to - 1 if rook > here else to + 1
            span = range(min(here, rook, to, beyond), max(here, rook, to, beyond) + 1)
            if any((x, y) in p.board and x not in (here, rook) for x in span):
                continue
            without = {s: q for s, q in p.board.items() if s != (here, y)}
            path = range(min(here, to), max(here, to) + 1)
            if king == self.royal and any(
                self.attacked(without, (x, y), 1 - p.turn) for x in path if x != to or x == here
            ):
                continue
            after = {s: q for s, q in without.items() if s != (rook, y)}
            after |= {(to, y): p.board[here, y], (beyond, y): p.board[rook, y]}
            if self.unsafe(after, p.turn):
                continue
            steps = (to, y) in self.targets(p.board, (here, y), False)
            found.add(text((here, y)) + text((rook if "by rooks" in self.said or steps else to, y)))
        return found


FLAGS = {
    "No one may give check": "no checks",
    "The kings must not face each other on an open file or rank": "facing",
    "Pieces are promoted only by capturing": "only capturing",
    "Castling is named by the rook's square, and start positions are mixed": "by rooks",
    "No shogi pawn is dropped to give mate": "no mate",
    "Who can drop must": "must drop",
    "Who can capture must": "must capture",
    "No piece goes unpromoted, or is dropped, where it could never move again on an empty board": "stuck",
}


def square(name):
    return ord(name[0]) - 97, int(name[1:]) - 1


def text(at):
    return chr(97 + at[0]) + str(at[1] + 1)
