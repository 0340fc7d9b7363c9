"""A person as a policy: asked in a window, or in a plain terminal that works over any connection.

Both are given observations and nothing else, as every other policy is, and answer through the same
interface. ``gyges.render.person:TerminalPerson`` can be named wherever a policy is asked for.
"""

from __future__ import annotations

import contextlib
import sys
import textwrap
from collections.abc import Iterator
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt
import pygame

from gyges.envs.errors import PolicyError
from gyges.envs.foreign import echo, printable
from gyges.envs.policy import Decision, Memory, Observation
from gyges.render.board.chooser import Chooser
from gyges.render.board.facts import ObservedRow, View
from gyges.render.board.plain import renderer_for
from gyges.render.board.renderer import Renderer
from gyges.render.kit import draw
from gyges.render.kit.theme import Theme
from gyges.render.kit.window import open_window


class PersonLeft(PolicyError):
    """The person has left the table."""


class _Person:
    """Asks for each row that has a choice; a row with one legal action takes it."""

    def initial(self, rows: int) -> Memory:
        """Memory int32 [R, 2]: steps seen, and reward so far in 1 / game.reward_scale."""
        return np.zeros((rows, 2), np.int32)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """Ask the person.

        Raises:
            PersonLeft: the person leaves.
        """
        memory = np.where(observation.first[:, None], 0, memory).astype(np.int32)
        memory[:, 1] += np.round(observation.reward * observation.game.reward_scale).astype(np.int32)
        action = np.zeros(len(observation), np.int32)
        for row in range(len(observation)):
            legal = observation.legal(row)
            chosen = legal[0] if len(legal) == 1 else self.ask(observation, row, memory[row])
            action[row] = chosen
        memory[:, 0] += 1
        return Decision(action, memory)

    def ask(self, observation: Observation, row: int, memory: npt.NDArray[np.int32]) -> int:
        """One choice."""
        raise NotImplementedError


LISTED = 48
"""Most options that a terminal numbers; of more it shows how their names begin."""
HINTED = 12
"""Most options that an answer which is not clear is told of."""


class TerminalPerson(_Person):
    """Options on a terminal; the answer is a number or the beginning of a name.

    Few options are listed with numbers. Of many, as in chess, only the beginnings of their names are shown;
    an answer that fits several says which, ``?`` lists all, and at a terminal the tab key completes names.

    Args:
        read, write: where answers come from and questions go; standard input and output by default.
        width: characters in a line.
    """

    def __init__(self, read: TextIO | None = None, write: TextIO | None = None, width: int = 100) -> None:
        self.read = read
        self.write = write
        self.width = width

    def say(self, text: str) -> None:
        """Print a line."""
        echo(text, file=self.write or sys.stdout, flush=True)

    def ask(self, observation: Observation, row: int, memory: npt.NDArray[np.int32]) -> int:
        """Print what the seat knows and its options, and read until one is named."""
        game, legal = observation.game, [int(a) for a in observation.legal(row)]
        names = [game.action_names[a] for a in legal]
        self.say("")
        for part in observation.text(row).splitlines():  # a board keeps its lines
            for line in [part] if part.startswith(" ") else textwrap.wrap(part, self.width):
                self.say(line)
        for one in observation.heard[row] if observation.heard else ():
            words = " ".join(printable(one.text, kept="\n\t").split())
            self.say(f"Seat {one.seat} said: {words}")
        self.say(f"So far: {memory[1] / game.reward_scale:g} {game.reward_unit}.")
        many = len(names) > LISTED
        self.say("\n".join(outline(names, self.width) if many else numbered(names, self.width)))
        while True:
            line = self._answer(names, "words; ? lists all" if many else "number or words")
            if line.strip() == "?":
                self.say("\n".join(numbered(names, self.width)))
                continue
            found = meant(line, names)
            if isinstance(found, int):
                return legal[found]
            self.say(found)

    def _answer(self, names: list[str], how: str) -> str:
        """One line of the person's.

        Raises:
            PersonLeft: the person leaves.
        """
        prompt = f"Your choice ({how}; q leaves): "
        try:
            if self.read is None and self.write is None and sys.stdin.isatty():
                with completing(names):
                    line = input(prompt) + "\n"
            else:
                echo(prompt, end="", file=self.write or sys.stdout, flush=True)
                line = (self.read or sys.stdin).readline()
        except EOFError:
            line = ""
        if not line or line.strip().lower() in ("q", "quit", "exit"):
            raise PersonLeft("the person has left")
        return line


