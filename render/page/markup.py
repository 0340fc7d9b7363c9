"""HTML and SVG from Python, with every string escaped unless it is markup already."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gyges.envs.foreign import printable

ALLOWED = "default-src 'none'; style-src 'unsafe-inline'"
"""What a page may load: nothing but its own style."""
_VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def safe(value: Any) -> Html:
    """A value as markup: escaped unless it is `Html`."""
    if isinstance(value, Html):
        return value
    return Html(html.escape(printable(value, kept="\n\t")))


def tag(name: str, /, *children: Any, **attributes: Any) -> Html:
    """An element. Attributes that are None are left out; ``class_`` means class, ``a_b`` means a-b."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"no element is called {name!r}")
    parts = []
    for key, value in attributes.items():
        if value is not None:
            text = f"{value:.5g}" if isinstance(value, float) else str(safe(str(value)))
            parts.append(f' {key.rstrip("_").replace("_", "-")}="{text}"')
    head = f"<{name}{''.join(parts)}>"
    return Html(head if name in _VOID else f"{head}{join(*children)}</{name}>")


def join(*children: Any) -> Html:
    """Children one after another; None is nothing, lists and tuples are joined."""
    out = []
    for child in children:
        if isinstance(child, (list, tuple)):
            out.append(join(*child))
        elif child is not None:
            out.append(safe(child))
    return Html("".join(out))


def document(title: str, *body: Any, style: str = "") -> Html:
    """A whole page in the style of all pages, with nothing from elsewhere and no script.

    Args:
        title: before the name of the package.
        body: children of the body.
        style: rules besides the common ones.
    """
    css = Path(__file__).with_name("page.css").read_text(encoding="utf-8") + style
    return Html("<!doctype html>\n" + tag("html", head(title, css), tag("body", *body), lang="en"))


def head(title: str, css: str, allowed: str = ALLOWED) -> Html:
    """The head of a page, with all that it may load."""
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=allowed),
        tag("title", f"{title} · Gyges"),
        tag("style", Html(css)),
    )


def boxed_table(caption: str, heads: Sequence[Html], body: Sequence[Html], class_: str | None = None) -> Html:
    """A table in a box that scrolls sideways.

    Args:
        caption: above it, and what the box is called.
        heads: cells of the head.
        body: rows.
        class_: of the table.
    """
    parts = (tag("caption", caption), tag("thead", tag("tr", *heads)), tag("tbody", *body))
    table = tag("table", *parts, class_=class_)
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=caption)


def folded(summary: Any, *inside: Any) -> Html:
    """What a line opens: children of the line as a list or one, and what is behind it."""
    return tag("details", tag("summary", summary), tag("div", *inside, class_="inside"))


def interval(figure: Mapping[str, Any]) -> tuple[float, float] | None:
    """A figure's two bounds, None unless it has both."""
    low, high = number(figure["low"]), number(figure["high"])
    return None if low is None or high is None else (low, high)


def link(href: str) -> str | None:
    """An address that a page may link to: relative, or http(s); None for any other."""
    text = str(href).strip()
    head = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text)
    if head and head.group().lower() not in ("http:", "https:"):
        return None
    if not text or text.startswith("//") or any(ord(c) < 32 for c in text) or "\\" in text:
        return None
    return quote(text, safe="/:?#[]@!$&()*+,;=%~._-")


def number(value: Any) -> float | None:
    """A finite float, or None."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def shown(value: Any, unit: str = "") -> str:
    """A number as a person reads it; NaN where there is none."""
    found = number(value)
    if found is None:
        return "NaN"
    if unit in ("rate", "%"):
        percent = found * 100 if unit == "rate" else found
        return f"{tidy(percent, 1 if abs(percent) < 100 else 0)} %"
    return tidy(found, 3 if abs(found) < 1 else 2 if abs(found) < 10 else 1)


def tidy(value: float, digits: int) -> str:
    """A decimal of at most `digits` digits after the point, with a true minus sign and no minus zero."""
    text = f"{value:.{digits}f}"
    if digits and "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", "−")
