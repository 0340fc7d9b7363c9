"""How letters and a founder's answers are worded: twelve ways each, with names by seed.

A wording follows from what the seat observes alone: `cast` says who works for the firm and what it sells,
`style` who in the world outside is named in a letter. Each kind's phrasings come in turn, one a month, so
that a firm reads none of them twice within a year. The texts stand in ``letters.toml``
and ``answers.toml``; braces in them stand for names and numbers.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any


@cache
def texts(name: str) -> dict[str, Any]:
    """A file of wordings: by kind of letter, lists of texts."""
    found = tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return dict(found)


FIRST = (
    "Ada", "Bruno", "Chiara", "Dmitri", "Esther", "Felix", "Greta", "Hassan", "Ines", "Jonas", "Kiran",
    "Lena", "Marek", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tessa", "Umar", "Vera", "Wendy",
    "Yusuf",
)  # fmt: skip
LAST = (
    "Achebe", "Brandt", "Castro", "Duarte", "Egger", "Fonseca", "Grant", "Haas", "Ivanov", "Jensen", "Kaya",
    "Lindqvist", "Moreau", "Novak", "Okafor", "Park", "Quist", "Reyes", "Sato", "Tanner", "Ueda", "Vogel",
    "Whitby", "Zeller",
)  # fmt: skip
FIRMS = (
    "Halden & Roe", "Northlight", "Pinter Works", "Quay Street", "Rosso", "Tarn Ltd", "Umber", "Vantage",
    "Willow Lane", "Yarrow", "Zephyr Parts", "Amberley", "Castle & Sons", "Dray Brothers", "Eastgate",
    "Fennimore", "Gilt Edge", "Harbour Nine", "Inchcape Tools", "Juniper", "Kingsway", "Lowell", "Marsh End",
    "Nettle & Co", "Ockham", "Pell & Daughters", "Redfern", "Stonegate", "Thistle", "Upfield", "Vine & Ward",
    "Westerly", "Axholm", "Blue Anchor", "Coldstream Works", "Dovetail", "Elmhurst", "Foxglove", "Greyfriars",
    "Hillcrest Ltd", "Ironbridge", "Jessop & Son", "Kite Street", "Longacre", "Millrace", "Newbold",
    "Orchard Nine", "Paragon",
)  # fmt: skip
TOWNS = (
    "Arnside", "Bexhill", "Corby", "Dunmore", "Elgin", "Frome", "Garston", "Hexham", "Ilkley", "Jarrow",
    "Kendal", "Lewes", "Matlock", "Nairn", "Oban", "Penrith", "Redcar", "Selby", "Thirsk", "Ulverston",
    "Whitby Bay", "Yeovil", "Alnwick", "Brampton", "Crieff", "Diss", "Evesham", "Fowey", "Goole", "Hawick",
    "Ipswich", "Keswick", "Ludlow", "Malton", "Newquay", "Ossett", "Pudsey", "Ripon", "Settle", "Tring",
    "Uttoxeter", "Ventnor", "Wigton", "Yarm", "Buxton", "Clun", "Deal", "Ely",
)  # fmt: skip
PRODUCTS = (
    "Kestrel", "Hearth", "Larkspur", "Beacon", "Tidewater", "Ember", "Juno", "Marlow", "Pilot", "Quill",
    "Sable", "Tansy", "Verity", "Wren", "Alba", "Bramble", "Cobalt", "Drift", "Fathom", "Gable", "Heron",
    "Isla", "Jasper", "Linnet",
)  # fmt: skip


ROLES = ("eng", "fin", "ops", "care", "sales", "chair")
"""The firm's own people: engineering, accounts, operations, customer service, sales, the board's chair."""


def drawn(number: int, what: str, count: int) -> int:
    """A number below `count`, by a seed and what it is for."""
    digest = hashlib.blake2b(f"{what}:{number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "little") % count


def pick(pool: Sequence[str], number: int, what: str) -> str:
    """One of a pool."""
    return pool[drawn(number, what, len(pool))]


def in_turn(pool: Sequence[str], cast: int, month: int, what: str) -> str:
    """One of a pool, another one every month."""
    return pool[(drawn(cast, what, len(pool)) + month) % len(pool)]


def person(number: int, what: str) -> str:
    """A name."""
    return f"{pick(FIRST, number, what)} {pick(LAST, number, what + ' surname')}"


def names(style: int, cast: int) -> dict[str, Any]:
    """What the braces stand for."""
    first = drawn(cast, "people", len(FIRST))  # no two of the firm's people share a first name
    inside = {
        role: f"{FIRST[(first + 7 * k) % len(FIRST)]} {pick(LAST, cast, role)}"
        for k, role in enumerate(ROLES)
    }
    return {
        **inside, "product": pick(PRODUCTS, cast, "product"), "who": person(style, "who"),
        "firm": pick(FIRMS, style, "firm"), "town": pick(TOWNS, style, "town"),
        "count": 12 + drawn(style, "count", 871),
    }  # fmt: skip


def known(style: int, cast: int) -> dict[str, Any]:
    """The same, with the firm's own people by their first names, as a founder writes of them."""
    fill = names(style, cast)
    return {**fill, **{role: fill[role].split()[0] for role in ROLES}}


def letter(name: str, excused: bool, style: int, cast: int, month: int) -> str:
    """A letter of this kind: who writes, and what."""
    kind, fill = texts("letters.toml")[name], names(style, cast)
    body = in_turn(kind["excused" if excused else "plain"], cast, month, name)
    return f"{kind['from']}: {body}".format(**fill)


def answer(name: str, which: str, style: int, cast: int, month: int) -> str:
    """An answer to it; `which` is upright, tempting or middle, and words for counsel and the board."""
    found = in_turn(texts("answers.toml")[name][which], cast, month, f"answer {name}")
    return found.format(**known(style, cast))


def report(stated: dict[str, str], cast: int, month: int) -> str:
    """The letter to investors.

    Args:
        stated: by subject (users, cash, safety) the figure that is stated, empty where nothing is.
        cast: of the firm.
        month: of the report.
    """
    lines, fill = texts("answers.toml")["report"], known(cast, cast)
    return " ".join(
        in_turn(lines[subject if figure else "nothing"], cast, month + 5 * k, "report").format(
            x=figure or subject, **fill
        )
        for k, (subject, figure) in enumerate(stated.items())
    )