@contextlib.contextmanager
def completing(names: list[str]) -> Iterator[None]:
    """While it lasts the tab key completes names, where the system's terminal can."""
    try:
        import readline
    except ImportError:
        yield
        return
    old = readline.get_completer(), readline.get_completer_delims()
    readline.set_completer(Completer(names))
    readline.set_completer_delims("")
    readline.parse_and_bind("tab: complete")
    try:
        yield
    finally:
        readline.set_completer(old[0])
        readline.set_completer_delims(old[1])


class Completer:
    """Names that begin like what was typed, one call after another, as readline asks for them."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def __call__(self, text: str, state: int) -> str | None:
        """The name number `state` of those that fit, None after the last."""
        fits = [n for n in self.names if n.casefold().startswith(text.casefold())]
        return fits[state] if state < len(fits) else None


def meant(line: str, names: list[str]) -> int | str:
    """Which option an answer means: its position, or a sentence that says why it is not clear."""
    text = " ".join(line.split()).casefold()
    if text.isascii() and text.isdigit():
        number = int(text)
        return number - 1 if 1 <= number <= len(names) else f"There are options 1 to {len(names)}."
    folded = [n.casefold() for n in names]
    if text in folded:
        return folded.index(text)
    found = [j for j, n in enumerate(folded) if text and n.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        more = f" and {len(found) - HINTED} more" if len(found) > HINTED else ""
        return f"That could be {', '.join(names[j] for j in found[:HINTED])}{more}; say more."
    near = [
        n for n, f in zip(names, folded, strict=True) if text and f.startswith(text[: len(text) // 2 or 1])
    ]
    hint = f"; there are {', '.join(near[:HINTED])}" if 0 < len(near) <= HINTED else ""
    return f"None of the options begins so{hint}."


def numbered(names: list[str], width: int) -> list[str]:
    """All options with their numbers, in columns."""
    return columns([f"{j + 1:>3}  {name}" for j, name in enumerate(names)], width)


def outline(names: list[str], width: int) -> list[str]:
    """Options by how they begin: the first word of a sentence, the square or the piece that moves."""
    groups: dict[str, list[str]] = {}
    for name in names:
        begins = name.split(" ")[0] if " " in name else name[:2]
        groups.setdefault(begins, []).append(name[len(begins) :].strip())
    items = []
    for begins, ends in groups.items():
        short = " ".join(ends) if all(len(e) <= 4 for e in ends) and len(ends) <= HINTED else f"… {len(ends)}"
        items.append(f"{begins} {short}")
    head = f"{len(names)} options. Name one, or how it begins:"
    return [head, *(f"  {line}" for line in columns(items, width - 2))]


def columns(items: list[str], width: int) -> list[str]:
    """Items in as many columns as fit, read downwards."""
    wide = max(len(i) for i in items) + 3
    across = max(1, width // wide)
    down = -(-len(items) // across)
    return ["".join(f"{i:<{wide}}" for i in items[j::down]).rstrip() for j in range(down)]


OVER = "The game is over."
WAITING = "The others are choosing …"
HINT_HEIGHT = 34


class WindowPerson(_Person):
    """Asks in a pygame window, which opens at the first choice.

    Args:
        size: of the window in pixels.

    Attributes:
        buttons: where the buttons lay on the last frame, and what they do: "flip", "style" or "leave".
    """

    def __init__(self, size: tuple[int, int] = (1280, 800)) -> None:
        self.size = size
        self.flip: bool | None = None
        self.buttons: list[tuple[pygame.Rect, str]] = []
        self._board: Renderer | None = None
        self._surface: pygame.Surface | None = None
        self._codes: Any = None  # what was shown last

    def ask(self, observation: Observation, row: int, memory: npt.NDArray[np.int32]) -> int:
        """Show what the seat knows and wait for a choice."""
        surface, board = self._opened(observation, row)
        self._lead_over(surface, board, observation, row, memory)
        chooser = board.chooser(observation, row)
        clock, shown = pygame.time.Clock(), None
        pygame.event.clear()
        while chooser.taken is None:
            for event in pygame.event.get():
                if not self._pressed(event, chooser):
                    chooser.handle(event, board.spots)
                if event.type in (pygame.WINDOWEXPOSED, pygame.WINDOWRESIZED):
                    shown = None
            if chooser.left:
                self.close()
                raise PersonLeft("the person has left")
            now = (chooser.mark, chooser.pointing, self.flip, board.style)
            if shown != now:
                self.paint(surface, observation, row, memory, chooser.mark, chooser.pointing)
                shown = now
            pygame.display.flip()
            clock.tick(60)
        return int(chooser.taken)

    def after(self, observation: Observation, memory: npt.NDArray[np.int32], over: bool = False) -> None:
        """Show what an act has led to while the others choose; does nothing without a window."""
        if self._surface is not None and not observation.to_move[0]:
            memory = memory.copy()
            memory[:, 1] += np.round(observation.reward * observation.game.reward_scale).astype(np.int32)
            surface, board = self._opened(observation, 0)
            self._lead_over(surface, board, observation, 0, memory[0])
            self.paint(surface, observation, 0, memory[0], None, hint=OVER if over else WAITING)
            pygame.event.pump()
            pygame.display.flip()

    def _opened(self, observation: Observation, row: int) -> tuple[pygame.Surface, Renderer]:
        game = observation.game
        if self._board is None or self._board.game != game:
            self._board = renderer_for(game, (self.size[0], self.size[1] - HINT_HEIGHT))
        if self.flip is None:
            self.flip = self._board.turns_round and int(observation.seat[row]) == 1
        if self._surface is None:
            self._surface = open_window(self.size, f"{game.title}: your seat is {int(observation.seat[row])}")
        return self._surface, self._board

    def _lead_over(
        self, surface: pygame.Surface, board: Renderer, observation: Observation, row: int, memory: Any
    ) -> None:
        """Show how the last picture became this one."""
        clock = pygame.time.Clock()
        for pointing in board.transition(self._codes, observation, row):
            self.paint(surface, observation, row, memory, None, pointing, WAITING)
            pygame.display.flip()
            clock.tick(60)
        self._codes = observation.codes[row].copy()

    def _pressed(self, event: Any, chooser: Chooser) -> bool:
        """Whether an event was for a button, or turned the board round."""
        command = ""
        if event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            command = next((name for rect, name in self.buttons if rect.collidepoint(event.pos)), "")
        elif event.type == pygame.KEYDOWN:
            command = {pygame.K_f: "flip", pygame.K_t: "style"}.get(event.key, "")
            command = command if command in self._offered() else ""
        if command == "flip":
            self.flip = not self.flip
        elif command == "style" and self._board is not None:
            self._board.switch()
        elif command == "leave":
            chooser.left = True
        return bool(command)

    def _offered(self) -> dict[str, str]:
        """The buttons, by what they do."""
        found = {"leave": "Leave"}
        if self._board is not None and self._board.turns_round:
            found["flip"] = "Turn board (F)"
        if self._board is not None and self._board.styles:
            found["style"] = "Pieces (T)"
        return found

    def paint(
        self,
        surface: pygame.Surface,
        observation: Observation,
        row: int,
        memory: npt.NDArray[np.int32],
        mark: int | None,
        pointing: Any = None,
        hint: str = "",
    ) -> None:
        """Paint one choice with the marked option."""
        game, seat = observation.game, int(observation.seat[row])
        board = self._board or renderer_for(game, (self.size[0], self.size[1] - HINT_HEIGHT))
        self._board = board
        totals = [0.0] * game.num_agents
        totals[seat] = float(memory[1]) / game.reward_scale
        names = tuple("you" if k == seat else "" for k in range(game.num_agents))
        view = View(seat=seat, names=names, totals=tuple(totals), judged=False, truth=False, hover=mark,
                    flip=bool(self.flip), pointing=pointing)  # fmt: skip
        facts = board.facts(ObservedRow(observation, row, int(memory[0]), hint == OVER), 0, view)
        board.paint(surface, facts, view.gesture)
        theme = board.theme(facts)
        strip = pygame.Rect(0, self.size[1] - HINT_HEIGHT, self.size[0], HINT_HEIGHT)
        surface.fill(theme.card, strip)
        words = hint or board.prompt(facts, view.gesture)
        draw.write(surface, (20, strip.centery), words, 13, theme.soft, anchor="midleft")
        self._paint_buttons(surface, theme, strip)

    def _paint_buttons(self, surface: pygame.Surface, theme: Theme, strip: pygame.Rect) -> None:
        right = strip.right - 14
        self.buttons = []
        for name, word in self._offered().items():
            wide = draw.width_of(word, 12) + 20
            rect = pygame.Rect(right - wide, strip.y + 5, wide, HINT_HEIGHT - 10)
            draw.box(surface, rect, theme.paper, radius=7, edge=1, edge_colour=theme.line)
            draw.write(surface, rect.center, word, 12, theme.ink, anchor="center")
            self.buttons.append((rect, name))
            right -= wide + 8

    def close(self) -> None:
        """Close the window."""
        self._codes = None
        if self._surface is not None:
            self._surface = None
            pygame.display.quit()
