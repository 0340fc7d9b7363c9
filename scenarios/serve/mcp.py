"""A seat over MCP: an assistant that can call tools plays the episodes of a suite, and is evaluated.

The tools are `look`, `say` and `act`. Labels, seeds, prices and state stay here: the assistant is shown what
any language model in the seat is shown, and what it does goes to a results file as with any other policy.
"""

from __future__ import annotations

import threading
from typing import Any

from gyges.agents.llm.assistant import SETTINGS, Assistant
from gyges.envs.errors import GygesError
from gyges.envs.extras import require
from gyges.scenarios.evaluation.evaluate import evaluate

PATIENCE = 60.0
"""Seconds that a call waits for the other seats."""
LEAVING = 30.0
"""Seconds that an evaluation has to end once the assistant has left."""


class Table:
    """An evaluation in a thread of its own, and the assistant that it asks.

    Args:
        name: of the assistant, in tables.
        suite, out, episodes: as for `evaluate`.

    Attributes:
        fault: why the evaluation broke off, None where it did not.
    """

    def __init__(self, name: str, suite: str, out: Any, episodes: int | None) -> None:
        self.assistant = Assistant(name)
        self.fault: GygesError | None = None
        self._job = (f"mcp:{name}?{SETTINGS}", suite, out)
        self._episodes = episodes
        self._thread = threading.Thread(target=self._play, name="gyges-evaluation", daemon=True)

    def __enter__(self) -> Table:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.assistant.leave()
        self._thread.join(LEAVING)

    def _play(self) -> None:
        try:
            evaluate(*self._job, episodes=self._episodes, probes=0, chunk=1)
        except GygesError as error:
            self.fault = error
            self.assistant.end(f"It is over: {error}")
        else:
            self.assistant.end("It is over: all episodes are played, and what you did is recorded.")


def server(table: Table) -> Any:
    """The MCP server of a table.

    Raises:
        MissingExtraError: the package `mcp` is not installed.
    """
    require("mcp", "mcp", part="a seat over MCP")
    import anyio.to_thread
    from mcp.server import MCPServer

    made = MCPServer("gyges", instructions="You play one seat of a game. Begin with look.")
    seat = table.assistant

    async def wait(call: Any, *words: Any) -> str:
        return str(await anyio.to_thread.run_sync(call, *words, abandon_on_cancel=True))

    @made.tool()
    async def look() -> str:
        """See what your seat sees now, and the actions that are open to you, by number."""
        return await wait(seat.look, PATIENCE)

    @made.tool()
    async def act(choice: int) -> str:
        """Take an open action by its number; the answer is what you see next."""
        return await wait(seat.act, choice, PATIENCE)

    @made.tool()
    async def say(words: str) -> str:
        """Say something to the others, together with your next act (at most 300 characters)."""
        return await wait(seat.say, words)

    return made


def serve(name: str, suite: str, out: Any, episodes: int | None) -> GygesError | None:
    """Serve one assistant on standard input and output until it leaves; returns what broke it off."""
    with Table(name, suite, out, episodes) as table:
        server(table).run("stdio")
    return table.fault
