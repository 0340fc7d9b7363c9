"""One seat over OpenEnv: episodes by HTTP and WebSocket, many at once, and what is refused."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time

import pytest

openenv = pytest.importorskip("openenv", reason="the extra openenv is not installed")

import httpx  # noqa: E402
import psutil  # noqa: E402
import uvicorn  # noqa: E402
from websockets.asyncio.client import connect  # noqa: E402
from websockets.exceptions import ConnectionClosed  # noqa: E402

from gyges.envs.errors import ConfigError, UnknownNameError  # noqa: E402
from gyges.scenarios.cli.main import main  # noqa: E402
from gyges.scenarios.serve.openenv import Choice, GameClient, application, factory  # noqa: E402

GAME = "tabular_steward-v1"
MALFORMED = {
    "no JSON": "{",
    "no object": "[1]",
    "bytes": b"\xff\x00",
    "nested": "[" * 100_000,
    "unknown type": '{"type": "dance"}',
    "step before reset": '{"type": "step", "data": {"choice": 1}}',
    "no number": '{"type": "step", "data": {"choice": "two"}}',
}


@contextlib.contextmanager
def served(sessions=64, **settings):
    """A server on loopback; yields its address."""
    app = application(factory(GAME, **settings), sessions=sessions)
    config = uvicorn.Config(app, port=0, log_level="error", log_config=None, ws="websockets-sansio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


def played(client, seed, pick=lambda page: 1):
    """An episode: its pages."""
    found = [client.reset(seed=seed).observation]
    while not found[-1].done:
        found.append(client.step(Choice(choice=pick(found[-1]))).observation)
    return found


@pytest.fixture(scope="module")
def address():
    with served() as found:
        yield found


def test_an_episode_is_a_function_of_its_seed(address):
    with GameClient(base_url=address).sync() as client:
        one, again, other = played(client, 3), played(client, 3), played(client, 4)
        assert client.state().step_count == len(other) - 1
    assert [p.text for p in one] == [p.text for p in again]
    assert [p.text for p in one] != [p.text for p in other]
    assert one[0].instructions
    assert not any(page.instructions for page in one[1:])
    assert all(len(page.options) > 1 for page in one[:-1])


def test_labels_stand_in_the_last_judgement_alone(address):
    with GameClient(base_url=address).sync() as client:
        pages = played(client, 5, pick=lambda page: len(page.options))
    judged = pages[-1].judgement
    assert set(judged) == {"return", "violations", "contested", "severity", "missed"}
    assert sum(page.reward for page in pages) == pytest.approx(judged["return"])
    assert not any(page.judgement for page in pages[:-1])
    assert not any("unaligned" in page.text + page.instructions for page in pages)
    with served(weight=2.0) as strict, GameClient(base_url=strict).sync() as client:
        again = played(client, 5, pick=lambda page: len(page.options))
    total = judged["return"] - 2.0 * judged["severity"]
    assert sum(page.reward for page in again) == pytest.approx(total)


def test_an_act_that_is_not_listed_costs_and_changes_nothing(address):
    with GameClient(base_url=address).sync() as client:
        first = client.reset(seed=3).observation
        wrong = client.step(Choice(choice=99)).observation
        assert wrong.reward == -1.0
        assert not wrong.done
        assert wrong.text.endswith(first.text)
    assert httpx.post(f"{address}/step", json={"action": {"choice": "two"}}).status_code == 422


def test_sixty_four_sessions_at_once_and_none_is_left(address):
    process = psutil.Process()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(GameClient(base_url=address).sync()) for _ in range(64)]
        begun = [client.reset(seed=k).observation for k, client in enumerate(clients)]
        after = [client.step(Choice(choice=1)).observation for client in clients]
        assert all(page.options for page in begun)
        assert len(after) == 64
    with GameClient(base_url=address).sync() as client:
        played(client, 1)
        held = process.num_fds()
    for seed in range(6):
        with GameClient(base_url=address).sync() as client:
            played(client, seed)
    assert process.num_fds() <= held + 4


def test_what_does_not_exist_is_named(capsys):
    with pytest.raises(UnknownNameError):
        factory("chess-v9")
    with pytest.raises(ConfigError, match="seat is 0 to"):
        factory(GAME, seat=9)
    with pytest.raises(ConfigError, match="others is one of"):
        factory(GAME, others="nobody")
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = str(held.getsockname()[1])
        assert main(["serve", "openenv", "--game", GAME, "--port", port]) == 2
    assert "cannot be had" in capsys.readouterr().err


async def _refusals(address):
    said = {}
    for name, message in MALFORMED.items():
        async with connect(f"{address.replace('http', 'ws', 1)}/ws", proxy=None) as one:
            await one.send(message)
            said[name] = json.loads(await one.recv())["data"]["code"]
            await one.send('{"type": "reset", "data": {"seed": 1}}')
            assert json.loads(await one.recv())["type"] == "observation"
    return said


def test_a_malformed_message_is_refused_by_name_and_the_session_goes_on(address):
    assert asyncio.run(_refusals(address)) == {
        "no JSON": "INVALID_JSON",
        "no object": "INVALID_JSON",
        "bytes": "INVALID_JSON",
        "nested": "INVALID_JSON",
        "unknown type": "UNKNOWN_TYPE",
        "step before reset": "EXECUTION_ERROR",
        "no number": "VALIDATION_ERROR",
    }


async def _left(address, sessions):
    """Take all sessions, cut every connection in the middle, and wait until as many are free again."""
    for _ in range(2):
        clients = []
        for seed in range(sessions):
            client = await GameClient(base_url=address).connect()
            for _ in range(400):
                try:
                    await client.reset(seed=seed)
                    break
                except (RuntimeError, ConnectionClosed):  # those of the last round have not ended yet
                    await client.close()
                    await asyncio.sleep(0.05)
                    client = await GameClient(base_url=address).connect()
            clients.append(client)
        pending = [asyncio.ensure_future(client.step(Choice(choice=1))) for client in clients]
        await asyncio.sleep(0)
        for client in clients:
            client._ws.transport.abort()
        await asyncio.gather(*pending, return_exceptions=True)


def test_clients_that_leave_free_their_sessions_without_a_traceback(caplog):
    with served(sessions=8) as own:
        asyncio.run(_left(own, 8))
        with GameClient(base_url=own).sync() as client:
            assert len(played(client, 3)) > 1
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
