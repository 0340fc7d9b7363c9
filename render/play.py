"""``gyges play``: take a seat yourself, in a window or in a plain terminal.

You see what any policy in your seat would see. When the game is over, the replay shows what was true,
and what the ledger says of every act.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from tyro.conf import Positional, arg

from gyges.envs import registry
from gyges.envs.batch import Batch, rules_hash
from gyges.envs.episode import Episode, Seat, Tape
from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.envs.game import Game
from gyges.envs.rollout import Seating
from gyges.render.person import Left, TerminalPerson, WindowPerson
from gyges.render.timeline import Reel

CAST = ("clean", "greedy", "gyges", "clean")
CHESS_CAST = ("alphabeta",)


@dataclasses.dataclass
class Play:
    """Play a seat yourself against the game's personas."""

    game: Positional[str] = "steward"
    """Id of the game."""
    seat: int = 0
    """Your seat."""
    others: Annotated[tuple[str, ...], arg(metavar="PERSONA ...", aliases=["--against"])] = ()
    """Personas in the other seats, in order, repeated as needed: `clean greedy gyges clean` by default,
    `alphabeta` at chess. module:Class is any policy; alphabeta:20000 looks at so many positions a move."""
    variant: str | None = None
    """Chess variant: a library name, FILE.ini or FILE.ini#NAME."""
    set: tuple[str, ...] = ()
    """Further settings of the game, as in horizon=200."""
    num_agents: int | None = None
    """Seats at the table, the game's own number by default."""
    ring: float = 0.5
    """Chance that a decision goes unwatched."""
    seed: int | None = None
    """Seed of the game's luck; another one each time by default."""
    terminal: bool = False
    """Ask in the terminal instead of a window."""
    out: Path | None = None
    """Save what was played as an episode file."""
    reveal: bool = True
    """Show at the end what was true, and how each act was judged."""


Find = Callable[[str, Game], Any]
"""Makes the policy that a name stands for in a game."""


def command(arguments: Sequence[str] | None = None, find: Find | None = None) -> int:
    """Read arguments and play; `find` makes policies that are no personas, as language models are."""
    import tyro

    given = tyro.cli(Play, args=arguments, prog="gyges play")
    settings: dict[str, Any] = {"ring": given.ring}
    if given.num_agents is not None:
        settings["num_agents"] = given.num_agents
    if given.variant is not None:
        settings["variant"] = given.variant
    settings |= settings_of(given.set)
    game = registry.make(given.game, **settings)
    others = given.others or (CHESS_CAST if "alphabeta" in game.personas else CAST)
    cast = personas(game, others, find)
    terminal = given.terminal or not _has_screen()
    if terminal and not given.terminal:
        print("gyges: no screen here; asking in the terminal", file=sys.stderr)
    main(game, cast, seat=given.seat, seed=given.seed, terminal=terminal, out=given.out, reveal=given.reveal)
    return 0


def settings_of(words: Sequence[str]) -> dict[str, Any]:
    """Settings written as key=value; values are read as JSON where they are that.

    Raises:
        ConfigError: a word without =.
    """
    out: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ConfigError(f"a setting is written key=value, not {word!r}")
        try:
            out[key.strip()] = json.loads(value)
        except ValueError:
            out[key.strip()] = value
    return out


