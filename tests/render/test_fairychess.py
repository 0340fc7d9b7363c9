"""Chess boards: every variant can be drawn, the sides can be told apart, the mouse means what it says."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pygame
import pytest
from PIL import Image

from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError
from gyges.envs.fairychess import load, names
from gyges.envs.fairychess.board import Board as Position
from gyges.envs.fairychess.board import uci
from gyges.envs.fairychess.engine.variant_tables import compiled
from gyges.envs.policy import RandomPolicy
from gyges.envs.rollout import Seating, rollout
from gyges.render import play as playing
from gyges.render.board.facts import ObservedRow, View
from gyges.render.board.plain import renderer_for
from gyges.render.fairychess import empty_board
from gyges.render.fairychess.action_names import acts_of
from gyges.render.fairychess.diagrams import diagram, sheet, targets_of
from gyges.render.fairychess.empty_board import Grid
from gyges.render.fairychess.facts import PositionFacts, facts_of
from gyges.render.fairychess.move_chooser import Pointing
from gyges.render.fairychess.piece_card import title_of
from gyges.render.fairychess.pieces import bystander, designs, piece_set, sprite
from gyges.render.fairychess.position import CAPTURE, DROP, MOVE, Marks, paint_position
from gyges.render.fairychess.renderer import FairyChessRenderer
from gyges.render.fairychess.signs import STYLES, family_of, signs_of
from gyges.render.kit import draw
from gyges.render.kit.theme import DAY
from gyges.render.replay import Player
from gyges.render.timeline import Timeline
from gyges.scenarios.cli.main import main

SIZE = (1000, 620)
SHOWN = ("chess", "gardner", "crazyhouse", "shogi", "xiangqi", "grasshopper", "gustav3", "torishogi")


# Pieces.


def lightness(image: pygame.Surface) -> float:
    """Mean luminance of what a premultiplied sprite covers."""
    colours = pygame.surfarray.array3d(image).astype(float)
    alpha = pygame.surfarray.array_alpha(image).astype(float)
    return float((colours @ [0.21, 0.72, 0.07]).sum() / alpha.sum() * 255)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", names())
def test_every_variant_is_drawn(name: str, style: str) -> None:
    board = Position(name)
    image = diagram(board, 320, style=style)
    assert image.get_width() == 320
    assert len(np.unique(draw.pixels(image).reshape(-1, 3), axis=0)) > 20
    c = compiled(load(name))
    for design in designs(c.variant, c.kinds, style)[1:]:
        first, second = (sprite(design, side, 40, side == 0) for side in (0, 1))
        assert lightness(first) > lightness(second) + 60, design  # no hue is needed to tell them apart
        assert design.glyph or design.letter


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", names())
def test_no_two_kinds_of_a_variant_look_alike(name: str, style: str) -> None:
    c = compiled(load(name))
    found = [
        pygame.image.tobytes(sprite(design, 0, 40, True), "RGBA")
        for design in designs(c.variant, c.kinds, style)[1:]
    ]
    alike = [(c.kinds[a + 1].symbol, c.kinds[b + 1].symbol)
             for (a, x), (b, y) in itertools.combinations(enumerate(found), 2) if x == y]  # fmt: skip
    assert not alike


def test_promoted_pieces_are_marked() -> None:
    for name, plain, grown in (("crazyhouse", "Q", "Q~"), ("shogi", "R", "+R")):
        c = compiled(load(name))
        by = dict(zip((k.symbol for k in c.kinds), designs(c.variant, c.kinds), strict=True))
        assert by[plain] != by[grown]
        pair = [pygame.image.tobytes(sprite(by[s], 0, 48, True), "RGBA") for s in (plain, grown)]
        assert pair[0] != pair[1]


def test_tokens_point_forwards_and_letters_stay_upright() -> None:
    c = compiled(load("shogi"))
    pawn = designs(c.variant, c.kinds, "western")[1]._replace(letter="", marks=())
    up, down = (pygame.surfarray.array_alpha(sprite(pawn, 0, 60, u)) for u in (True, False))
    assert (up[:, :20] > 0).sum() < (up[:, -20:] > 0).sum()
    assert (down[:, :20] > 0).sum() > (down[:, -20:] > 0).sum()


HOMES = {
    "xiangqi": ("xiangqi", "minixiangqi", "manchu", "supply"),
    "janggi": ("janggi", "janggimodern"),
    "shogi": ("shogi", "minishogi", "torishogi", "dobutsu", "shoshogi", "kyotoshogi"),
    "makruk": ("makruk", "ai-wok", "makpong", "cambodian", "sittuyin"),
    "": ("chess", "shako", "crazyhouse", "courier", "shatranj"),
}


def inked(sign: str) -> bytes:
    """One character as a picture."""
    made = draw.canvas((40, 40))
    draw.character(made, (20, 20), sign, 30, (255, 255, 255))
    return draw.pixels(made).tobytes()


@pytest.mark.parametrize(("family", "name"), [(f, n) for f, found in HOMES.items() for n in found])
def test_pieces_bear_the_signs_of_their_home(family: str, name: str) -> None:
    """Each has a sign of its own, for both players, that the bundled font or the glyphs hold."""
    if name not in names():
        pytest.skip(f"the library has no {name} yet")
    c = compiled(load(name))
    assert family_of(c.variant) == family
    own, other = (piece_set(c, style) for style in STYLES)
    assert (own.designs == other.designs) is (family == "")
    for kind, design in zip(c.kinds[1:], own.designs[1:], strict=True):
        assert all(signs_of(c.variant, kind)) is (family != "") or kind.piece.name == "aiwok"
        for sign in design.signs:
            assert not sign or inked(sign) != inked("鬱")  # what the font lacks is a box
    with pytest.raises(ConfigError, match="traditional or western"):
        piece_set(c, "gothic")


def test_opposite_tiles_and_signs_are_upside_down() -> None:
    c = compiled(load("shogi"))
    king = next(d for d, k in zip(designs(c.variant, c.kinds), c.kinds, strict=True) if k.symbol == "K")
    up, down = (sprite(king._replace(signs=("王", "王")), 0, 80, u) for u in (True, False))
    turned = pygame.transform.rotate(down, 180)
    a, b, c3 = (pygame.surfarray.array3d(s).astype(int)[26:54, 24:62] for s in (up, turned, down))
    assert np.abs(a - b).mean() < 0.5 * np.abs(a - c3).mean()


WALLED = {
    "points": "[w:xiangqi]\nstartFen = 4k4/9/9/9/4*4/9/9/9/9/4K4 w - - 0 1\n",
    "squares": "[w:chess]\nstartFen = 4k3/8/8/8/4*3/8/8/4K3 w - - 0 1\n",
}


@pytest.mark.parametrize("form", WALLED)
def test_walls_stand_on_the_points_of_a_line_board(form: str) -> None:
    board = Position(load(WALLED[form]))
    facts = facts_of(board)
    wall = facts.squares.index("*")
    grid = Grid(board.variant, pygame.Rect(0, 0, 600, 660))
    assert grid.form == form
    pictures = []
    for one in (facts, PositionFacts(tuple("" if q == "*" else q for q in facts.squares))):
        made = draw.canvas((600, 660))
        paint_position(made, grid, piece_set(board.compiled), DAY, one, Marks())
        pictures.append(draw.pixels(made))
    box = grid.box(wall)
    differs = (pictures[0] != pictures[1]).any(axis=2)[box.top : box.bottom, box.left : box.right]
    inset = box.width * 3 // 8
    assert differs[inset:-inset, inset:-inset].all()
    corners = np.array([differs[0, 0], differs[0, -1], differs[-1, 0], differs[-1, -1]])
    assert corners.all() if form == "squares" else not corners.any()


def test_civilians_are_people_and_crates_are_not() -> None:
    people, crate = (pygame.image.tobytes(bystander(p, 48), "RGBA") for p in (True, False))
    assert people != crate


# Boards.


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("name", ["gardner", "courier", "xiangqi"])
def test_grid_finds_its_squares(name: str, flip: bool) -> None:
    v = load(name)
    grid = Grid(v, pygame.Rect(13, 7, 700, 610), flip)
    assert pygame.Rect(13, 7, 700, 610).contains(grid.rect)
    for s in range(v.squares):
        assert grid.square(grid.centre(s)) == s
        assert grid.square(grid.corner(s)) == s
    assert grid.square((grid.rect.right, grid.rect.y)) is None
    low = grid.centre(0)
    assert (low[1] < grid.rect.centery) == flip
    assert (low[0] > grid.rect.centerx) == flip


def test_targets_are_the_legal_moves() -> None:
    board = Position("chess", "4k3/P7/8/3pP3/8/8/8/R3K2R w KQ d6 0 1")
    kinds = {}
    for origin in ("e5", "a7", "e1"):
        start, found = targets_of(board, origin)
        assert start == {"e5": 36, "a7": 48, "e1": 4}[origin]
        kinds[origin] = {(t.square, t.kind, t.promotes) for t in found}
    assert kinds["e5"] == {(43, CAPTURE, False), (44, MOVE, False)}
    assert kinds["a7"] == {(56, MOVE, True)}
    assert {s for s, *_ in kinds["e1"]} == {3, 5, 11, 12, 13, 0, 7}  # castling: to the rook
    with pytest.raises(ConfigError, match="no move begins at 'a2'"):
        targets_of(board, "a2")


PASSING = """[berolina-passing:chess]
pawn = -
customPiece1 = p:mfFcfWimfnA
promotionPawnTypes = p
enPassantTypes = pn
maxRank = 7
doubleStepRegionBlack = *6
promotionRegionWhite = *7
startFen = 1nbnknb1/pppppppp/8/8/8/PPPPPPPP/1NBNKNB1 w - - 0 1
"""


@pytest.mark.parametrize(
    "name", ["chess", "crazyhouse", "shogi", "xiangqi", "capablanca", "makruk", "chess960", PASSING]
)
def test_acts_agree_with_the_engine(name: str) -> None:
    """Squares, drops and promotions read from actions are those of the engine's own move names."""
    game = registry.make("fairychess-v1", variant=name, start="960" if name == "chess960" else "")
    batch = Batch(game, 1, seed=6)
    seating = Seating(batch, [RandomPolicy()] * 2)
    files, seen = game.variant.maxFile, set()
    for _ in range(80):
        if batch.over[0]:
            break
        seat = int(batch.codes[0, 0, 2])
        codes = batch.codes[0, seat]
        row, moves = game.rows_of(codes)[0], game.moves(codes)
        acts = acts_of(game, row, batch.legal(0, seat))
        assert set(acts) == set(moves)
        called = [act.name for act in acts.values()]
        assert len(set(called)) == len(called)
        for action, act in acts.items():
            word = uci(game.compiled, row, moves[action], chess960=True)
            there = chr(97 + act.to % files) + str(act.to // files + 1)
            if act.origin is None:
                assert word == f"{game.compiled.kinds[act.kind].symbol}@{there}"
            else:
                assert word.startswith(chr(97 + act.origin % files) + str(act.origin // files + 1) + there)
                assert bool(act.becomes) == (word[-1] in "+qrbncasm" and not word[-1].isdigit())
            board = Position(game.variant)
            board.row = row.copy()
            before = (board.row[game.compiled.row[1] : game.compiled.row[2]] & 3 == 2 - seat).sum()
            board.play(moves[action])
            after = (board.row[game.compiled.row[1] : game.compiled.row[2]] & 3 == 2 - seat).sum()
            assert act.captures == (after < before)
            seen.add((act.captures, act.castles, bool(act.becomes), act.origin is None))
        seating.step()
    assert len(seen) >= 2


@pytest.fixture(scope="module", params=SHOWN)
def stand(request: pytest.FixtureRequest) -> tuple[Any, Batch, Seating]:
    """A variant after some random moves."""
    game = registry.make("fairychess-v1", variant=request.param)
    batch = Batch(game, 1, seed=11, labels="full")
    seating = Seating(batch, [RandomPolicy()] * 2)
    for _ in range(25):
        seating.step()
    return game, batch, seating


def test_frames(stand: Any) -> None:
    game, batch, _ = stand
    board = renderer_for(game, SIZE)
    assert isinstance(board, FairyChessRenderer)
    mover = int(batch.codes[0, 0, 2])
    first = board.frame(batch, 0, View(seat=mover))
    assert first.shape == (SIZE[1], SIZE[0], 3)
    turned = board.frame(batch, 0, View(seat=mover, flip=True))
    assert not np.array_equal(first, turned)
    assert np.array_equal(first, board.frame(batch, 0, View(seat=mover)))
    act = acts_of(game, game.rows_of(batch.codes[0, mover])[0], batch.legal(0, mover))
    origin = next(a.origin for a in act.values() if a.origin is not None)
    pointed = board.frame(batch, 0, View(seat=mover, pointing=Pointing(origin)))
    assert not np.array_equal(first, pointed)
    assert batch.legal(0, mover)[0] in {s.action for s in board.spots}


def test_picture_of_a_player_needs_the_observation_alone(stand: Any) -> None:
    game, batch, seating = stand
    mover = int(batch.codes[0, 0, 2])
    group = next(g for g in seating.groups)
    observation = seating.observation(group).take(np.array([mover]))
    view = View(seat=mover, judged=False, truth=False, pointing=Pointing(1, picked=True))
    board = renderer_for(game, SIZE)
    assert np.array_equal(board.frame(ObservedRow(observation, 0), 0, view), board.frame(batch, 0, view))


def test_panel_holds_the_moves_and_what_is_taken(stand: Any) -> None:
    game, batch, _ = stand
    mover = int(batch.codes[0, 0, 2])
    legal = [int(a) for a in batch.legal(0, mover)]
    board = renderer_for(game, SIZE)
    for action in legal[:: max(1, len(legal) // 6)]:
        actions = np.zeros(2, np.int32)
        actions[mover] = action
        board.frame(batch, 0, View(seat=mover, actions=actions, totals=(0.0, 0.0), breaches=(0, 0)))
        spots = {s.action for s in board.spots}
        assert action in spots
        assert spots <= set(legal)
        assert all(board.panel.contains(s.rect) for s in board.spots)
        assert not any(a.rect.colliderect(b.rect) for a, b in itertools.combinations(board.spots, 2))


@pytest.mark.parametrize("variant", ["dobutsu", "courier", "grand", "horde"])
@pytest.mark.parametrize("size", [(960, 560), (1920, 1080)])
def test_every_size_fits(variant: str, size: tuple[int, int]) -> None:
    game = registry.make("fairychess-v1", variant=variant)
    board = FairyChessRenderer(game, size)
    board.frame(Batch(game, 1, seed=1), 0)
    assert board.scene.contains(board.grid.rect)
    assert not board.column.width or board.column.x >= board.grid.rect.right
    assert board.grid.cell >= 26


def test_check_and_result_are_told() -> None:
    game = registry.make("fairychess-v1", variant="chess")
    batch = Batch(game, 1, seed=0)
    board = FairyChessRenderer(game, SIZE)
    for move in ("f2f3", "e7e5", "g2g4", "d8h4"):
        seat = int(batch.codes[0, 0, 2])
        actions = np.zeros((1, 2), np.int32)
        actions[0, seat] = game.action_from_uci(batch.codes[0, seat], move)
        batch.step(actions)
    assert batch.over[0]
    shown = board.scene_facts(batch, 0, View())
    assert shown.heading == "Second player won: checkmate"
    assert board.scene_facts(batch, 0, View(truth=False)).heading == "Second player won: checkmate"
    assert shown.position.last == (59, 31)
    board.position.row = game.rows_of(batch.codes[0, 0])[0]
    assert board.position.in_check


# The mouse.


def event(kind: int, pos: tuple[float, float], button: int = 1) -> Any:
    where = (round(pos[0]), round(pos[1]))
    if kind == pygame.MOUSEMOTION:
        return pygame.event.Event(kind, pos=where, rel=(0, 0), buttons=(0, 0, 0))
    return pygame.event.Event(kind, pos=where, button=button)


def key(code: int) -> Any:
    return pygame.event.Event(pygame.KEYDOWN, key=code, mod=0)


DOWN, UP, GO = pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP, pygame.MOUSEMOTION


class Table:
    """A position with a chooser, and the squares of its board by name."""

    def __init__(self, variant: str, fen: str, flip: bool = False) -> None:
        self.game = registry.make("fairychess-v1", variant=variant, start=fen)
        self.batch = Batch(self.game, 1, seed=1)
        self.flip = flip
        self.seat = int(self.batch.codes[0, 0, 2])
        seating = Seating(self.batch, [RandomPolicy()] * 2)
        self.observation = seating.observation(seating.groups[0]).take(np.array([self.seat]))
        self.board = FairyChessRenderer(self.game, SIZE)
        self.chooser = self.board.chooser(self.observation, 0)
        self.paint()

    def paint(self) -> None:
        view = View(seat=self.seat, judged=False, truth=False, hover=self.chooser.mark, flip=self.flip,
                    pointing=self.chooser.pointing)  # fmt: skip
        self.board.frame(ObservedRow(self.observation, 0), 0, view)

    def at(self, name: str) -> tuple[float, float]:
        y, x = int(name[1:]) - 1, ord(name[0]) - 97
        return self.board.grid.centre(y * self.game.variant.maxFile + x)

    def click(self, name: str) -> tuple[Any, Any]:
        return event(DOWN, self.at(name)), event(UP, self.at(name))

    def send(self, *events: Any) -> str | None:
        for one in events:
            self.chooser.handle(one, self.board.spots)
            self.paint()
        taken = self.chooser.taken
        return None if taken is None else str(self.game.uci(self.observation.codes[0], taken))


START = "rnbqk/ppppp/5/PPPPP/RNBQK w - - 0 1"


@pytest.mark.parametrize("flip", [False, True])
def test_click_and_click(flip: bool) -> None:
    table = Table("gardner", START, flip)
    assert table.send(*table.click("b1")) is None
    assert table.chooser.pointing == Pointing(1, picked=True)
    assert table.send(event(DOWN, table.at("c3"))) == "b1c3"


def test_drag() -> None:
    table = Table("gardner", START)
    table.send(event(DOWN, table.at("b1")), event(GO, table.at("b3")))
    held = table.chooser.pointing.held
    assert held == tuple(round(v) for v in table.at("b3"))
    assert table.send(event(GO, table.at("a3")), event(UP, table.at("a3"))) == "b1a3"


def test_dropped_where_it_may_not_go() -> None:
    table = Table("gardner", START)
    assert (
        table.send(event(DOWN, table.at("b1")), event(GO, table.at("b3")), event(UP, table.at("b3"))) is None
    )
    assert table.chooser.pointing == Pointing(None)
    assert table.send(*table.click("b1"), event(DOWN, table.at("e4"))) is None
    assert table.chooser.pointing == Pointing(19, picked=True)  # that piece is picked instead
    assert table.send(event(DOWN, table.at("c3"))) is None
    assert table.chooser.pointing == Pointing(None)


def test_hovering_shows_targets_and_takes_nothing() -> None:
    table = Table("gardner", START)
    plain = table.board.frame(ObservedRow(table.observation, 0), 0, View(seat=0, judged=False, truth=False))
    table.send(event(GO, table.at("b1")))
    assert table.chooser.pointing == Pointing(1)
    view = View(seat=0, judged=False, truth=False, pointing=table.chooser.pointing)
    assert not np.array_equal(plain, table.board.frame(ObservedRow(table.observation, 0), 0, view))
    shown = table.board.scene_facts(table.batch, 0, View(seat=0))
    assert {t.square for t in table.board.targets(shown, Pointing(1))} == {10, 12}
    assert table.send(event(GO, table.at("c3"))) is None


def test_promotion_is_chosen() -> None:
    table = Table("gardner", "4k/P4/5/5/K4 w - - 0 1")
    assert table.send(*table.click("a4"), event(DOWN, table.at("a5"))) is None
    words = [table.game.uci(table.observation.codes[0], s.action) for s in table.board.popups]
    assert sorted(words) == ["a4a5b", "a4a5n", "a4a5q", "a4a5r"]
    spot = table.board.popups[words.index("a4a5n")]
    assert table.send(event(DOWN, spot.rect.center)) == "a4a5n"


def test_promotion_can_be_declined() -> None:
    table = Table("shogi", "k8/8P/9/9/9/9/9/9/K8[-] w - - 0 1")
    table = Table("shogi", "k8/9/8S/9/9/9/9/9/K8[-] w - - 0 1")
    table.send(event(DOWN, table.at("i7")), event(GO, table.at("i8")), event(UP, table.at("i8")))
    assert len(table.board.popups) == 2
    assert table.send(event(DOWN, (5, 5))) is None
    assert table.board.popups == []
    assert table.chooser.pointing == Pointing(None)


@pytest.mark.parametrize("goal", ["h1", "g1"])
def test_castling_by_either_square(goal: str) -> None:
    table = Table("chess", "4k3/8/8/8/8/8/8/4K2R w K - 0 1")
    assert table.send(*table.click("e1"), event(DOWN, table.at(goal))) == "e1g1"


def test_drops() -> None:
    table = Table("crazyhouse", "4k3/8/8/8/8/8/8/4K3[Nnn] w - - 0 1")
    own = next(h for h in table.board.hands if h.side == 0)
    other = next(h for h in table.board.hands if h.side == 1)
    assert table.send(event(DOWN, other.rect.center)) is None
    assert table.chooser.pointing == Pointing(None)
    table.send(event(DOWN, own.rect.center), event(GO, table.at("d4")))
    kind = table.chooser.pointing.kind
    assert table.game.compiled.kinds[kind].symbol == "N"
    shown = table.board.scene_facts(table.batch, 0, View(seat=0))
    found = table.board.targets(shown, table.chooser.pointing)
    assert len(found) == 62
    assert {t.kind for t in found} == {DROP}
    assert table.send(event(UP, table.at("d4"))) == "N@d4"


def test_options_keys_and_leaving() -> None:
    table = Table("gardner", START)
    spot = table.board.spots[3]
    assert table.send(event(GO, spot.rect.center)) is None
    assert table.chooser.mark == spot.action
    table.send(event(DOWN, spot.rect.center))
    assert table.chooser.taken == spot.action
    table = Table("gardner", START)
    table.send(key(pygame.K_RIGHT), key(pygame.K_RIGHT), key(pygame.K_LEFT), key(pygame.K_RETURN))
    assert table.chooser.taken == table.chooser.order[0]
    table = Table("gardner", START)
    table.send(*table.click("b1"), key(pygame.K_ESCAPE))
    assert not table.chooser.left
    table.send(*table.click("b1"), event(DOWN, table.at("b1"), 3))
    assert table.chooser.pointing == Pointing(None)
    table.send(key(pygame.K_ESCAPE))
    assert table.chooser.left


class Hand:
    """Plays in a window by mouse: each call gives the events of one gesture."""

    def __init__(self, person: Any, moves: list[str], end: Any = None) -> None:
        self.person, self.moves, self.end = person, moves, end

    def __call__(self) -> list[Any]:
        if not self.moves:
            return [self.end] if self.end is not None else [event(DOWN, self.button("leave"))]
        word = self.moves.pop(0)
        if word == "flip":
            return [event(DOWN, self.button("flip"))]
        grid, files = self.person._board.grid, self.person._board.game.variant.maxFile
        a, b = (grid.centre((int(w[1]) - 1) * files + ord(w[0]) - 97) for w in (word[:2], word[2:4]))
        return [event(GO, a), event(DOWN, a), event(GO, b), event(UP, b)]

    def button(self, name: str) -> tuple[int, int]:
        return next((rect.center for rect, n in self.person.buttons if n == name))


@pytest.mark.parametrize("end", [None, pygame.event.Event(pygame.QUIT)])
def test_a_person_plays_in_the_window(
    end: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    game = registry.make("fairychess-v1", variant="gardner", start=START)
    person = playing.WindowPerson((1000, 660))
    monkeypatch.setattr(pygame.event, "get", Hand(person, ["b1c3", "flip", "a2a3"], end))
    policy = Scripted(game, ["b4c3", "a4a3", "c4b3", "d4c3"])
    out = tmp_path / "game.json"
    made = playing.main(game, [("scripted", policy)], seed=1, person=person, reveal=False, out=out)
    assert not pygame.display.get_init()
    assert person.flip is True
    assert "You have left the table." in capsys.readouterr().out
    assert made.steps >= 2
    timeline = Timeline.load(out)
    assert game.uci(timeline.at(0).codes[0, 0], int(timeline.actions[0, 0])) == "b1c3"


class Scripted:
    """Plays the first of some moves that is legal, else the first legal one."""

    def __init__(self, game: Any, words: list[str]) -> None:
        self.game, self.words = game, words

    def initial(self, rows: int) -> None:
        return None

    def act(self, observation: Any, memory: Any) -> Any:
        from gyges.envs.policy import Decision

        if not observation.to_move[0]:
            return Decision(np.zeros(1, np.int32), memory)
        moves = {self.game.uci(observation.codes[0], int(a)): int(a) for a in observation.legal(0)}
        action = next((moves[w] for w in self.words if w in moves), int(observation.legal(0)[0]))
        return Decision(np.array([action], np.int32), memory)


# Moves with a second square, pieces dropped turned over, passes.


@pytest.mark.parametrize("variant", ["duck", "seirawan", "shouse", "janggi", "kyotoshogi", "sittuyin"])
def test_every_action_is_read_and_named_once(variant: str) -> None:
    game = registry.make("fairychess-v1", variant=variant)
    batch, luck = Batch(game, 1, seed=2), np.random.default_rng(4)
    for _ in range(24):
        seat = int(batch.codes[0, 0, 2])
        legal = batch.legal(0, seat)
        acts = acts_of(game, game.rows_of(batch.codes[0, seat])[0], legal)
        assert len({act.name for act in acts.values()}) == len(legal)
        actions = np.zeros((1, 2), np.int32)
        actions[0, seat] = luck.choice(legal)
        batch.step(actions)


class Walled(Table):
    """A table at which the first half of a turn has been played."""

    def play(self, name: str) -> None:
        words = self.game.uci_names(self.observation.codes[0])
        actions = np.zeros((1, 2), np.int32)
        actions[0, self.seat] = next(a for a, word in words.items() if word == name)
        self.batch.step(actions)
        seating = Seating(self.batch, [RandomPolicy()] * 2)
        self.observation = seating.observation(seating.groups[0]).take(np.array([self.seat]))
        self.chooser = self.board.chooser(self.observation, 0)
        self.paint()


def test_a_wall_is_put_by_a_click() -> None:
    table = Walled("duck", "")
    table.play("e2e4")
    shown = table.board.scene_facts(table.batch, 0, View(seat=0))
    assert shown.position.squares[28] == "P"  # the move is seen while its wall is still to come
    assert shown.position.squares[12] == ""
    assert shown.heading.endswith("now put the wall")
    assert table.send(*table.click("d4")) == "e2e4,e4d4"


def test_a_piece_enters_behind_a_first_move() -> None:
    table = Table("seirawan", "")
    assert table.send(*table.click("b1"), *table.click("c3")) is None
    words = [table.game.uci(table.observation.codes[0], s.action) for s in table.board.popups]
    assert sorted(words) == ["b1c3", "b1c3e", "b1c3h"]
    spot = table.board.popups[words.index("b1c3h")]
    assert table.send(event(DOWN, spot.rect.center)) == "b1c3h"
    acts = table.chooser.acts.values()
    assert {a.name for a in acts if a.enters} >= {"Nb1–c3/H@b1", "Nb1–c3/E@b1"}


def test_castling_lets_a_piece_enter_on_either_square() -> None:
    table = Table("seirawan", "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQK2R[HEhe] w KQBCDkqbcdfg - 0 1")
    castles = {a.name: a for a in table.chooser.acts.values() if a.castles}
    assert set(castles) == {"O-O", "O-O/H@e1", "O-O/E@e1", "O-O/H@h1", "O-O/E@h1"}
    assert {(a.origin, a.to) for a in castles.values()} == {(4, 7)}


def test_a_piece_is_dropped_turned_over() -> None:
    table = Table("kyotoshogi", "2k2/5/5/5/2K2[P] w - - 0 1")
    own = next(h for h in table.board.hands if h.side == 0)
    table.send(event(DOWN, own.rect.center), event(GO, table.at("a3")), event(UP, table.at("a3")))
    words = [table.game.uci(table.observation.codes[0], s.action) for s in table.board.popups]
    assert sorted(words) == ["+P@a3", "P@a3"]
    assert table.send(event(DOWN, table.board.popups[words.index("+P@a3")].rect.center)) == "+P@a3"


def test_a_pass_is_an_option() -> None:
    table = Table("janggi", "")
    spot = next(s for s in table.board.spots if s.action == table.game.num_actions - 1)
    assert table.send(event(DOWN, spot.rect.center)) in ("e2e2", "e1e1")


@pytest.mark.parametrize(("name", "river"), [("xiangqi", True), ("janggi", False)])
def test_only_boards_whose_soldiers_cross_have_a_river(
    name: str, river: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    words: list[str] = []
    monkeypatch.setattr(empty_board.draw, "write", lambda surface, at, text, *_, **__: words.append(text))
    empty_board.background.__wrapped__(load(name), 40, False, False)
    assert ("r  i  v  e  r" in words) is river


# Replays and files.


@pytest.fixture(scope="module")
def game_timeline() -> Timeline:
    """Thirty plies of gardner at random."""
    game = registry.make("fairychess-v1", variant="gardner", horizon=30)
    batch = Batch(game, 1, seed=3, labels="full")
    seating, timeline = Seating(batch, [RandomPolicy()] * 2), Timeline(game, ("a", "b"))
    for _ in rollout(batch, seating, [timeline]):
        pass
    return timeline


def test_replay_follows_who_moves(game_timeline: Timeline) -> None:
    player = Player(game_timeline, (1000, 700))
    assert [player.shown_seat for t in range(4) if player.go(t) is None] == [0, 1, 0, 1]
    player.handle(key(pygame.K_TAB))
    player.go(3)
    assert (player.follow, player.shown_seat) == (False, 0)
    player.handle(key(pygame.K_1))
    player.go(2)
    assert player.shown_seat == 1
    player.handle(key(pygame.K_TAB))
    assert player.follow
    for code, t in (
        (pygame.K_END, len(game_timeline) - 1),
        (pygame.K_LEFT, len(game_timeline) - 2),
        (pygame.K_HOME, 0),
    ):
        player.handle(key(code))
        assert player.t == t


def test_replay_turns_round_and_points(game_timeline: Timeline) -> None:
    player = Player(game_timeline, (1000, 700))
    straight = player.frame(0)
    player.handle(key(pygame.K_f))
    assert player.flip
    assert not np.array_equal(straight, player.frame(0))
    surface = draw.canvas(player.size)
    player.paint(surface)
    player.handle(event(GO, player.board.grid.centre(1)))
    assert player.pointing == Pointing(1)
    player.handle(event(GO, player.board.grid.centre(12)))
    assert player.pointing is None
    idle = player.frame(0)
    player.handle(event(GO, player.board.grid.centre(1)))
    assert np.array_equal(idle, player.frame(0))  # files show no mouse


def test_pieces_are_drawn_in_either_style() -> None:
    game = registry.make("fairychess-v1", variant="minixiangqi", horizon=6)
    batch = Batch(game, 1, seed=3, labels="full")
    found = Timeline(game, ("a", "b"))
    for _ in rollout(batch, Seating(batch, [RandomPolicy()] * 2), [found]):
        pass
    player = Player(found, (1000, 700))
    frames = []
    for _ in range(3):
        frames.append(player.frame(2))
        player.handle(key(pygame.K_t))
    assert np.array_equal(frames[0], frames[2])
    assert not np.array_equal(frames[0], frames[1])
    player.paint(draw.canvas(player.size))
    button = next(b for b in player.bar.buttons if b.command == "style")
    before = player.board.style
    player.handle(event(DOWN, button.rect.center))
    assert player.board.style != before
    plain = Player(Timeline(registry.make("fairychess-v1", variant="gardner")), (1000, 700))
    assert not plain.board.styles
    assert not plain.bar.has_styles


def test_a_replay_shows_how_the_moving_piece_moves(game_timeline: Timeline) -> None:
    player = Player(game_timeline, (1280, 800))
    board = player.board
    with_act, without = (board.frame(game_timeline.at(3), 0, game_timeline.view(3, 1, actions=a))
                         for a in (game_timeline.actions[3], None))  # fmt: skip
    column = np.s_[board.column.top : board.column.bottom, board.column.left : board.column.right]
    assert not np.array_equal(with_act[column], without[column])
    act = acts_of(game_timeline.game, game_timeline.game.rows_of(game_timeline.at(3).codes[0, 1])[0],
                  [int(game_timeline.actions[3, 1])])  # fmt: skip
    (move,) = act.values()
    pointed = board.frame(game_timeline.at(3), 0, game_timeline.view(
        3, 1, actions=None, pointing=Pointing(move.origin)))  # fmt: skip
    assert np.array_equal(with_act[column], pointed[column])


@pytest.mark.parametrize(
    ("variant", "symbol", "words"),
    [
        ("chess", "K", "king (K)"),
        ("shogi", "+P", "promoted pawn (+P), moves as gold general"),
        ("shogi", "N", "knight (N)"),
        ("shogi", "H", "dragon horse (H)"),
        ("crazyhouse", "Q~", "promoted (Q~), moves as queen"),
        ("tencubed", "C", "piece of this variant (C)"),
    ],
)
def test_pieces_are_called_by_their_names(variant: str, symbol: str, words: str) -> None:
    c = compiled(load(variant))
    index = next(j for j, kind in enumerate(c.kinds) if kind.symbol == symbol)
    assert title_of(c, index) == words


def test_a_game_of_written_rules_is_replayed_from_its_file(tmp_path: Path) -> None:
    rules = tmp_path / "mine.ini"
    rules.write_text("# " + "long " * 80 + "\n[mine:gardner]\ncustomPiece1 = z:DAW\nstartFen = "
                     "zzzzk/ppppp/5/PPPPP/ZZZZK w - - 0 1\n")  # fmt: skip
    starts = "\n".join(["zzzzk/ppppp/5/PPPPP/ZZZZK w - - 0 1"] * 20)
    game = registry.make("fairychess-v1", variant=str(rules), start=starts, horizon=6)
    person = playing.TerminalPerson(io.StringIO("1\n" * 6), io.StringIO())
    out = tmp_path / "game.json"
    made = playing.main(game, [("r", RandomPolicy())], seed=1, terminal=True, person=person, out=out)
    rules.unlink()  # the file keeps the rules
    timeline = Timeline.load(out)
    assert timeline.steps == made.steps == 6
    assert Player(timeline, (1000, 700)).frame(3).shape == (700, 1000, 3)


def test_draw_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.png"
    words = ["draw", "xiangqi", "--png", str(path), "--width", "480", "--moves", "b3e3", "--piece", "h8"]
    assert main(words) == 0
    assert Image.open(path).width == 480
    assert str(path) in capsys.readouterr().out
    variants = tmp_path / "mine.ini"
    variants.write_text("[mine:chess]\ncustomPiece1 = z:DAW\nstartFen = 4k3/8/8/8/8/8/8/ZZZZK3 w - - 0 1\n")
    main(["draw", str(variants), "gardner", "--png", str(path), "--width", "600", "--across", "2", "--night"])
    assert Image.open(path).width == 600
    for words, said in (
        (["nosuch"], "no variant"),
        (["chess", "--moves", "e2e5"], "not legal"),
        (["chess", "--fen", "8/8 w"], "ranks"),
        (["chess", "--width", "9"], "200 to 4096"),
        (["chess", "--piece", "a5"], "no move begins"),
    ):
        capsys.readouterr()
        assert main(["draw", *words, "--png", str(path)]) == 2
        assert said in capsys.readouterr().err


def test_sheet_holds_every_board() -> None:
    boards = [(Position(n), n) for n in ("gardner", "dobutsu", "silverman")]
    page = sheet(boards, 500, 2)
    assert page.get_width() == 500
    one = diagram(boards[0][0], 242, title="gardner")
    part = page.subsurface((4, 8, *one.get_size()))
    assert np.array_equal(draw.pixels(part.copy()), draw.pixels(one))


def test_rgb_array_through_pettingzoo() -> None:
    from gyges.envs.pettingzoo import raw_env

    env = raw_env("fairychess-v1", variant="gardner", render_mode="rgb_array")
    env.reset(seed=1)
    before = env.render()
    env.step(int(np.flatnonzero(env.observe(env.agent_selection)["action_mask"])[0]))
    after = env.render()
    assert before.dtype == np.uint8
    assert before.shape == after.shape
    assert not np.array_equal(before, after)
    env.close()
