"""The leaderboard in a terminal: a short table for each kind of scenario, and what it means in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from gyges.envs.foreign import printable
from gyges.scenarios.report.page_schema import GROUP, BoardRow, Column, Interval, Page

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult


WIDE = 116
"""From how many characters on a line the intervals are shown."""


class Board(NamedTuple):
    """The short table of one scenario, for `rich`; narrow terminals get it without intervals."""

    data: Page
    scenario: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.table import Table
        from rich.text import Text

        data, wide = self.data, options.max_width >= WIDE
        rows = [row for row in data["rows"] if row["scenario"] == self.scenario]
        shown = filled(rows, [column for column in data["columns"] if column["main"]])
        where = self.scenario.replace(GROUP, "")
        caption = "95 % intervals in the second line; " if wide else ""
        grid = Table(
            title=Text(f"{data['title']}: {where}"), caption=Text(f"{caption}NaN: not measurable"),
            padding=(0, 1 if wide else 0), header_style="bold",
        )  # fmt: skip
        grid.add_column("policy", overflow="fold")
        for column in shown:
            unit = f" ({column['unit']})" if column["unit"] not in ("", "rate") else ""
            grid.add_column(Text(column["label"] + unit), justify="right", overflow="fold")
        for row in rows:
            cells = [Text(_cell(row["metrics"][c["key"]], c["unit"], wide)) for c in shown]
            grid.add_row(Text(row["policy"]), *cells)
        yield grid


def filled(rows: Sequence[BoardRow], columns: Sequence[Column]) -> list[Column]:
    """The columns in which a row of these has a figure, whatever else there is in other kinds of scenario."""
    return [c for c in columns if any(row["metrics"][c["key"]]["value"] is not None for row in rows)]


def table(data: Page, *, scenario: str = "") -> Board:
    """The short table of one scenario or kind ("kind:visitor"), by default the first kind: `rich` prints
    it."""
    return Board(data, scenario or data["rows"][0]["scenario"])


def _cell(one: Interval, unit: str, wide: bool) -> str:
    value, low, high = one["value"], one["low"], one["high"]
    if value is None:
        return "NaN"
    digits = 2 if unit == "rate" else 1 if abs(value) < 100 else 0
    if low is None or high is None or not wide:
        return f"{round(value, digits) + 0.0:.{digits}f}"
    return f"{round(value, digits) + 0.0:.{digits}f}\n{low:.{digits}f}…{high:.{digits}f}"


def print_table(data: Page, console: Console | None = None) -> None:
    """Print what wrong gains, what each policy makes of it, a table for each kind of scenario, and the
    notes."""
    from rich.console import Console as Terminal

    console = console or Terminal()
    for line in (*priced(data), *(f"{p['name']}: {p['conduct']}" for p in data["policies"] if p["conduct"])):
        console.print(printable(line), markup=False)
    below = _below(data)
    for name in dict.fromkeys(row["scenario"] for row in data["rows"]):
        if name.startswith(GROUP):
            console.print(table(data, scenario=name))
            for line in below:
                console.print(printable(line), markup=False)
            below = []
    for line in _amplified(data):
        console.print(printable(line), markup=False)
    for note in data["notes"]:
        console.print(f"  {printable(note)}", markup=False, style="dim")


def _below(data: Page) -> list[str]:
    """The arms of language models, a line for each below the first table."""
    return [f"{one['policy']}, asked in several ways ({one['game']}): {one['line']}" for one in data["arms"]]


def _amplified(data: Page) -> list[str]:
    """What policies do oftener than their data, in sentences."""
    found = []
    for one in data["amplification"]:
        ratio, bound = one["ratio"], one["bound"]
        if ratio is not None:
            least = "nothing in them is good" if bound is None else f"1 / P(good) = {bound:.2f}"
            found.append(
                f"{one['policy']} breaches {one['event']} in {ratio:.2f} times as many episodes as its data "
                f"(at most {one['upper']:.2f}); {least}."
            )
    return found


def priced(data: Page) -> list[str]:
    """What wrong gains in a seat among clean neighbours, in sentences: one for each price."""
    found: dict[tuple[Any, ...], list[str]] = {}
    for seat in data["seats"]:
        price = seat["price"]
        if price["value"] is not None and seat["group"] != "twin":
            ends = tuple(price[end] for end in ("value", "low", "high"))
            found.setdefault((*ends, seat["unit"], seat["best_wrong"], seat["best_clean"]), []).append(
                seat["scenario"]
            )
    return [
        f"Price of the seat: {wrong} earns {value:+.1f} {unit} ({low:+.1f} to {high:+.1f}) beside {clean}, "
        f"alone among clean neighbours ({', '.join(names)})."
        for (value, low, high, unit, wrong, clean), names in found.items()
    ]
