"""Unusual chess variants played to the end by mouse against the alpha-beta, and pictures of it.

    python benchmarks/mouse_games.py [VARIANT ...] [--out FOLDER] [--nodes 300] [--seed 1] [--sheet FILE]

A person's window is opened (no screen is needed: SDL's dummy driver) and everything is done by mouse events:
a piece is clicked, then the square it goes to; a piece in hand and the square it is dropped on; a piece in
the strip of those to choose among; the square of a wall; a line in the panel. The clicks go where the last
picture showed these things. Which move is played comes from the alpha-beta with few nodes, now and then from
luck.

For each variant FOLDER gets pictures of the opening, of one choice of each sort that came up, and of the end
as the person sees it. --sheet puts the ends on one page.
"""

from __future__ import annotations

import os

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

import argparse
import random
from pathlib import Path
from typing import Any

import pygame
from PIL import Image

from gyges.envs import make
from gyges.envs.fairychess.encoding import ENDS
from gyges.envs.fairychess.search.player import AlphaBeta
from gyges.envs.policy import Memory, Observation
from gyges.render import play
from gyges.render.fairychess.action_names import BoardAction
from gyges.render.fairychess.move_chooser import Pointing
from gyges.render.person import OVER, WindowPerson

VARIANTS = ("spartan", "duck", "seirawan", "sittuyin", "janggi")
OWN_NODES, LUCK = 60, 0.15
MOST_PICTURES = 12
"""Pictures that one move may take; more mean that a click did nothing."""


class Clicker(WindowPerson):
    """A person who decides for a move, and then does it by mouse alone.

    Args:
        folder: where pictures are written.
        name: how their names begin.
        seed: of luck.
    """

    def __init__(self, folder: Path, name: str, seed: int) -> None:
        super().__init__()
        self.folder, self.name, self.clicks, self.result = folder, name, 0, ""
        self.saved: dict[str, Path] = {}
        self._mind, self._luck = AlphaBeta(OWN_NODES), random.Random(seed)
        self._wanted = BoardAction(0)
        self._pictures = 0

    def ask(self, observation: Observation, row: int, memory: Any) -> int:
        """Decide, click, and make sure that the clicks meant what was decided."""
        _, board = self._opened(observation, row)
        acts: Any = board.chooser(observation, row).acts  # type: ignore[attr-defined]
        best = int(self._mind.act(observation, self._mind.initial(len(observation))).action[row])
        wanted = self._luck.choice(list(acts)) if self._luck.random() < LUCK else best
        special = [a for a in acts if acts[a].enters or acts[a].becomes]
        self._wanted = acts[self._luck.choice(special)] if special else acts[wanted]
        self._pictures = 0
        taken = super().ask(observation, row, memory)
        if taken != self._wanted.action:
            raise RuntimeError(f"{self.name}: {self._wanted} was clicked, {acts[taken]} was played")
        return taken

    def _lead_over(self, surface: Any, board: Any, observation: Observation, row: int, memory: Any) -> None:
        """Without the pictures of pieces on their way."""
        self._codes = observation.codes[row].copy()

    def paint(
        self, surface: pygame.Surface, observation: Observation, row: int, memory: Memory,
        mark: int | None, pointing: Any = None, hint: str = "",
    ) -> None:  # fmt: skip
        """Paint, keep the picture if it shows something new, and click on it."""
        super().paint(surface, observation, row, memory, mark, pointing, hint)
        if hint:
            if hint == OVER:
                self.result = ENDS[observation.game.view(observation.codes[row]).end]
                self._keep(surface, "end")
            return
        self._pictures += 1
        if self._pictures > MOST_PICTURES:
            raise RuntimeError(f"{self.name}: clicks for {self._wanted} do nothing")
        now = pointing if isinstance(pointing, Pointing) else Pointing()
        self._keep(surface, self._sort(now))
        self._click(self._spot(now))

    def _sort(self, now: Pointing) -> str:
        """What a picture shows, in a word."""
        wanted = self._wanted
        if now.popup:
            return "gating" if wanted.enters else "promotion"
        if now.kind:
            return "drop"
        if now.picked:
            return "piece"
        if wanted.moves and wanted.origin is None and not wanted.kind:
            return "wall"
        return "opening" if wanted.moves else "panel"

    def _spot(self, now: Pointing) -> tuple[float, float]:
        """Where to click next, on the last picture."""
        board: Any = self._board
        wanted = self._wanted
        if now.popup:
            return next(s.rect.center for s in board.popups if s.action == wanted.action)
        if not wanted.moves:
            return next(s.rect.center for s in board.spots if s.action == wanted.action)
        if wanted.kind and now.kind != wanted.kind:
            side = board.game.view(self._codes).turn
            own = (h for h in board.hands if h.side == side and h.kind == wanted.kind)
            return next(h.rect.center for h in own)
        lifted = wanted.origin is None or (now.picked and now.square == wanted.origin)
        return board.grid.centre(wanted.to if lifted else wanted.origin)  # type: ignore[no-any-return]

    def _click(self, at: tuple[float, float]) -> None:
        where = round(at[0]), round(at[1])
        self.clicks += 1
        for kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
            pygame.event.post(pygame.event.Event(kind, pos=where, button=1))

    def _keep(self, surface: pygame.Surface, what: str) -> None:
        if what not in self.saved:
            self.saved[what] = self.folder / f"{self.name}-{what}.png"
            pygame.image.save(surface, str(self.saved[what]))


def played(variant: str, folder: Path, nodes: int, seed: int) -> Clicker:
    """Play one game to its end."""
    person = Clicker(folder, variant, seed)
    game = make("fairychess-v1", variant=variant)
    opponent = ("alphabeta", AlphaBeta(nodes))
    episode = play.main(game, [opponent], seed=seed, person=person, reveal=False)
    print(f"{variant}: {episode.steps} steps, {person.clicks} clicks, {person.result}", flush=True)
    return person


def sheet(files: list[Path], out: Path, across: int = 2, size: tuple[int, int] = (720, 450)) -> None:
    """Pictures on one page, of few colours."""
    wide, high = size
    page = Image.new("RGB", (across * wide, -(-len(files) // across) * high), "white")
    for j, file in enumerate(files):
        with Image.open(file) as shot:
            page.paste(shot.convert("RGB").resize(size), (j % across * wide, j // across * high))
    page.quantize(224).save(out, optimize=True)


def main() -> None:
    """Play, and print where the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("variants", nargs="*", default=VARIANTS)
    parser.add_argument("--out", type=Path, default=Path("mouse-games"))
    parser.add_argument("--nodes", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sheet", type=Path)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    ends = [played(v, chosen.out, chosen.nodes, chosen.seed).saved["end"] for v in chosen.variants]
    if chosen.sheet:
        sheet(ends, chosen.sheet)


if __name__ == "__main__":
    main()
