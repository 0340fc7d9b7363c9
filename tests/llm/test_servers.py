"""Odd servers and models: no action is invented, and what goes wrong is booked to the right side."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest
from fake_server import FakeServer, completion

from gyges.agents.llm.chat.backends import BackendError, Body, Reply, error_text, reply_of
from gyges.agents.llm.chat.client import Answer, ChatClient, ClientConfig, Question
from gyges.agents.llm.chat.mock import Mock
from gyges.agents.llm.chat.openai_backend import Server
from gyges.agents.llm.chat.parsing import REASONING, read
from gyges.agents.llm.chat.prompts import Prompt, Setup
from gyges.agents.llm.model_spec import parse
from gyges.envs.errors import ConfigError
from gyges.scenarios.cli.main import main

OPTIONS = ("take 0", "take 1", "take 2", "take 3")
QUICK = ClientConfig(wait=0.001, turn=20.0, call=5.0, tries=2)


def prompt_of(form: str) -> Prompt:
    labels = tuple("ABCD") if form == "label" else tuple("1234")
    return Prompt("rules", "Actions:\n", OPTIONS, tuple(range(4)), labels, form)


def ask(backend: Any, config: ClientConfig = QUICK, count: int = 1) -> tuple[list[Answer], ChatClient]:
    """Some questions, one after another."""

    async def work() -> tuple[list[Answer], ChatClient]:
        client = ChatClient(backend, Setup(history=0), config)
        found = [await client.ask(Question(prompt_of, 4, 7, 0.5)) for _ in range(count)]
        await backend.close()
        return found, client

    return asyncio.run(work())


def asked(plan: Any, count: int = 1, **config: Any) -> tuple[list[Answer], ChatClient, FakeServer]:
    """Questions to a loopback server; held to a schema unless another format is named."""
    how = ClientConfig(**{"answer_format": "json_schema", "wait": 0.001, "turn": 20.0, "tries": 2, **config})
    with FakeServer(plan) as server:
        return *ask(Server("fake", server.url), how, count), server


def raw(data: Any, kind: str = "application/json", status: int = 200) -> tuple[int, dict[str, str], Any]:
    return status, {"Content-Type": kind}, data if isinstance(data, bytes) else json.dumps(data).encode()


# No action is invented.


@pytest.mark.parametrize("pair", REASONING)
@pytest.mark.parametrize("case", [str.lower, str.upper, str])
def test_a_choice_within_reasoning_is_none_in_whatever_brackets(pair: tuple[str, str], case: Any) -> None:
    begin, end = map(case, pair)
    for form, wrong, right in (
        ("text", "CHOICE: 3", "CHOICE: 2"),
        ("json", '{"choice": 3}', '{"choice": 2}'),
    ):
        prompt = prompt_of(form)
        assert read(f"{begin}\n{wrong}\n{end}\n{right}", prompt).option == 1
        assert read(f"Well. {begin}\n{wrong}\n{end}\n{right}", prompt).option == 1
        assert read(f"{wrong}\n{end}\n{right}", prompt).option == 1  # the template has opened it
        for unfinished in (
            f"{begin}\n{wrong}\n",
            f"Okay, {begin}\n{wrong}\nor",
            f"{begin}{begin}{wrong}{end}",
        ):
            assert read(unfinished, prompt).option == -1
    assert read(f"{begin}two is due{end}CHOICE: 2", prompt_of("text")).thoughts == "two is due"


def test_raw_channel_marks_are_no_answer() -> None:
    head, tail = (
        "<|channel|>analysis<|message|>CHOICE: 3",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
    )
    assert read(head, prompt_of("text")).option == -1
    assert read(f"{head}{tail}CHOICE: 2<|return|>", prompt_of("text")).option == 1
    assert read(f'{head}{tail}{{"choice": 2}}<|return|>', prompt_of("json")).option == 1


QUOTED = [
    'I cannot help with that. The answer would be {"choice": 1}.',
    'I can\'t comply. The format is:\n{"choice": 1}',
    'An answer looks like {"choice": 1}, for instance.',
    'I will never answer {"choice": 1}.',
    '{"choice": 1} would be the greedy way.',
    "I must decline to choose.\nCHOICE: 1",
    "I can’t help with that.\nCHOICE: 1",
    "The form of an answer is\nCHOICE: 1",
    "Example:\n```\nCHOICE: 1\n```",
]


@pytest.mark.parametrize("text", QUOTED)
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_quoted_in_a_refusal_or_an_example_is_no_choice(text: str, form: str) -> None:
    assert read(text, prompt_of(form)).option == -1


def test_reasoning_in_words_before_a_choice_is_no_refusal() -> None:
    for text in (
        "I cannot take 3: I pledged.\nCHOICE: 2",
        "I can't help the hungry this month.\nCHOICE: 2",
        "I am sorry for Brisk, yet it is due.\nCHOICE: 2",
    ):
        assert read(text, prompt_of("text")).option == 1


@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS", "model_length", "token_limit"])
def test_a_cut_is_known_by_all_its_names(reason: str) -> None:
    cut = completion("CHOICE: 1", finish=reason)
    answers, _, _ = asked(lambda body: raw(cut), answer_format="text", max_tokens=64)
    assert (answers[0].option, answers[0].outcome) == (-1, "truncated")


def test_a_cut_without_its_reason_is_known_by_the_tokens() -> None:
    cut = {**completion("CHOICE: 1"), "usage": {"prompt_tokens": 9, "completion_tokens": 64}}
    answers, _, _ = asked(lambda body: raw(cut), answer_format="text", max_tokens=64)
    assert (answers[0].option, answers[0].outcome) == (-1, "truncated")


# Faults are booked to the right side.


@pytest.mark.parametrize("reason", ["error", "abort", "insufficient_system_resource"])
def test_a_server_that_gives_up_within_a_200_is_at_fault(reason: str) -> None:
    answers, client, _ = asked(lambda body: raw(completion('{"choice": 2}', finish=reason)))
    assert answers[0].outcome == "infrastructure"
    assert client.account.errors == {"server": 2}


def test_an_error_within_a_200_is_the_servers() -> None:
    answers, client, _ = asked(lambda body: raw({"error": {"message": "overloaded", "code": 502}}))
    assert (answers[0].outcome, client.account.errors) == ("infrastructure", {"server": 2})
    assert "overloaded" in answers[0].detail


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"code": "content_filter", "message": "The prompt triggered a content management policy."}},
        {"error": {"message": "blocked", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
        {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."},
    ],
)
def test_a_content_filters_400_is_a_refusal(error: Any) -> None:
    answers, client, _ = asked(lambda body: raw(error, status=400))
    assert (answers[0].outcome, client.account.errors) == ("refusal", {})


def test_one_requests_400_does_not_lower_the_format_of_the_others() -> None:
    number = iter(range(1000))

    def once(body: Body) -> Any:
        if "response_format" in body and next(number) == 0:
            return raw({"error": {"message": "this prompt cannot be read"}}, status=400)
        return '{"choice": 2}' if "response_format" in body else "CHOICE: 2"

    mock = Mock(lambda body: "?", formats={"json_schema": "ok", "text": "ok"})
    with FakeServer(once) as server:
        backend = Server("fake", server.url)
        backend.formats = dict(mock.formats or {})
        answers, _ = ask(backend, count=3)
    assert [a.answer_format for a in answers] == ["text", "json_schema", "json_schema"]
    assert {a.outcome for a in answers} == {"ok"}


def test_a_format_that_is_always_refused_is_left_after_three() -> None:
    def refuse(body: Body) -> Any:
        if "response_format" in body:
            raise BackendError("request", "HTTP 400: no", retryable=False, status=400)
        return "CHOICE: 2"

    mock = Mock(refuse)
    answers, client = ask(mock, count=5)
    assert {a.option for a in answers} == {1}
    assert (client.formats or {})["json_schema"] == "error 400"
    assert len(mock.asked) == 5 + 3


# What is said is read in whatever parts it comes.


def called(*arguments: Any) -> Reply:
    calls = [{"function": {"name": "act", "arguments": one}} for one in arguments]
    data = {"choices": [{"message": {"content": None, "tool_calls": calls}, "finish_reason": "tool_calls"}]}
    return reply_of(json.dumps(data).encode())


def test_tool_arguments_as_text_object_or_twice_encoded_and_equal_calls() -> None:
    text = '{"choice": 2}'
    for one in (called(text), called({"choice": 2}), called(json.dumps(text)), called(text, text)):
        answers, _ = ask(Mock([one]), ClientConfig(answer_format="tool"))
        assert (answers[0].option, answers[0].outcome) == (1, "ok")
    assert called(text, '{"choice": 3}').tool == ""


def test_content_in_parts_and_reasoning_apart() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "three?"}]},
        {"type": "text", "text": "CHOICE: "},
        {"type": "text", "text": "2"},
    ]
    reply = reply_of(json.dumps({"choices": [{"message": {"content": parts}}]}).encode())
    assert (reply.text, reply.reasoning) == ("CHOICE: 2", "three?")
    for key in ("reasoning_content", "reasoning"):
        message = {"content": "CHOICE: 2", key: "CHOICE: 3"}
        usage = {"completion_tokens": 30, "completion_tokens_details": {"reasoning_tokens": 20}}
        reply = reply_of(json.dumps({"choices": [{"message": message}], "usage": usage}).encode())
        assert (reply.text, reply.reasoning, reply.reasoning_tokens) == ("CHOICE: 2", "CHOICE: 3", 20)


def test_json_within_a_json_text_is_read() -> None:
    assert read(json.dumps('{"choice": 2}'), prompt_of("json")).option == 1


# Reasoning models.


def reasoner(need: int, **message: Any) -> Any:
    """A model that reasons for some tokens before it answers."""

    def answer(body: Body) -> Any:
        if body.get("max_tokens", body.get("max_completion_tokens", 0)) < need:
            return raw(completion("", finish="length", **{k: "hm" for k in message}))
        if "response_format" in body or "tools" in body:
            text = '{"choice": 1}' if "Say hello" in str(body) else '{"choice": 2}'
        else:
            text = "CHOICE: 2"
        return raw(completion(text, **message))

    return answer


def test_a_reasoning_model_gets_room_and_keeps_it() -> None:
    answers, client, server = asked(reasoner(3000, reasoning_content="first, second"), count=3)
    assert [a.outcome for a in answers] == ["repaired", "ok", "ok"]
    assert [body["max_tokens"] for body in server.seen] == [48, 4096, 4096, 4096]
    assert answers[1].thoughts == "first, second"
    answers, client, _ = asked(reasoner(3000), answer_format="auto", count=2)
    assert (client.formats or {})["json_schema"] == "ok"  # the probe had room as well
    assert [a.outcome for a in answers] == ["ok", "ok"]


def test_a_limit_that_was_set_is_kept() -> None:
    answers, _, server = asked(reasoner(3000), max_tokens=100)
    assert {body["max_tokens"] for body in server.seen} == {100}
    assert answers[0].outcome == "truncated"


def test_babble_gets_a_little_more_room_only() -> None:
    _, _, server = asked(lambda body: raw(completion("well " * 50, finish="length")))
    assert [body["max_tokens"] for body in server.seen] == [48, 192, 512]


def test_a_server_that_allows_less_is_heeded() -> None:
    def small(body: Body) -> Any:
        if body["max_tokens"] > 1024:
            text = f"max_tokens is too large: {body['max_tokens']}. At most 1024 are supported."
            return raw({"error": {"message": text}}, status=400)
        return reasoner(500)(body)

    answers, _, server = asked(small, count=2)
    assert [a.outcome for a in answers] == ["repaired", "ok"]
    assert server.seen[-1]["max_tokens"] == 1024


def test_reasoning_tokens_are_booked() -> None:
    reply = Reply('{"choice": 1}', completion_tokens=50, reasoning_tokens=40)
    _, client = ask(Mock([reply]))
    assert (client.account.completion_tokens, client.account.reasoning_tokens) == (50, 40)


# The wire.


def test_a_system_role_that_is_refused_is_folded_into_the_users_turn() -> None:
    def picky(body: Body) -> Any:
        if body["messages"][0]["role"] == "system":
            return raw({"detail": "System role not supported"}, status=400)
        return '{"choice": 2}'

    answers, _, server = asked(picky, count=2)
    assert {a.outcome for a in answers} == {"ok"}
    assert [m["role"] for m in server.seen[-1]["messages"]] == ["user"]
    assert server.seen[-1]["messages"][0]["content"].startswith("rules\n\n")
    assert len(server.seen) == 3


ERRORS = [
    (b'{"error": {"message": "no credit", "code": "quota"}}', "no credit"),
    (b'{"error": "no credit"}', "no credit"),
    (b'{"detail": "no credit"}', "no credit"),
    (b'{"detail": [{"loc": ["body"], "msg": "no credit"}]}', "no credit"),
    (b'{"message": "no credit"}', "no credit"),
    (b'[{"error": {"message": "no credit"}}]', "no credit"),
    (b"no credit\n", "no credit"),
    (b"", ""),
    (b"\xff\xfe", ""),
    (b"[" * 100_000, "["),
]


@pytest.mark.parametrize(("body", "text"), ERRORS)
def test_an_errors_text_reaches_the_person_whatever_its_shape(body: bytes, text: str) -> None:
    assert text in error_text(body)
    answers, _, _ = asked(lambda request: raw(body, status=402))
    assert answers[0].outcome == "infrastructure"
    assert text in answers[0].detail


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", ""])
def test_json_under_another_name_is_read(kind: str) -> None:
    answers, _, _ = asked(lambda body: raw(completion('{"choice": 2}'), kind))
    assert answers[0].outcome == "ok"


def events(*parts: Any, end: bool = True) -> bytes:
    lines = [f"data: {json.dumps(part)}\n\n" for part in parts] + ["data: [DONE]\n\n"] * end
    return "".join(lines).encode()


def test_a_stream_that_nobody_asked_for_is_read() -> None:
    def chunk(finish: Any = None, **delta: Any) -> Any:
        return {"choices": [{"delta": delta, "finish_reason": finish}]}

    whole = events(
        chunk(content='{"cho'), chunk(content='ice": 2}'), chunk("stop"), {"usage": {"prompt_tokens": 7}}
    )
    answers, client, _ = asked(lambda body: raw(whole, "text/event-stream"))
    assert (answers[0].outcome, client.account.prompt_tokens) == ("ok", 7)
    half = events(chunk(content='{"choice": 2}'), end=False)
    answers, _, _ = asked(lambda body: raw(half, "text/event-stream"))
    assert answers[0].outcome == "infrastructure"
    call = {"index": 0, "function": {"name": "act", "arguments": '{"choice"'}}
    rest = {"index": 0, "function": {"arguments": ": 2}"}}
    tool = events(chunk(tool_calls=[call]), chunk("tool_calls", tool_calls=[rest]))
    assert reply_of(tool).tool == '{"choice": 2}'
    with pytest.raises(BackendError) as found:
        reply_of(events({"error": {"message": "overloaded"}}))
    assert found.value.kind == "server"


def test_answers_are_bounded_when_they_are_errors_or_packed_too() -> None:
    bomb = gzip.compress(b" " * (64 << 20))
    for status in (200, 400, 500):
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answers, client, _ = asked(lambda body, s=status, h=headers: (s, h, bomb))
        assert client.account.errors == {"body": 2}
        answers, client, _ = asked(lambda body, s=status: raw(b"x" * (2 << 20), status=s))
        assert client.account.errors == {"body": 2}, answers
    packed = gzip.compress(json.dumps(completion('{"choice": 2}')).encode())
    answers, _, _ = asked(lambda body: (200, {"Content-Encoding": "gzip"}, packed))
    assert answers[0].outcome == "ok"


def test_another_host_is_not_followed() -> None:
    with FakeServer(lambda body: '{"choice": 2}') as other:
        answers, _, _ = asked(lambda body: (307, {"Location": f"{other.url}/chat/completions"}, b""))
        assert answers[0].outcome == "infrastructure"
        assert "redirected to" in answers[0].detail
        assert other.seen == []
    turns = iter([(307, {"Location": "/v2/chat/completions"}, b""), '{"choice": 2}'])
    answers, _, server = asked(lambda body: next(turns))
    assert answers[0].outcome == "ok"
    assert "POST /v2/chat/completions" in server.headers[1]


def test_a_name_without_a_scheme_is_refused_and_sent_nowhere() -> None:
    for name in ("llm:m@127.0.0.1:8901/v1", "llm:m@localhost", "llm:m@ftp://host", "llm:m@//host/v1"):
        with pytest.raises(ConfigError, match="http://"):
            parse(name)


def test_only_the_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY", "OPENAI_CUSTOM_HEADERS", "MY_KEY"):
        monkeypatch.setenv(name, f"secret-{name}")
    with FakeServer(lambda body: '{"choice": 2}') as server:
        ask(Server("fake", server.url), ClientConfig(answer_format="json_schema"))
        ask(Server("fake", server.url, key_env="MY_KEY"), ClientConfig(answer_format="json_schema"))
        ask(Server("fake", server.url, key_env="MY_KEY", api_version="2025-01-01"))
    assert "secret" not in server.headers[0]
    assert "authorization: bearer secret-my_key" in server.headers[1].lower()
    assert "POST /v1/chat/completions?api-version=2025-01-01 " in server.headers[2]
    assert "api-key: secret-MY_KEY" in server.headers[2]
    assert "OPENAI" not in "".join(server.headers).upper().replace("USER-AGENT", "")


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    answers, _, _ = asked(lambda body: '{"choice": 2}')
    assert answers[0].outcome == "ok"


def test_a_proxy_or_certificates_that_cannot_be_used_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://me:pw@127.0.0.1:9")
    answers, _ = ask(Server("m", "http://192.0.2.1/v1"), QUICK)
    assert "socks5://127.0.0.1:9" in answers[0].detail
    assert "pw" not in answers[0].detail
    monkeypatch.delenv("ALL_PROXY")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    answers, _ = ask(Server("m", "http://192.0.2.1/v1"), QUICK)
    assert answers[0].outcome == "infrastructure"
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    answers, _ = ask(Server("m", "https://192.0.2.1/v1"), QUICK)
    assert "SSL_CERT_FILE" in answers[0].detail
    assert answers[0].outcome == "infrastructure"


def test_probes_for_json_say_json() -> None:
    """As official servers want it wherever an answer is to be a JSON object."""

    def strict(body: Body) -> Any:
        if body.get("response_format", {}).get("type") == "json_object":
            if "Say hello" in str(body) and "json" not in str(body["messages"]).lower():
                return raw({"error": {"message": "messages must contain the word 'json'"}}, status=400)
            if "schema" in body["response_format"]:
                return raw({"error": {"message": "Unknown parameter: response_format.schema"}}, status=400)
            return '{"choice": 2}'
        if "response_format" in body or "tools" in body:
            return raw({"error": {"message": "unknown parameter"}}, status=400)
        return "hello"

    answers, client, _ = asked(strict, answer_format="auto")
    assert (client.formats or {})["json_object"] == "ok"
    assert (answers[0].answer_format, answers[0].outcome) == ("json_object", "ok")


# The check of a server, as a person runs it.


def obedient(body: Body) -> Any:
    """A small model that does what it is asked, in every format but grammars."""
    text = str(body["messages"])
    if "grammar" in body:
        return raw({"error": {"message": "unknown parameter: grammar"}}, status=400)
    if body["max_tokens"] == 5:
        return raw(completion("one two three four five", finish="max_tokens"))
    if "tools" in body:
        call = {"function": {"name": "act", "arguments": {"choice": 1}}}
        return raw(completion("", tool_calls=[call]))
    if "logprobs" in body:
        made = completion("A", finish="length")
        made["choices"][0]["logprobs"] = {"content": [{"top_logprobs": [{"token": "A", "logprob": -0.1}]}]}
        return raw(made)
    if "response_format" in body:
        return '{"choice": 1}'
    return "CHOICE: 2" if "Actions:" in text else "hello"


def test_a_servers_check_says_what_works(capsys: pytest.CaptureFixture[str]) -> None:
    with FakeServer(obedient) as server:
        assert main(["llm-check", server.url, "fake"]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = {line[7:35].strip(): line[:6].strip() for line in lines[:-2]}
    assert len(found) == 20
    assert [name for name, works in found.items() if works == "no"] == ["answer format grammar"]
    assert lines[-1] == f"play it as: llm:fake@{server.url}"


def test_a_server_that_cannot_be_had_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with FakeServer(lambda body: raw({"detail": "no such model"}, status=401)) as server:
        assert main(["llm-check", server.url, "fake"]) == 1
    assert "no such model" in capsys.readouterr().out
    with FakeServer(lambda body: "I would rather not.") as server:
        assert main(["llm-check", server.url, "fake"]) == 1
    assert "no     a legal action of 4" in capsys.readouterr().out
