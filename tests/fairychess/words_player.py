"""A player who has only the words: reads a variant's sentences and a FEN, lists the legal moves.

It imports nothing of the engine and never sees a key; what it does not understand is a `ValueError`.
Squares are (file, rank) from 0; pieces are (letter, player, mark), the mark + for turned pieces.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

NAMED = {
    "straight": {(0, 1), (0, -1), (1, 0), (-1, 0)}, "diagonally": {(1, 1), (1, -1), (-1, 1), (-1, -1)},
    "diagonally forwards": {(1, 1), (-1, 1)}, "diagonally backwards": {(1, -1), (-1, -1)},
    "sideways": {(1, 0), (-1, 0)}, "forwards": {(0, 1)}, "backwards": {(0, -1)},
}  # fmt: skip
MOVES = re.compile(
    r"The [a-z ]+ \((\w)\) (moves or captures|moves|captures) (.+?), "
    r"(over exactly one piece at any distance and )?(one step|up to \d+ steps|any number of steps)"
    r"( beyond it)?(?: if (.+?) (?:is|are) empty)?(?:, from (.+))?"
)
CASTLING = re.compile(
    r"Castling(?: \(.*? right.*?\))?: an? [a-z ]+ \((\w)\) and (.+) on rank (\d+)(?: \(first .*?\))? that "
    r"have not moved .*? to file (\w) and .*? on the side of file \w to file \w, or the [a-z ]+ to file (\w) "
    r"and .*? on the side of file a to file \w; no other piece .*"
)
OF_ENDS = re.compile(
    r"Players move in turn, .*|Straight is .*|Several steps are .*|A step \(a,b\) .*"
    r"|When the player to move .*|That is so if .*|(A|The first|The second) player wins when .*"
    r"|A player who has .* left.* (wins|loses|draws).*|One piece there .*|The \w+ check .*|A FEN says .*"
    r"|The game is a draw after .*|When a position comes up .*|But who has brought it .*"
    r"|A captured piece goes .*"
    r"|This is one of two boards: .*|A player who moves one piece .*|Once .*|A checkmate is a draw .*"
    r"|A wall \(#\) is in the way .*|There is no check: .*"
    r"|If nobody has, .*|A move chases .*"
    r"|By its own moves .*|A move by which .*|Never chased are .*|Chased though protected are .*"
    r"|A piece is pinned, .*|A move that pins .*|Other start positions .*"
    r"|The [a-z ]+ \(\w\) does not move|A draw is .*|An end without .*|The start position as a FEN: .*"
    r"|A [a-z ]+ \(\w\) does not capture: .*|What has been promoted so .*|A player must not blow up .*"
    r"|A [a-z ]+ \(\w\) on a square next to .*"
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
        self.last, self.limits = {}, {}  # how few of a kind are royal; how many there may be for one more
        for sentence in sentences:
            if not self.hear(sentence.removesuffix(".")):
                raise ValueError(sentence)

    # Hearing.

    def region(self, text):
        """``rank 2 (first player), rank 7 (second player)`` as two sets of squares."""
        if "(first player)" in text:
            one, other = text.split(" (first player) or ")
            return self.region(one)[0], self.region(other.removesuffix(" (second player)"))[0]
        found = set()
        for part in text.split(", "):
            ranks = re.search(r"ranks? (\d+)(?: to (\d+))?", part)
            files = re.search(r"files? (\w)(?: to (\w))?", part)
            if part == "any square" or ranks:
                rows = range(int(ranks[1]) - 1, int(ranks[2] or ranks[1])) if ranks else range(self.ranks)
                columns = (
                    range(ord(files[1]) - 97, ord(files[2] or files[1]) - 96) if files else range(self.files)
                )
                found |= {(x, y) for x in columns for y in rows}
            elif part != "no square":
                found.add(square(part))
        return found, found

    def apart(self, text):
        """The letters of both players."""
        one, _, other = text.partition(" (first player) or ")
        return self.letters(one), self.letters(other or one)

    def letters(self, text):
        if text == "any piece":
            return set(self.ways)
        return {x.lower() for x in re.findall(r"\((\w)\)", text)}

    def hear(self, text):
        """Take one sentence in; False where it is not understood."""
        if found := re.fullmatch(r"The board has (\d+) files \(.+\) and (\d+) ranks \(.+", text):
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
            r"The [a-z ]+ \((\w)\) goes only forwards before its player's rank (\d+), .*", text
        ):
            self.onward[found[1].lower()] = int(found[2])
        elif found := re.fullmatch(r"The (first|second) player's [a-z ]+ \((\w)\) stays on (.+)", text):
            self.stays[found[2].lower(), int(found[1] == "second")] = self.region(found[3])[0]
        elif found := re.fullmatch(r"A player must not leave his [a-z ]+ \((\w)\) attacked .*", text):
            self.royal = found[1].lower()
        elif found := re.fullmatch(
            r"A player must not leave (the last|one of the last (\d+)|any) of his [a-z ]+ \((\w)\) attacked "
            r".*",
            text,
        ):
            self.last[found[3].lower()] = int(found[2] or (1 if found[1] == "the last" else 999))
        elif found := re.fullmatch(
            r"Nothing is promoted to an? [a-z ]+ \((\w)\) while .* has (\d+) on the board", text
        ):
            self.limits[found[1].lower()] = int(found[2])
        elif found := re.fullmatch(
            r"(?:The (first|second) player's|An?) (.+) (must|may) be promoted to (.+) on arriving on (.+)",
            text,
        ):
            for side in (int(found[1] == "second"),) if found[1] else (0, 1):
                for letter in self.letters(found[2]):
                    made, zone = sorted(self.letters(found[4])), self.region(found[5])[side]
                    self.becomes[letter, side] = found[3] == "must", made, zone
        elif found := re.fullmatch(
            r"(?:Every move|A move into, within or out of (.+?)) (must|may) promote (.+)", text
        ):
            pairs = re.findall(r"\((\w)\) to an? [a-z ]+ \((\w)\)", found[3])
            self.turns = {a.lower(): b.lower() for a, b in pairs}
            self.said["turn"] = (found[2] == "must", self.region(found[1] or "any square"))
        elif found := re.fullmatch(r"En passant: .*? as if it had stopped there, by (.+)", text):
            self.said["passing"] = self.apart(found[1])
        elif found := CASTLING.fullmatch(text):
            files = [ord(found[k]) - 97 for k in (4, 5)]
            self.castling = found[1].lower(), int(found[3]) - 1, files[0], self.letters(found[2]), files[1]
        elif found := re.fullmatch(r"K and Q in a FEN .* file (\w) may .* files (\w) and (\w)", text):
            self.homes = tuple(ord(x) - 97 for x in found.groups())
        elif found := re.fullmatch(
            r"Instead of moving, a player may drop .* on (?:any empty square|an empty square of (.+))", text
        ):
            self.said["drops"] = self.region(found[1] or "any square")
        elif found := re.fullmatch(r"Who has an? [a-z ]+ \((\w)\) in hand must drop it", text):
            self.said["must drop"] = found[1].lower()
        elif found := re.fullmatch(r"(?:An? )?(.+) that captures turns to a wall", text):
            self.said["stone"] = self.letters(found[1])
        elif found := re.fullmatch(r"No [a-z ]+ \((\w)\) captures its like", text):
            self.said["like"] = found[1].lower()
        elif found := re.fullmatch(r"No [a-z ]+ \((\w)\) is dropped to give checkmate", text):
            self.said["no mate"] = found[1].lower()
        elif found := re.fullmatch(
            r"A capture explodes: .*? leave the board(?:, but (.+) there stay)?", text
        ):
            self.said["explodes"] = self.letters(found[1] or "")
        elif found := re.fullmatch(r"No (.+) is blown up", text):
            self.said["proof"] = self.letters(found[1])
        elif found := re.fullmatch(
            r"No [a-z ]+ \((\w)\) is dropped on a file that holds (\d+) of its player's, .*", text
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

    def unsafe(self, board, side, before=None):
        """Is a royal piece exposed, or does the move break the words in another way?"""
        kings = [
            [at for at, p in board.items() if p[0] == self.royal and p[1] == who and not p[2]]
            for who in (0, 1)
        ]
        if self.royal and any(self.attacked(board, at, 1 - side) for at in kings[side]):
            return True
        for letter, few in self.last.items():
            own, theirs = (
                [at for at, q in board.items() if q[:2] == (letter, who)] for who in (side, 1 - side)
            )
            lost = [
                sum(q[:2] == (letter, who) for q in (before or board).values()) - len(left)
                for who, left in ((side, own), (1 - side, theirs))
            ]
            if lost[0] > 0 and len(own) + lost[0] <= few:
                return True
            if lost[1] > 0 and len(theirs) + lost[1] <= few:
                return False
            hit = [at for at in own if self.attacked(board, at, 1 - side) and not self.shared(at, theirs)]
            if hit and (len(own) <= few or ("all" in self.said and len(hit) == len(own))):
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

    def shared(self, at, royal):
        """Would a capture there blow up one of these?"""
        return "explodes" in self.said and any(abs(at[0] - x) < 2 and abs(at[1] - y) < 2 for x, y in royal)

    def after(self, board, at, to, victim, piece):
        """The board after a move: what stood on the way to it is gone, and what it became stands there."""
        found = {s: q for s, q in board.items() if s not in (at, victim)} | {to: piece}
        if victim not in board:
            return found
        if "explodes" in self.said:
            for s in [s for s in found if abs(s[0] - to[0]) < 2 and abs(s[1] - to[1]) < 2]:
                stays = self.said["explodes"] if s != to else set()
                if found[s][1] < 2 and found[s][0] not in stays | self.said.get("proof", set()):
                    del found[s]
        if board[at][0] in self.said.get("stone", set()):
            found[to] = ("*", 2, "")
        return found

    # Playing.

    def moves(self, p):
        """The legal moves by name."""
        quiet, takes = self.ordinary(p), self.ordinary(p, True)
        dropped, must = self.dropped(p), self.said.get("must drop")
        forced = dropped if must is True else {move for move in dropped if must == move[0].lower()}
        if forced:
            return forced
        if "must capture" in self.said and takes:
            return takes
        return quiet | takes | dropped | self.castled(p)

    def ordinary(self, p, taking=False):
        found = set()
        for at, piece in p.board.items():
            if piece[1] != p.turn:
                continue
            for to in self.targets(p.board, at, taking):
                like = taking and piece[0] == p.board[to][0] == self.said.get("like")
                if not taking or (p.board[to][1] == 1 - p.turn and not like):
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
        name, made, must = text(at) + text(to), {}, False
        promotes = victim in p.board or "only capturing" not in self.said
        if (letter, side) in self.becomes and not mark and promotes:
            must_be, kinds, zone = self.becomes[letter, side]
            if to in zone:
                must |= must_be
                had = Counter(q[:2] for q in p.board.values())
                kinds = [kind for kind in kinds if had[kind, side] < self.limits.get(kind, 999)]
                made |= {name + kind: (kind, side, "") for kind in kinds}
        if letter in self.turns and promotes and (not mark or "back" in self.said):
            must_be, zones = self.said["turn"]
            if to in zones[side] or at in zones[side]:
                must |= must_be
                made[name + ("-" if mark else "+")] = (letter, side, "" if mark else "+")
        if not must and not (not mark and "stuck" in self.said and self.stuck(letter, side, to)):
            made[name] = p.board[at]
        boards = {name: self.after(p.board, at, to, victim, piece) for name, piece in made.items()}
        return {name for name, board in boards.items() if not self.unsafe(board, side, p.board)}

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
                sides = ["", "+"] if "dropped turned" in self.said and letter in self.turns else [""]
                for mark in sides:
                    board = {**p.board, at: (letter, p.turn, mark)}
                    mating = self.said.get("no mate") == letter and self.mates(p, board)
                    if not (self.unsafe(board, p.turn) or mating or self.shows(board, p.turn)):
                        found.add(f"{mark}{letter.upper()}@{text(at)}")
        return found

    def shows(self, board, side):
        """Does a drop give check where none may?"""
        kings = [at for at, q in board.items() if q[0] == self.royal and q[1] != side]
        return "no checks by drops" in self.said and any(self.attacked(board, at, side) for at in kings)

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
            rivals = [s for s, q in p.board.items() if q[:2] == (king, 1 - p.turn) and king in self.last]
            if (king == self.royal or king in self.last) and any(
                self.attacked(without, (x, y), 1 - p.turn) and not self.shared((x, y), rivals)
                for x in path
                if x != to or x == here
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
    "No move may give check": "no checks",
    "No drop may give check": "no checks by drops",
    "The kings must not face each other on a file or rank with nothing between them": "facing",
    "Pieces are promoted only by capturing": "only capturing",
    "Castling is named by the rook's square": "by rooks",
    "Nor may he leave all of his kings (K) attacked together": "all",
    "A player who can drop must": "must drop",
    "A player who can capture must": "must capture",
    "It becomes what it was before in the same way": "back",
    "Pieces may be dropped promoted": "dropped turned",
    "No piece goes unpromoted, or is dropped, where it could never move again on an empty board": "stuck",
}


def square(name):
    return ord(name[0]) - 97, int(name[1:]) - 1


def text(at):
    return chr(97 + at[0]) + str(at[1] + 1)
