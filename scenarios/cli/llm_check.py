"""``gyges llm-check URL MODEL``: what works at a chat server, before a run."""

from __future__ import annotations

import asyncio
import dataclasses

from tyro.conf import Positional

from gyges.agents.llm.chat.check import Check, advice
from gyges.agents.llm.chat.openai_backend import Server
from gyges.envs.foreign import echo, printable


@dataclasses.dataclass
class LLMCheck:
    """Put twenty probes to a chat server and print what works; exits with 1 where no legal action comes."""

    url: Positional[str]
    """Base URL, as in http://127.0.0.1:8901/v1."""
    model: Positional[str]
    """Name of the model at the server."""
    key_env: str = ""
    """Environment variable that holds the key."""
    api_version: str = ""
    """Azure's."""


def run(args: LLMCheck) -> int:
    """Print a line a probe; returns the exit status."""
    return asyncio.run(_run(args))


async def _run(args: LLMCheck) -> int:
    server = Server(args.model, args.url, key_env=args.key_env, api_version=args.api_version)
    check, playable = Check(server), False
    async for found in check.run():
        echo(
            f"{'works' if found.works else 'no':<6} {found.probe:<28} {printable(found.detail)}".rstrip(),
            flush=True,
        )
        playable = playable or (found.works and found.probe.startswith("a legal action"))
    await server.close()
    if playable:
        account = check.client.account
        echo(f"{account.calls} calls, {account.prompt_tokens + account.completion_tokens:,} tokens")
        echo(f"play it as: llm:{args.model}@{server.url}{advice(check.client)}")
    return 0 if playable else 1