def _has_screen() -> bool:
    if sys.platform in ("win32", "darwin") or os.environ.get("SDL_VIDEODRIVER"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def personas(game: Game, names: Sequence[str], find: Find | None = None) -> list[tuple[str, Any]]:
    """Name and policy of each persona; ``module:Class`` is any policy, and `find` knows others.

    Raises:
        UnknownNameError: the game has no such persona.
    """
    out: list[tuple[str, Any]] = []
    for name in names:
        if find is not None and name not in game.personas:
            policy = find(name, game)
            out.append((str(getattr(policy, "name", name.rpartition(":")[2].lower()))[:80], policy))
            continue
        if ":" in name:
            out.append((name.rpartition(":")[2].lower(), registry.load_name(name)()))
            continue
        if name not in game.personas:
            raise UnknownNameError(f"{game.name} has no persona {name!r}; it has {', '.join(game.personas)}")
        out.append((name, registry.load_name(game.personas[name])()))
    return out


def main(
    game: Game,
    others: Sequence[tuple[str, Any]],
    *,
    seat: int = 0,
    seed: int | None = None,
    terminal: bool = False,
    out: Any = None,
    reveal: bool = True,
    person: Any = None,
) -> Episode:
    """Play one episode with a person in one seat.

    Args:
        game: what is played.
        others: name and policy for the other seats, in order, repeated as needed.
        seat: the person's.
        seed: of the game's luck and the others' randomness; drawn when None.
        terminal: ask in the terminal, not in a window.
        out: episode file to write.
        reveal: show the judged replay (in the terminal: a summary) at the end.
        person: the person as a policy; made here by default.

    Returns:
        what was played, up to where the person left.

    Raises:
        ConfigError: there is no such seat, or nobody for the others.
    """
    if not 0 <= seat < game.num_agents:
        raise ConfigError(f"{game.id} has seats 0 to {game.num_agents - 1}, not {seat}")
    if not others and game.num_agents > 1:
        raise ConfigError("name at least one persona for the other seats")
    person = person or (TerminalPerson() if terminal else WindowPerson())
    seed = int.from_bytes(os.urandom(6), "big") if seed is None else seed
    cast = [others[k % len(others)] for k in range(game.num_agents - 1)]
    cast.insert(seat, ("you", person))
    batch = Batch(game, 1, seed=seed, labels="full")
    seating = Seating(batch, [policy for _, policy in cast], seed=seed)
    reel, tape = Reel(game, [name for name, _ in cast]), Tape(batch)
    reel.begin(batch)
    try:
        while not batch.over[0]:
            actions = seating.decide()
            tape.listen(seating)
            tape.take(actions)
            batch.step(actions)
            seating.since += batch.reward / np.float32(game.reward_scale)
            reel.add(batch, actions)
            if isinstance(person, WindowPerson):
                mine = next(g for g in seating.groups if g.policy is person)
                person.after(seating.observation(mine), mine.memory, bool(batch.over[0]))
    except (Left, KeyboardInterrupt):
        print("You have left the table.")
    finally:
        for policy in {id(policy): policy for _, policy in cast}.values():
            getattr(policy, "close", lambda: None)()
    seats = tuple(
        Seat(name, k == seat, "person" if k == seat else str(getattr(policy, "source", name)), "")
        for k, (name, policy) in enumerate(cast)
    )
    episode = tape.episode(0, scenario="", seats=seats, rules=rules_hash(game))
    if out is not None:
        print(f"episode written to {episode.save(out)}")
    if reveal and reel.steps:
        print(summary(reel, seat))
        if not terminal:
            from gyges.render.replay import Player, watch

            player = Player(reel, seat=seat)
            player.flip = player.board.turns_round and seat == 1
            watch(player, f"{game.title}: what was true")
    return episode


def summary(reel: Reel, seat: int) -> str:
    """How each seat did, in a few lines."""
    game, watched = reel.game, reel.watched[:-1]
    lines = [f"{'':<22}{game.reward_unit:>10}{'unaligned acts':>18}{'of them unwatched':>20}"]
    for k in range(game.num_agents):
        wrong = reel.unaligned[:, k]
        name = f"seat {k} ({reel.names[k]})" if reel.names else f"seat {k}"
        mark = "*" if k == seat else " "
        unseen = int((wrong & ~watched[:, k]).sum())
        lines.append(f"{mark} {name:<20}{reel.totals[-1, k]:>10.1f}{int(wrong.sum()):>18}{unseen:>20}")
    return "\n".join(lines)
