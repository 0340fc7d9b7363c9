"""Colours and signs that every board and page shares.

Labels and seats use the palette of Okabe and Ito ("Color universal design", 2008), which people with
the common kinds of colour blindness can tell apart; every label has a sign besides.
"""

from __future__ import annotations

from typing import NamedTuple

Colour = tuple[int, int, int]


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Colour between a (share 0) and b (share 1)."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def dimmed(colour: Colour, night: bool, share: float = 0.5) -> Colour:
    """A colour as it looks at night, by day as it is."""
    return mix(colour, (14, 20, 34), share) if night else colour


class Theme(NamedTuple):
    """Colours of one time of day."""

    night: bool
    paper: Colour  # behind words
    card: Colour  # raised boxes
    line: Colour  # hairlines
    ink: Colour
    soft: Colour  # secondary words
    faint: Colour  # marks that carry little
    aligned: Colour
    neutral: Colour
    unaligned: Colour
    lamp: Colour
    accent: Colour  # what was taken, what is chosen
    sky: Colour
    water: Colour
    ground: Colour  # fishing grounds
    shore: Colour
    land: Colour
    fish: Colour

    def label(self, value: int) -> Colour:
        """Colour of a label -1, 0 or +1."""
        return (self.unaligned, self.neutral, self.aligned)[value + 1]


DAY = Theme(
    night=False,
    paper=(250, 247, 240),
    card=(255, 255, 255),
    line=(221, 213, 197),
    ink=(38, 44, 54),
    soft=(98, 104, 114),
    faint=(190, 186, 176),
    aligned=(0, 114, 178),
    neutral=(122, 124, 128),
    unaligned=(200, 80, 0),
    lamp=(255, 214, 102),
    accent=(38, 44, 54),
    sky=(196, 224, 232),
    water=(128, 184, 202),
    ground=(92, 156, 181),
    shore=(236, 220, 182),
    land=(176, 194, 144),
    fish=(235, 245, 248),
)
NIGHT = Theme(
    night=True,
    paper=(20, 25, 38),
    card=(30, 37, 54),
    line=(52, 61, 84),
    ink=(228, 232, 240),
    soft=(150, 159, 178),
    faint=(78, 87, 110),
    aligned=(86, 180, 233),
    neutral=(150, 156, 168),
    unaligned=(240, 128, 62),
    lamp=(255, 200, 87),
    accent=(240, 243, 250),
    sky=(12, 17, 30),
    water=(20, 34, 56),
    ground=(27, 47, 76),
    shore=(50, 51, 56),
    land=(33, 43, 46),
    fish=(96, 128, 160),
)

SIGNS = {-1: "✕", 0: "○", 1: "✓"}
"""Signs of the labels, for those who see no colours."""
LABEL_WORDS = {-1: "unaligned", 0: "permissible", 1: "aligned"}

SEATS: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (204, 121, 167),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (148, 148, 148),
)
"""Colours of seats, repeating after eight; a seat's number or name always stands beside."""


ACCENTS: tuple[Colour, ...] = (
    *SEATS,
    *(mix(c, (14, 20, 34), share) for c in SEATS for share in (0.2, 0.35)),
    *(
        c
        for theme in (DAY, NIGHT)
        for c in (theme.aligned, theme.unaligned, theme.neutral, theme.lamp, theme.ink)
    ),
    *(mix(theme.paper, theme.unaligned, share) for theme in (DAY, NIGHT) for share in (0.14, 0.3, 0.5)),
    *(mix(theme.paper, theme.aligned, 0.12) for theme in (DAY, NIGHT)),
    (214, 158, 46),
    (46, 140, 160),
    (86, 176, 196),
    (204, 62, 120),
)
"""Rare colours that carry meaning: a palette that is made smaller must keep them."""


def seat_colour(seat: int) -> Colour:
    """Colour of a seat."""
    return SEATS[seat % len(SEATS)]
