"""A person in one seat, in a window or in a plain terminal.

You see what any policy in your seat would see. When the game is over, the replay shows what was true,
and what the ledger says of every act.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from gyges.envs.batch import Batch, rules_hash
from gyges.envs.episode import Episode, Seat, Tape
from gyges.envs.errors import ConfigError
from gyges.envs.foreign import echo
from gyges.envs.game import Game
from gyges.envs.rollout import Seating, rollout
from gyges.render.board.plain import renderer_for
from gyges.render.person import PersonLeft, TerminalPerson, WindowPerson
from gyges.render.timeline import Timeline


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
    timeline, tape = Timeline(game, [name for name, _ in cast]), Tape(batch, seating)
    mine = seating.group(person)
    try:
        for step in rollout(batch, seating, [tape, timeline]):
            if isinstance(person, WindowPerson):
                person.after(seating.observation(mine), mine.memory, step.last)
    except (PersonLeft, KeyboardInterrupt):
        echo("You have left the table.")
    finally:
        for policy in {id(policy): policy for _, policy in cast}.values():
            getattr(policy, "close", lambda: None)()
    seats = tuple(
        Seat(name, k == seat, "person" if k == seat else str(getattr(policy, "source", name)), "")
        for k, (name, policy) in enumerate(cast)
    )
    episode = tape.episode(0, scenario="", seats=seats, rules=rules_hash(game))
    if out is not None:
        echo(f"episode written to {episode.save(out)}")
    if told := ending(timeline, seat, truth=reveal):
        echo(told)
    if reveal and timeline.steps:
        echo(summary(timeline, seat))
        if not terminal:
            from gyges.render.replay import Player, watch

            player = Player(timeline, seat=seat)
            player.flip = player.board.turns_round and seat == 1
            player.go(len(timeline) - 1 if told else 0)  # the last picture says what has just ended
            watch(player, f"{game.title}: what was true")
    return episode


def ending(timeline: Timeline, seat: int, *, truth: bool = True) -> str:
    """How an episode ended and why, where its renderer tells that; empty while it goes on.

    Args:
        timeline: what was played.
        seat: who looks.
        truth: tell what the seat cannot know, too.
    """
    last = len(timeline) - 1
    if last < 0:
        return ""
    batch = timeline.at(last)
    if not batch.over[0]:
        return ""
    board = renderer_for(timeline.game)
    return board.ending(board.facts(batch, 0, timeline.view(last, seat, truth=truth, judged=truth)))


def summary(timeline: Timeline, seat: int) -> str:
    """How each seat did, in a few lines."""
    game, watched = timeline.game, timeline.watched[:-1]
    columns = f"{'unaligned acts':>18}{'of them unwatched':>20}" if game.staked else ""
    lines = [f"{'':<22}{game.reward_unit:>10}{columns}"]
    for k in range(game.num_agents):
        wrong = timeline.unaligned[:, k]
        name = f"seat {k} ({timeline.names[k]})" if timeline.names else f"seat {k}"
        mark = "*" if k == seat else " "
        unseen = int((wrong & ~watched[:, k]).sum())
        counts = f"{int(wrong.sum()):>18}{unseen:>20}" if game.staked else ""
        lines.append(f"{mark} {name:<20}{timeline.totals[-1, k]:>10.1f}{counts}")
    return "\n".join(lines)
