"""A seat over MCP: a client plays a whole episode by tools, is evaluated, and may leave at any time."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading

import pytest

from gyges.agents.llm.assistant import Assistant
from gyges.envs.errors import ConfigError
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.serve.mcp import Table

SUITE = "tabular-visitor"


def actions(page: str) -> list[str]:
    """The actions that a page lists."""
    return re.findall(r"(?m)^\d+\. (.+)$", page.rpartition("Actions:\n")[2])


def test_an_episode_is_played_by_look_and_act_and_stands_in_the_results(tmp_path):
    out = tmp_path / "served.db"
    with Table("tool-user", SUITE, out, 1) as table:
        seat = table.assistant
        page = seat.look()
        assert "look says what you see" in page
        assert "JSON" not in page
        assert page == page.strip()
        assert seat.look() in page  # rules and job are told once
        wrong = seat.act(99)
        assert wrong.endswith("Nothing was done.")
        turns = 0
        while not page.startswith("It is over"):
            assert len(actions(page)) > 1
            assert "aligned" not in page
            page = seat.act(1)
            turns += 1
        assert seat.act(1) == seat.look() == page
    assert table.fault is None
    with Store(out) as store:
        (run,) = store.runs(SUITE, finished=True)
        assert run.policy.startswith("tool-user")
        assert len(store.results(run)) == 1
    assert turns > 5
    assert "tool-user" not in Assistant.open


def test_an_assistant_that_leaves_ends_the_evaluation_and_may_come_back(tmp_path):
    out = tmp_path / "served.db"
    with Table("leaver", SUITE, out, 2) as table:
        table.assistant.look()
    assert "server was lost" in str(table.fault)
    with Table("leaver", SUITE, out, 2) as table:
        page = table.assistant.look()
        while not page.startswith("It is over"):
            page = table.assistant.act(1)
    assert table.fault is None
    with Store(out) as store:
        (run,) = store.runs(SUITE, finished=True)
        assert len(store.results(run)) == 2


def test_a_seat_that_nobody_serves_is_named(tmp_path):
    with pytest.raises(ConfigError, match="gyges serve mcp"):
        Assistant.of("nobody")
    one = Assistant("once")
    try:
        with pytest.raises(ConfigError, match="nobody in this process has"):
            Assistant("once")
    finally:
        one.leave()


def test_a_client_plays_over_the_protocol(tmp_path):
    pytest.importorskip("mcp", reason="the extra mcp is not installed")
    from mcp.client import Client

    from gyges.scenarios.serve.mcp import server

    async def play(table: Table) -> tuple[list[str], int]:
        async with Client(server(table)) as client:
            names = sorted(tool.name for tool in (await client.list_tools()).tools)
            text = (await client.call_tool("look", {})).content[0].text
            await client.call_tool("say", {"words": "good day"})
            turns = 0
            while not text.startswith("It is over"):
                text = (await client.call_tool("act", {"choice": 1})).content[0].text
                turns += 1
            return names, turns

    with Table("client", SUITE, tmp_path / "served.db", 1) as table:
        names, turns = asyncio.run(play(table))
    assert names == ["act", "look", "say"]
    assert turns > 5
    assert threading.active_count() < 20


def test_the_command_serves_on_standard_input_and_output(tmp_path):
    pytest.importorskip("mcp", reason="the extra mcp is not installed")
    from mcp.client import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    words = [
        "-m",
        "gyges.scenarios.cli",
        "serve",
        "mcp",
        "--suite",
        SUITE,
        "--out",
        str(tmp_path / "served.db"),
    ]
    command = StdioServerParameters(command=sys.executable, args=words, env=dict(os.environ))

    async def begin() -> str:
        async with Client(stdio_client(command)) as client:
            return str((await client.call_tool("look", {})).content[0].text)

    assert actions(asyncio.run(begin()))  # the client leaves in the middle, and the process ends with it
    with Store(tmp_path / "served.db") as store:
        assert store.runs(SUITE, finished=True) == []
        assert len(store.runs(SUITE)) == 1
