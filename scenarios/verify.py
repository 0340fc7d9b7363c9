"""Results recomputed from their episodes: seeds from the nonce, states and counts from the actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from gyges.envs.batch import Batch, rules_hash
from gyges.envs.episode import Episode
from gyges.envs.errors import FileError
from gyges.envs.game import Game
from gyges.scenarios.evaluate import CHUNK, Progress, commitment, derive, legal, stretches
from gyges.scenarios.metrics import Recorder, answers
from gyges.scenarios.scenario import Scenario
from gyges.scenarios.store import Run, Store


class Mismatch(NamedTuple):
    """A result that does not follow from its episode."""

    run: int
    policy: str
    scenario: str
    number: int  # of the episode, -1 for the scenario or the run as a whole
    what: str


def verify(store: Store, run: Run, *, chunk: int = CHUNK, progress: Progress | None = None) -> list[Mismatch]:
    """Recompute a run from its episodes: seeds from the nonce, states and counts from the actions.

    Returns:
        What does not reproduce; empty for a sound run. That a run is sound shows that its numbers
        follow from its actions, not who chose them.
    """
    found: list[Mismatch] = []

    def wrong(scenario: str, index: int, what: str) -> None:
        found.append(Mismatch(run.id, run.policy, scenario, index, what))

    if run.finished is not None and (run.nonce is None or commitment(run.nonce) != run.commitment):
        wrong("", -1, "the revealed nonce is not the one that was committed to")
        return found
    for data in store.plans(run):
        try:
            scenario = Scenario.from_dict(data)
            if scenario.hash() != data["hash"]:
                raise FileError(f"scenario {scenario.id} is not the one that its hash says")
            results = {r.idx: r.counts for r in store.results(run, scenario.id)}
            if scenario.kind == "bank":
                continue
            if run.finished is not None and sorted(results) != list(range(scenario.episodes)):
                wrong(scenario.id, -1, f"{len(results)} episodes of {scenario.episodes}")
            for first, count in stretches(sorted(results), chunk):
                for index, what in _recount(store, run, scenario, first, count, results):
                    wrong(scenario.id, index, what)
                if progress is not None:
                    progress(scenario.id, first + count, scenario.episodes)
        except (ValueError, KeyError, TypeError) as error:
            wrong(str(data.get("id", "")), -1, str(error))
    return found


def _recount(
    store: Store, run: Run, scenario: Scenario, first: int, count: int, results: Mapping[int, Any]
) -> list[tuple[int, str]]:
    """What does not reproduce among some consecutive episodes: (index, what)."""
    game = scenario.make_game()
    rules = rules_hash(game)
    seed = derive(store.secret(run), scenario.id)
    episodes: dict[int, Episode] = {}
    wrong: list[tuple[int, str]] = []
    for index in range(first, first + count):
        try:
            episode = store.episode(run, scenario.id, index)
        except FileError as error:
            wrong.append((index, str(error)))
            continue
        what = _misfit(episode, run, scenario, game, rules, seed, index)
        if what:
            wrong.append((index, what))
        else:
            episodes[index] = episode
    wrong.extend(_play_again(game, seed, first, count, episodes, results))
    return wrong


def _misfit(
    episode: Episode, run: Run, scenario: Scenario, game: Game, rules: str, seed: int, index: int
) -> str:
    """What of an episode's head is not as its place in the run says; empty where all is."""
    names = scenario.seats(game.num_agents, index, seed)
    if len(episode.seats) != len(names):
        return f"{len(episode.seats)} seats, not {len(names)}"
    expected = (
        ("scenario", episode.scenario, scenario.id),
        ("game", episode.game, game.id),
        ("settings", episode.settings, game.settings),
        ("rules", episode.rules, rules),
        ("seed", (episode.seed, episode.row), (seed, index)),
        ("commitment", episode.commitment, run.commitment),
        ("focal seats", [s.focal for s in episode.seats], [name is None for name in names]),
        (
            "policies",
            [s.name for s in episode.seats],
            [run.policy if name is None else name for name in names],
        ),
    )
    return next((f"{what}: expected {e!r}, got {got!r}"[:300] for what, got, e in expected if got != e), "")


def _play_again(
    game: Game, seed: int, first: int, count: int, episodes: Mapping[int, Episode], results: Mapping[int, Any]
) -> list[tuple[int, str]]:
    """Replay episodes as rows of one batch and compare states and counts."""
    wrong: dict[int, str] = {}
    if not episodes:
        return []
    batch = Batch(game, count, seed=seed, labels="full", first_row=first, threads=1)
    recorder = Recorder(batch)
    longest = max(e.steps for e in episodes.values())
    taken = np.zeros((longest, count, game.num_agents), np.int32)
    steps = np.full(count, -1)
    hashes: dict[int, list[tuple[int, str]]] = {}
    for index, episode in episodes.items():
        taken[: episode.steps, index - first] = episode.actions
        steps[index - first] = episode.steps
        for step, digest in episode.hashes:
            hashes.setdefault(step, []).append((index, digest))
    for t in range(longest + 1):
        for index, digest in hashes.get(t, []):
            if batch.state_hash(index - first) != digest:
                wrong.setdefault(index, f"the state before step {t} is not the recorded one")
        over = batch.over
        for row in np.flatnonzero((t == steps) & ~over):
            wrong.setdefault(first + int(row), "the actions end before the episode does")
        for row in np.flatnonzero((t < steps) & over):
            wrong.setdefault(first + int(row), f"over after {t} steps, but it lists {steps[row]}")
        if over.all() or t == longest:
            break
        fits = legal(batch, taken[t]).all(axis=1)
        for row in np.flatnonzero((t < steps) & ~over & ~fits):
            wrong.setdefault(first + int(row), f"an illegal action at step {t}")
        actions = np.where((fits & (t < steps))[:, None], taken[t], np.argmax(batch.mask, axis=2))
        actions = actions.astype(np.int32)
        recorder.before(batch, actions)
        batch.step(actions)
        recorder.after(batch, actions)
    for index, counts in zip(range(first, first + count), recorder.rows(), strict=True):
        if index not in episodes or index in wrong:
            continue
        counts = {**counts, **answers(episodes[index])}
        if counts != results[index]:
            keys = sorted(k for k in {*counts, *results[index]} if counts.get(k) != results[index].get(k))
            wrong[index] = f"counts differ: {', '.join(keys)[:200]}"
    return sorted(wrong.items())
