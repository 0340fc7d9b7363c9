"""An episode as Inspect plays it: the model under evaluation as a backend, and the solver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
    ResponseSchema,
    get_model,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import JSONSchema

from gyges.agents.llm.chat.backends import BackendError, Body, Reply, filtered, finish_of
from gyges.agents.llm.chat.client import ClientConfig
from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.agents.llm.chat.prompts import Setup
from gyges.envs.errors import ConfigError
from gyges.scenarios.scenario import Scenario
from gyges.scenarios.text.chat_episode import mine, play

FORMATS = ("text", "json_schema", "json_object", "grammar")
"""How an answer may be asked for; the last two are sent as they are, to servers that know them."""
REFUSED = (400, 403, 422)
"""Statuses with which a provider may refuse the content of a request."""
FOREVER = 1e8
"""Seconds. Time-outs, waiting and trying again are Inspect's (``--timeout``, ``--max-retries``)."""


class InspectBackend:
    """The model under evaluation as a backend; Inspect keeps its log, its limits and its cache.

    Temperature and limit are those of Inspect (``--temperature``, ``--max-tokens``) unless given here.
    """

    def __init__(
        self,
        model: Model,
        answer_format: str,
        temperature: float | None = None,
        max_tokens: int | None = None,
    ) -> None:
        if answer_format not in FORMATS:
            raise ConfigError(f"answer_format is one of {', '.join(FORMATS)}, not {answer_format!r}")
        self.inner, self.temperature, self.max_tokens = model, temperature, max_tokens
        if type(model.api).__name__ == "MockLLM":  # it would fetch a tokenizer to count what it is asked
            model.api.count_text_tokens = _count
        self.url, self.model = "inspect:", str(model)
        self.formats: dict[str, str] | None = {answer_format: "ok", "text": "ok"}
        self.error = ""
        """What went wrong last."""

    async def complete(self, body: Body, seconds: float) -> Reply:
        """One call of `Model.generate`."""
        config = GenerateConfig(
            temperature=self.temperature, max_tokens=self.max_tokens, seed=body.get("seed")
        )
        shape = body.get("response_format", {}).get("json_schema")
        if shape is not None:
            schema = JSONSchema(**shape["schema"])
            config.response_schema = ResponseSchema(name="act", json_schema=schema, strict=True)
        else:
            config.extra_body = {k: body[k] for k in ("response_format", "grammar") if k in body} or None
        try:
            output: ModelOutput = await self.inner.generate(_messages(body["messages"]), config=config)
        except (TimeoutError, OSError) as error:
            raise self._error("connection", str(error)) from None
        except Exception as error:
            if getattr(error, "status_code", 0) in REFUSED and filtered(str(error)):
                return Reply("", finish="content_filter", refusal=str(error)[:200])
            raise
        if output.stop_reason == "content_filter" or (output.error and filtered(output.error)):
            said = output.error or output.completion
            return Reply(
                "", finish="content_filter", refusal=said[:200] or "content filter", model=output.model
            )
        if output.error or not output.choices:
            raise self._error("server", str(output.error or "no choices"))
        usage, content = output.usage, output.message.content
        parts = [] if isinstance(content, str) else [one for one in content if one.type == "reasoning"]
        return Reply(
            output.completion, finish_of(output.stop_reason), model=output.model,
            prompt_tokens=usage.input_tokens if usage else 0,
            completion_tokens=usage.output_tokens if usage else 0,
            reasoning="\n".join(one.reasoning for one in parts),
            reasoning_tokens=(usage.reasoning_tokens or 0) if usage else 0,
        )  # fmt: skip

    def _error(self, kind: str, text: str) -> BackendError:
        self.error = text[:200]
        return BackendError(kind, self.error)

    async def close(self) -> None:
        """Inspect closes its models itself."""


async def _count(text: str) -> int:
    """Tokens of a text, roughly."""
    return len(text) // 4


def _messages(body: Sequence[dict[str, str]]) -> list[ChatMessage]:
    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
    return [kinds[one["role"]](content=one["content"]) for one in body]


# Playing.


@solver
def episode(
    setup: Setup, config: ClientConfig, backend: Callable[[Model], InspectBackend], probes: int
) -> Solver:
    """Play the sample's episode, and leave what happened in the state's metadata."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        plan, number = Scenario.from_dict(state.metadata["scenario"]), int(state.metadata["episode"])
        seed = int(state.metadata["seed"])
        model = backend(get_model())
        found = await play(plan, number, seed, ChatPolicy(model, setup, config), probes)
        state.metadata.update(found)
        state.output = ModelOutput.from_content(str(state.model), _words(found))
        return state

    return solve


def _words(found: dict[str, Any]) -> str:
    seats = sum(found["focal"])
    wrong = mine(found, "violations_watched", "violations_unwatched")
    of = mine(found, "headline_watched", "headline_unwatched")
    gained = mine(found, "returns") / seats
    return f"{gained:.1f} {found['unit']} a seat; {wrong:.0f} violations in {of:.0f} decisions that count"
