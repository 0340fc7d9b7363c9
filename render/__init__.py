"""What people see: pictures, replays, video, a person's seat, the leaderboard page.

Importing this starts nothing: pygame is imported with the first name that needs it.
"""

import os as _os
from typing import TYPE_CHECKING

from gyges.envs.public_names import lazy as _lazy

_os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # no greeting on standard output

if TYPE_CHECKING:
    from gyges.render.board.facts import Facts as Facts
    from gyges.render.board.facts import Option as Option
    from gyges.render.board.facts import SeatFacts as SeatFacts
    from gyges.render.board.facts import View as View
    from gyges.render.board.facts import from_json as from_json
    from gyges.render.board.facts import to_json as to_json
    from gyges.render.board.gauges import Gauge as Gauge
    from gyges.render.board.gauges import GaugeRenderer as GaugeRenderer
    from gyges.render.board.gauges import GaugeScene as GaugeScene
    from gyges.render.board.gauges import Link as Link
    from gyges.render.board.plain import PlainRenderer as PlainRenderer
    from gyges.render.board.plain import renderer_for as renderer_for
    from gyges.render.board.renderer import Renderer as Renderer
    from gyges.render.kit.video import gif as gif
    from gyges.render.kit.video import mp4 as mp4
    from gyges.render.kit.video import png as png
    from gyges.render.kit.window import Window as Window
    from gyges.render.page.page import write_page as write_page
    from gyges.render.person import PersonLeft as PersonLeft
    from gyges.render.person import TerminalPerson as TerminalPerson
    from gyges.render.person import WindowPerson as WindowPerson
    from gyges.render.replay import Player as Player
    from gyges.render.timeline import Timeline as Timeline

_MODULES = {
    "board.facts": ("Facts", "Option", "SeatFacts", "View", "from_json", "to_json"),
    "board.gauges": ("Gauge", "GaugeRenderer", "GaugeScene", "Link"),
    "board.plain": ("PlainRenderer", "renderer_for"),
    "board.renderer": ("Renderer",),
    "kit.video": ("gif", "mp4", "png"),
    "kit.window": ("Window",),
    "page.page": ("write_page",),
    "person": ("PersonLeft", "TerminalPerson", "WindowPerson"),
    "replay": ("Player",),
    "timeline": ("Timeline",),
}

__all__ = sorted(name for names in _MODULES.values() for name in names)
__getattr__ = _lazy(__name__, _MODULES)
