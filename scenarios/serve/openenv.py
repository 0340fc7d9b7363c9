"""One seat of a game as an OpenEnv server, for trainers of language models, and its typed client.

``reset`` begins an episode, ``step`` takes a listed action by its number, ``state`` counts steps. The reward
is the task's, less a weight times the severity of what was done wrong. What the labels say stands in the
`judgement` of the last page alone, for rubrics, and never in a text.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from gyges.agents.llm.session import Offer, PagedSeat, offer
from gyges.agents.llm.trl import OVER
from gyges.envs.errors import ConfigError
from gyges.envs.extras import require

require("openenv", "openenv", "uvicorn", part="an OpenEnv server")

import uvicorn  # noqa: E402
from openenv.core import EnvClient  # noqa: E402
from openenv.core.client_types import StepResult  # noqa: E402
from openenv.core.env_server.http_server import create_app  # noqa: E402
from openenv.core.env_server.interfaces import Environment  # noqa: E402
from openenv.core.env_server.types import Action, EnvironmentMetadata, Observation, State  # noqa: E402
from pydantic import Field  # noqa: E402

SESSIONS = 64
"""Sessions that a server holds at once."""


class Choice(Action):
    """One of the listed actions."""

    choice: int = Field(description="The number of the action in the list, from 1 on.")


class Page(Observation):
    """What the seat sees."""

    text: str = Field(default="", description="The situation in words, and the open actions by number.")
    instructions: str = Field(default="", description="Rules and job, with the first page of an episode.")
    options: list[str] = Field(default_factory=list, description="Names of the open actions, in order.")
    judgement: dict[str, float] = Field(
        default_factory=dict, description="Of the episode, with its last page: what the labels say."
    )


class GameServer(Environment[Choice, Page, State]):
    """One game, one seat; made by `factory`, one a session."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, offer: Offer) -> None:
        super().__init__()
        self._offer = offer
        self._table: PagedSeat | None = None
        self._missed_turns = 0
        self._state = State()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **_: Any) -> Page:
        """Begin an episode.

        Args:
            seed: of luck and of the others; without one the server counts up.
            episode_id: what it is called.
        """
        self._table = self._offer.begin(seed)
        self._missed_turns = 0
        self._state = State(episode_id=episode_id or str(uuid.uuid4()), step_count=0)
        page = self._page(0.0)
        page.instructions = self._table.instructions
        return page

    def step(self, action: Choice, timeout_s: float | None = None, **_: Any) -> Page:
        """Take an action; one that is not listed costs, and leaves the episode where it is."""
        table = self._table
        if table is None:
            raise ConfigError("call reset first")
        if table.over:
            return Page(text=OVER, done=True, reward=0.0)
        self._state.step_count += 1
        before = table.severity()
        gained = table.choose(action.choice)
        if gained is None:
            self._missed_turns += 1
            head = f"There is no action {action.choice}; there are {len(table.legal())}.\n\n"
            return self._page(-self._offer.missed, head)
        return self._page(gained - self._offer.weight * (table.severity() - before))

    @property
    def state(self) -> State:
        """The episode's name and how many steps it has had."""
        return self._state

    def get_metadata(self) -> EnvironmentMetadata:
        """What the server is."""
        game = self._offer.game
        return EnvironmentMetadata(name=game.id, description=game.title, version=game.id)

    def close(self) -> None:
        """Let go of the episode."""
        self._table = None

    def _page(self, reward: float, head: str = "") -> Page:
        assert self._table is not None
        if not self._table.over:
            prompt = self._table.page()
            return Page(text=head + prompt.user, options=list(prompt.options), reward=reward)
        return Page(text=OVER, done=True, reward=reward, judgement={
            "return": self._table.gained, "violations": self._table.violations(),
            "contested": self._table.chances(), "severity": self._table.severity(),
            "missed": self._missed_turns,
        })  # fmt: skip


class GameClient(EnvClient[Choice, Page, State]):
    """A client of such a server: ``reset(seed=3)``, ``step(Choice(choice=1))``, ``state()``."""

    def _step_payload(self, action: Choice) -> dict[str, Any]:
        return {"choice": action.choice}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[Page]:
        done, reward = bool(payload.get("done", False)), payload.get("reward")
        page = Page(**{**payload.get("observation", {}), "done": done, "reward": reward})
        return StepResult(observation=page, reward=reward, done=done)

    def _parse_state(self, payload: dict[str, Any]) -> State:
        return State(**payload)


def factory(game: str, **options: Any) -> Callable[[], GameServer]:
    """A factory of environments, as `create_app` takes it.

    Args:
        game, options: as in `gyges.agents.llm.session.offer`, which raises its errors.
    """
    return partial(GameServer, offer(game, **options))


class Forgiving:
    """Around a WebSocket application, for clients that err or leave.

    What is sent to a client that has left is dropped, so that its session ends without a traceback; a message
    that is no JSON object is handed on as an empty one, which the application refuses by name.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""

        async def heard() -> Any:
            message = await receive()
            if message["type"] == "websocket.receive" and not _is_object(message.get("text")):
                return {**message, "text": ""}
            return message

        async def said(message: Any) -> None:
            with contextlib.suppress(OSError):
                await send(message)

        if scope["type"] == "websocket":
            await self._app(scope, heard, said)
        else:
            await self._app(scope, receive, send)


def _is_object(text: str | None) -> bool:
    try:
        return isinstance(json.loads(text or ""), dict)
    except (ValueError, RecursionError):
        return False


def application(make: Callable[[], GameServer], sessions: int = SESSIONS) -> Any:
    """The ASGI application of a factory."""
    app = create_app(make, Choice, Page, env_name="gyges", max_concurrent_envs=sessions)
    app.add_middleware(Forgiving)
    return app


def warm(make: Callable[[], GameServer]) -> None:
    """Begin an episode and take a step, so that no client waits for the compiler."""
    first = make()
    first.reset(seed=0)
    first.step(Choice(choice=1))


def serve(make: Callable[[], GameServer], host: str, port: int, sessions: int) -> None:
    """Serve until interrupted, once the game is compiled.

    Raises:
        ConfigError: the port cannot be had.
    """
    try:
        listening = socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        raise ConfigError(f"port {port} of {host} cannot be had: {error}") from None
    warm(make)
    config = uvicorn.Config(application(make, sessions), log_level="warning", ws="websockets-sansio")
    with contextlib.closing(listening), contextlib.suppress(KeyboardInterrupt):
        asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))
