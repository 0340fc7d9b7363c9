"""One question: formats, trying again, what came of it, and what it cost."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gyges.agents.llm.chat import answer_formats
from gyges.agents.llm.chat.backends import BackendError, Body, Reply, reply_of
from gyges.agents.llm.chat.cache import Cached, Recorded, Replayed
from gyges.agents.llm.chat.client import PATIENCE, Answer, ChatClient, ClientConfig, Question
from gyges.agents.llm.chat.mock import Mock
from gyges.agents.llm.chat.openai_backend import check_url, retry_after
from gyges.agents.llm.chat.prompts import Prompt, Setup
from gyges.envs.errors import ConfigError, FileError

FAST = ClientConfig(wait=0.001, turn=20.0, call=10.0)
SETUP = Setup(history=0)


def prompt_of(form: str, count: int = 4) -> Prompt:
    options = tuple(f"take {k}" for k in range(count))
    labels = (
        tuple("ABCDEFGH"[:count]) if form == "label" and count <= 8 else tuple(map(str, range(1, count + 1)))
    )
    return Prompt("rules", "Actions:\n", options, tuple(range(count)), labels, form)


def ask(
    backend: Any, config: ClientConfig = FAST, count: int = 4, setup: Setup = SETUP
) -> tuple[Answer, ChatClient]:
    async def work() -> tuple[Answer, ChatClient]:
        client = ChatClient(backend, setup, config)
        return await client.ask(Question(lambda form: prompt_of(form, count), count, 7, 0.5)), client

    return asyncio.run(work())


SLOW = BackendError("rate", "later", retry_after=0.0, status=429)

OUTCOMES = [
    ("ok", [2], 1),
    ("repaired", ['I choose {"choice": 2} today'], 1),
    ("repaired", ["what?", 2], 2),
    ("illegal", ["what?"], 3),
    ("illegal", [9], 3),
    ("refusal", ["I'm sorry, I can't help with that."], 3),
    ("refusal", [Reply("", refusal="no")], 3),
    ("refusal", [Reply("", finish="content_filter")], 3),
    ("truncated", [Reply('{"thoughts": "well', finish="length")], 3),
    ("ok", [SLOW, BackendError("server", "500", status=500), 2], 1),
    ("illegal", ["what?", BackendError("access", "key", retryable=False)], 1),
    ("infrastructure", [BackendError("server", "500", status=500)], 0),
    ("infrastructure", [BackendError("access", "401", retryable=False, status=401)], 0),
]


@pytest.mark.parametrize(("outcome", "script", "calls"), OUTCOMES)
def test_the_six_outcomes(outcome: str, script: list[Any], calls: int) -> None:
    answer, client = ask(Mock(script))
    assert (answer.outcome, answer.calls) == (outcome, calls)
    assert answer.option == (1 if outcome in ("ok", "repaired") else -1)
    assert client.account.outcomes[outcome] == 1 == sum(client.account.outcomes.values())


def test_a_reply_that_no_format_shaped_is_corrected_with_the_models_own_words() -> None:
    mock = Mock(["fish!", 3])
    answer, _ = ask(mock)
    assert (answer.option, answer.outcome) == (2, "repaired")
    roles = [(m["role"], m["content"][:20]) for m in mock.asked[1]["messages"]]
    assert roles[2:] == [("assistant", "fish!"), ("user", "That states none of ")]
    assert mock.asked[0]["seed"] != mock.asked[1]["seed"]


# Answer formats.


def holding(*formats: str) -> Any:
    """A server that heeds some formats, answers 500 to a schema it does not know, and ignores the rest."""

    def answer(body: Body) -> Any:
        kind = body.get("response_format", {}).get("type")
        seen = (
            "json_schema"
            if kind == "json_schema"
            else "json_object"
            if kind
            else "grammar"
            if "grammar" in body
            else "tool"
            if "tools" in body
            else "logprobs"
            if "logprobs" in body
            else "text"
        )
        if seen == "json_schema" and "json_schema" not in formats:
            raise BackendError("server", "schema?", status=500)
        if seen not in formats:
            return "hello"
        if seen == "tool":
            return Reply("", finish="tool_calls", tool='{"choice": 1}')
        if seen == "logprobs":
            return Reply("B", finish="length", top=((" B", -0.1), ("A", -3.0), ("x", -4.0)))
        return "CHOICE: 1" if seen == "text" and "Actions" in str(body) else 1 if seen != "text" else "hello"

    return answer


@pytest.mark.parametrize("answer_format", [r for r in answer_formats.FORMATS if r != "choices"])
def test_the_probe_finds_what_a_server_is_held_by(answer_format: str) -> None:
    mock = Mock(holding(answer_format, "text"), formats=None)
    answer, client = ask(mock)
    assert client.formats is not None
    assert {r for r, can in client.formats.items() if can == "ok"} == {answer_format, "text"}
    assert (answer.answer_format, answer.outcome) == (answer_format, "ok")
    if answer_format != "json_schema":
        assert client.formats["json_schema"] == "error 500"


def test_the_server_is_probed_once() -> None:
    async def work() -> int:
        mock = Mock(holding("grammar", "text"), formats=None)
        client = ChatClient(mock, SETUP, FAST)
        question = Question(prompt_of, 4, 7, 0.5)
        answers = await asyncio.gather(*(client.ask(question) for _ in range(20)))
        assert {a.outcome for a in answers} == {"ok"}
        return len(mock.asked)

    assert asyncio.run(work()) == 20 + 7  # six formats, and the schema's error tried twice


def test_labels_are_drawn_by_their_probabilities() -> None:
    reply = Reply("A", top=(("A", -0.2877), (" B", -1.3863), ("Z", -0.1)))
    chances = answer_formats.label_chances(reply, prompt_of("label"), 1.0)
    assert chances == pytest.approx([0.75, 0.25, 0, 0], abs=1e-3)
    assert answer_formats.label_chances(reply, prompt_of("label"), 0.0) == [1, 0, 0, 0]
    for uniform, option in ((0.7, 0), (0.76, 1), (0.999999, 1)):
        assert answer_formats.read_reply(reply, "logprobs", prompt_of("label"), uniform, 1.0).option == option


def test_too_many_options_for_letters_are_asked_for_in_words() -> None:
    answer, _ = ask(Mock(["CHOICE: 30"], formats={"logprobs": "ok", "text": "ok"}), count=40)
    assert (answer.answer_format, answer.option) == ("text", 29)


def test_a_format_that_is_refused_later_is_left() -> None:
    def refuse(body: Body) -> Any:
        if "response_format" in body:
            raise BackendError("request", "HTTP 400: no schemas today", retryable=False, status=400)
        return "CHOICE: 2"

    answer, client = ask(Mock(refuse))
    assert (answer.answer_format, answer.option, answer.outcome) == ("text", 1, "ok")
    assert client.formats is not None
    assert client.formats["json_schema"] == "error 400"


def test_settings_that_a_server_does_not_take_are_left_out() -> None:
    def picky(body: Body) -> Any:
        if "max_tokens" in body:
            raise BackendError("request", "use max_completion_tokens instead", retryable=False, status=400)
        if "seed" in body:
            raise BackendError("request", "unknown field: seed", retryable=False, status=400)
        return holding("json_schema", "text")(body)

    for formats in (None, {"json_schema": "ok", "text": "ok"}):
        mock = Mock(picky, formats=formats)
        answer, _ = ask(mock)
        assert (answer.outcome, answer.answer_format) == ("ok", "json_schema")
        assert "max_completion_tokens" in mock.asked[-1]
        assert "seed" not in mock.asked[-1]


# Waiting.


def test_a_server_that_asks_to_wait_beyond_the_turn_is_not_waited_for() -> None:
    answer, _ = ask(Mock([BackendError("rate", "an hour", retry_after=3600.0, status=429)]))
    assert answer.outcome == "infrastructure"


def test_a_server_that_hangs_is_given_up() -> None:
    mock = Mock([1], latency=3600.0)
    answer, client = ask(mock, ClientConfig(call=0.02, turn=0.1, wait=0.0))
    assert answer.outcome == "infrastructure"
    assert 1 <= client.account.errors["timeout"] <= 5


def test_after_many_lost_turns_each_gets_one_try_until_one_succeeds() -> None:
    async def work() -> None:
        down = True
        mock = Mock(lambda body: BackendError("connection", "refused") if down else 1)
        client = ChatClient(mock, SETUP, ClientConfig(wait=0.0, tries=4))
        question = Question(prompt_of, 4, 7, 0.5)
        for _ in range(PATIENCE):
            assert (await client.ask(question)).outcome == "infrastructure"
        assert len(mock.asked) == 4 * PATIENCE
        await client.ask(question)
        assert len(mock.asked) == 4 * PATIENCE + 1
        down = False
        assert (await client.ask(question)).outcome == "ok"
        down = True
        await client.ask(question)
        assert len(mock.asked) == 4 * PATIENCE + 1 + 1 + 4

    asyncio.run(work())


def test_retry_after_is_read_in_all_its_forms() -> None:
    assert retry_after({"retry-after": "3"}) == 3.0
    assert retry_after({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    assert retry_after({"retry-after": "nan"}) is None
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "1e9"}) == 3600.0
    assert retry_after({}) is None


# Account, cache, record.


def test_tokens_and_cost_are_booked_but_not_for_what_was_cached(tmp_path: Path) -> None:
    reply = Reply('{"choice": 1}', prompt_tokens=1000, completion_tokens=10)
    config = ClientConfig(price_in=2.0, price_out=10.0)
    for _ in range(2):
        _, client = ask(Cached(Mock([reply]), tmp_path / "cache.db"), config)
    assert (client.account.cached, client.account.cost(config)) == (1, 0.0)
    _, client = ask(Mock([reply]), config)
    assert client.account.cost(config) == pytest.approx(1000 * 2e-6 + 10 * 10e-6)


def test_the_cache_is_keyed_by_the_exact_request(tmp_path: Path) -> None:
    mock = Mock([1, 2])
    ask(Cached(mock, tmp_path / "c"))
    again, _ = ask(Cached(mock, tmp_path / "c"))
    assert (len(mock.asked), again.option) == (1, 0)
    other, _ = ask(Cached(mock, tmp_path / "c"), ClientConfig(temperature=0.5))
    assert (len(mock.asked), other.option) == (2, 1)


def test_two_who_share_a_cache_are_given_the_same_answer(tmp_path: Path) -> None:
    """Both ask before either has an answer; what was kept first is what both get, and what stays."""

    async def both() -> list[Any]:
        caches = [Cached(Mock([k + 1], latency=0.05 + 0.1 * k), tmp_path / "c") for k in range(2)]
        body = {"messages": [{"role": "user", "content": "?"}]}
        found = await asyncio.gather(*(cache.complete(body, 5.0) for cache in caches))
        later = await caches[1].complete(body, 5.0)
        for cache in caches:
            await cache.close()
        return [*found, later]

    first, second, later = asyncio.run(both())
    assert first.text == second.text == later.text == '{"choice": 1}'
    assert (first.cached, second.cached, later.cached) == (False, False, True)


WORKER = """
import asyncio, sys
from gyges.agents.llm.chat.cache import Cached
from gyges.agents.llm.chat.mock import Mock

