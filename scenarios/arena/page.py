"""What an arena found: ratings by variant as tables for terminal and browser, and all games as PGN."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.notation import pgn
from gyges.envs.fairychess.notation.pgn import Record
from gyges.envs.fairychess.variants.ini_files import load
from gyges.render.page.markup import Html, boxed_table, document, tag
from gyges.render.page.svg_figures import reaches
from gyges.scenarios.arena.ratings import PRIOR, REPEATS, Rating, Score, rate
from gyges.scenarios.arena.store import ArenaFile


class Table(NamedTuple):
    """A variant's ratings, strongest first, and the pairings behind them."""

    variant: str
    ratings: dict[str, Rating]
    pairings: dict[tuple[str, str], tuple[int, int, int]]  # wins, draws, losses of the first
    forfeits: int


def tables(file: ArenaFile, zero: str) -> list[Table]:
    """One of each variant in which `zero` has played.

    Raises:
        ConfigError: it has played in none.
    """
    found = []
    games = file.games()
    for variant in sorted({one.variant for one in games}):
        scores = file.scores(variant)
        if not any(zero in (one.first, one.second) for one in scores):
            continue
        rated = sorted(rate(scores, zero).items(), key=lambda pair: -pair[1].elo)
        lost = sum(one.variant == variant and bool(one.forfeit) for one in games)
        found.append(Table(variant, dict(rated), _pairings(scores), lost))
    if not found:
        raise ConfigError(f"{file.path}: {zero!r}, whose rating is to be 0, has played no game there")
    return found


def _pairings(scores: Sequence[Score]) -> dict[tuple[str, str], tuple[int, int, int]]:
    found: dict[tuple[str, str], tuple[int, int, int]] = {}
    for one in scores:
        before = found.get((one.first, one.second), (0, 0, 0))
        found[one.first, one.second] = (before[0] + one.wins, before[1] + one.draws, before[2] + one.losses)
    return found


def reach(one: Rating) -> str:
    """The interval in words."""
    return f"{round(one.low)} to {round(one.high)}" if math.isfinite(one.low) else ""


def html(found: Sequence[Table], zero: str) -> str:
    """A self-contained page."""
    lead = (
        f"Elo of policies by variant; {zero} has 0. Openings are even by a search, and each is played with "
        "both colours."
    )
    note = (
        f"Bradley-Terry ratings with draws (Davidson 1970), {PRIOR:g} of a win, a draw and a loss added to "
        f"every pairing. An interval holds 95 % of {REPEATS} resamplings of the openings. It is of these "
        "openings and opponents, and says nothing of other variants. A forfeited game is lost."
    )
    body = [
        tag("header", tag("div", tag("h1", "Arena"), tag("p", lead, class_="lead"))),
        tag("main", *(_section(one) for one in found), tag("h2", "How to read it"), tag("p", note)),
    ]
    return document("Arena", *body) + "\n"


def _section(one: Table) -> Html:
    rows = [{"name": name, "value": r.elo, "low": r.low, "high": r.high} for name, r in one.ratings.items()]
    heads = [tag("th", word) for word in ("Policy", "Elo", "95 %", "games", "score")]
    body = [
        tag("tr", tag("th", name), tag("td", f"{r.elo:.0f}"), tag("td", reach(r)), tag("td", str(r.games)),
            tag("td", f"{r.score:.0%}"))
        for name, r in one.ratings.items()
    ]  # fmt: skip
    pairs = [
        tag("tr", tag("th", f"{a} – {b}"), *(tag("td", str(n)) for n in counts))
        for (a, b), counts in one.pairings.items()
    ]
    names = [tag("th", word) for word in ("Pairing", "won", "drawn", "lost")]
    return tag(
        "section", tag("h2", one.variant), tag("figure", reaches(f"elo-{one.variant}", rows, "Elo")),
        boxed_table(f"Ratings in {one.variant}", heads, body),
        boxed_table(f"Pairings in {one.variant}, as the first sees them", names, pairs),
        tag("p", f"{one.forfeits} games were forfeited.") if one.forfeits else None,
    )  # fmt: skip


def games(file: ArenaFile) -> Iterator[str]:
    """Every game as PGN."""
    variants = {name: load(text) for name, text in file.made.variants.items()}
    for one in file.games():
        white, black = (one.second, one.first) if one.swapped else (one.first, one.second)
        score = 1 - one.score if one.swapped else one.score
        winner = {1.0: 0, 0.0: 1, 0.5: -1}[score]
        tags = {"Event": "Arena", "White": white, "Black": black, "Round": f"{one.opening + 1}"}
        if one.forfeit:
            tags["Termination"] = f"forfeit: {one.forfeit}"[:200]
        yield pgn.write(Record(variants[one.variant], tuple(one.moves.split()), one.fen, winner, tags))