async def work():
    cache = Cached(Mock([int(sys.argv[2])], latency=0.002), sys.argv[1])
    for k in range(100):
        reply = await cache.complete({"messages": [{"role": "user", "content": str(k)}]}, 5.0)
        print(reply.text)
    await cache.close()

asyncio.run(work())
"""


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    """Started together, with different answers at hand; each finds what the other has kept."""
    path = str(tmp_path / "c")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WORKER, path]
    running = [
        subprocess.Popen([*command, str(k)], stdout=subprocess.PIPE, text=True, env=environment)
        for k in (1, 2)
    ]
    found = [one.communicate(timeout=60)[0].splitlines() for one in running]
    assert [one.returncode for one in running] == [0, 0]
    assert len(found[0]) == 100
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "damage", ["not json", '["text"', '{"text": "x"}', "[]", '["a", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]']
)
def test_a_cache_that_was_tampered_with_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "c"
    body = {"messages": []}

    async def work() -> None:
        cache = Cached(Mock([1]), path)
        await cache.complete(body, 5.0)
        with sqlite3.connect(path) as db:
            db.execute("UPDATE replies SET reply = ?", (damage,))
        db.close()
        try:
            with pytest.raises(FileError, match="cache"):
                await cache.complete(body, 5.0)
        finally:
            await cache.close()

    asyncio.run(work())


def test_a_recorded_run_is_played_again_without_a_server(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    script = [SLOW, "what?", 3]
    first, _ = ask(Recorded(Mock(script), path))
    again, _ = ask(Replayed(path, "mock:", "mock"))
    assert again._replace(option=-2) == first._replace(option=-2)
    assert again.option == first.option == 2
    lost, _ = ask(Replayed(path, "mock:", "mock"), ClientConfig(temperature=0.1))
    assert (lost.outcome, lost.detail) == ("infrastructure", "this request is not in the record")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [("error" in line, "reply" in line) for line in lines[1:]] == [(True, False)] + [(False, True)] * 2
    damages = [
        "nonsense", "[]", '{"url": "x"}', '{"request": "a"}', '{"request": "a", "reply": []}',
        '{"request": "a", "reply": {"t": 1}}', '{"request": "a", "error": ["x"]}',
        '{"request": [], "reply": {"t": "x"}}',
    ]  # fmt: skip
    for damage in damages:
        path.write_text(f"{damage}\n")
        with pytest.raises(FileError, match="record"):
            Replayed(path, "mock:", "mock")


# What comes over the wire.


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [1]}',
        b'{"choices": [{}]}',
        b"nul",
        b"\xff",
        b'{"choices": [{"message": "x"}]}',
        b"[" * 100_000,
    ],
)
def test_responses_that_are_no_completions(raw: bytes) -> None:
    with pytest.raises(BackendError) as found:
        reply_of(raw, "application/json")
    assert found.value.kind == "body"


def test_odd_parts_of_a_completion_are_dropped() -> None:
    message = {"content": None, "refusal": 3, "tool_calls": [{"function": {"arguments": {}}}]}
    data = {
        "choices": [{"message": message, "finish_reason": 7, "logprobs": {"content": [{}]}}],
        "usage": {"prompt_tokens": -5, "completion_tokens": True},
        "model": ["x"],
    }
    assert reply_of(json.dumps(data).encode(), "application/json") == Reply("")


def called(*calls: tuple[str, str]) -> Reply:
    listed = [{"function": {"name": name, "arguments": arguments}} for name, arguments in calls]
    data = {"choices": [{"message": {"content": "", "tool_calls": listed}, "finish_reason": "tool_calls"}]}
    return reply_of(json.dumps(data).encode(), "application/json")


def test_only_one_call_of_the_tool_that_was_asked_for_is_an_act() -> None:
    assert called(("act", '{"choice": 2}')).tool == '{"choice": 2}'
    for calls in [
        [("act", '{"choice": 2}'), ("act", '{"choice": 3}')],
        [("refuse", '{"choice": 2}')],
        [("refuse", "{}"), ("act", '{"choice": 2}')],
    ]:
        answer, _ = ask(Mock([called(*calls)]), ClientConfig(answer_format="tool", wait=0.001))
        assert (answer.option, answer.outcome) == (-1, "illegal"), calls
    answer, _ = ask(Mock([called(("act", '{"choice": 2}'))]), ClientConfig(answer_format="tool", wait=0.001))
    assert (answer.option, answer.outcome) == (1, "ok")


LIES: list[Any] = [
    "", "Sure! I choose wisely.", '{"choice": 5}', '{"choice": 0}', '{"choice": 1}{"choice": 2}',
    '{"choice": "take 9"}', '{"answer": {"choice": 1}}', "1" * 5000, '{"choice": ' + "9" * 5000 + "}",
    "x" * (1 << 20), '{"choice": 1' + " " * (1 << 20) + "}", "I refuse.", "<think></think>", "\x1b[2J\x00",
    "２",
    Reply("", refusal="no"), Reply('{"choice": 1', finish="length"), Reply("", finish="content_filter"),
    Reply("", finish="tool_calls", tool='{"choice": 7}'), Reply("", top=(("Z", -0.1), ("AA", -0.2))),
]  # fmt: skip


@pytest.mark.parametrize("answer_format", [r for r in answer_formats.FORMATS if r != "choices"])
@pytest.mark.parametrize("lie", range(len(LIES)))
def test_a_server_that_lies_about_what_it_can_do_gets_nothing_by_it(answer_format: str, lie: int) -> None:
    """It passes the probe of a answer_format, and then ignores it: no option, three completions at most."""

    honest = Mock(holding(answer_format, "text"))

    class Liar(Mock):
        async def complete(self, body: Body, seconds: float) -> Reply:
            asked = str(body["messages"])
            probing = "Say hello" in asked or "Choose a colour" in asked
            return await (honest if probing else super()).complete(body, seconds)

    liar = Liar([LIES[lie]], formats=None)
    answer, client = ask(liar, FAST)
    assert client.formats is not None
    assert client.formats[answer_format] == "ok"
    assert answer.option == -1
    assert answer.outcome in ("illegal", "refusal", "truncated")
    assert len(liar.asked) == 3


def test_addresses_hold_no_secrets() -> None:
    assert check_url("http://127.0.0.1:8901/v1/") == "http://127.0.0.1:8901/v1"
    for url in ("http://me:pw@host/v1", "https://host/v1?key=abc", "ftp://host", "host:80", "http://"):
        with pytest.raises(ConfigError):
            check_url(url)
