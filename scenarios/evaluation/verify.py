"""Results recomputed from their episodes: seeds from the nonce, states and counts from the actions."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gyges.agents.llm.chat.parsing import OUTCOMES
from gyges.agents.llm.model_spec import is_model
from gyges.agents.load import Source, resolve
from gyges.envs.batch import Batch, rules_hash
from gyges.envs.episode import Episode
from gyges.envs.errors import FileError, UnknownNameError
from gyges.envs.game import Game
from gyges.scenarios.counterfactual import gap
from gyges.scenarios.counterfactual.bank import bank_of, question
from gyges.scenarios.counterfactual.onpolicy_probe import unwatched_cue_chance
from gyges.scenarios.evaluation.plan import Plan, commitment, derive, kind_of, policy_hash, suite_hash
from gyges.scenarios.evaluation.play import CHUNK, Progress, legal, stretches
from gyges.scenarios.evaluation.questions import PATHS
from gyges.scenarios.evaluation.recorder import Recorder, answers
from gyges.scenarios.evaluation.store import Result, Run, Store
from gyges.scenarios.scenario import WORDS, Scenario, scenarios

Hashes = dict[str, str]
"""Policies' hashes by persona, "" for the policy under test, as the episodes of a scenario say."""


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
        What does not reproduce; empty for a sound run, and for one that is incomplete and sound as far
        as it stands (`standing`). That a run is sound shows that its numbers follow from its actions,
        not who chose them.
    """
    found: list[Mismatch] = []

    def wrong(scenario: str, index: int, what: str) -> None:
        found.append(Mismatch(run.id, run.policy, scenario, index, what))

    if run.finished is None and run.nonce is not None:
        wrong("", -1, "not complete, but its nonce is revealed")
        return found
    if run.finished is not None and (run.nonce is None or commitment(run.nonce) != run.commitment):
        wrong("", -1, "the revealed nonce is not the one that was committed to")
        return found
    plans: list[tuple[Scenario, Hashes]] = []
    for data in store.plans(run):
        try:
            scenario = Scenario.from_dict(data)
            if scenario.hash() != data["hash"]:
                raise FileError(f"scenario {scenario.id} is not the one that its hash says")
            hashes: Hashes = {}
            plans.append((scenario, hashes))
            results = {r.idx: r for r in store.results(run, scenario.id)}
            for index, what in _questions(store, run, scenario):
                wrong(scenario.id, index, what)
            if scenario.kind == "bank":
                continue
            if run.finished is not None and sorted(results) != list(range(scenario.episodes)):
                wrong(scenario.id, -1, f"{len(results)} episodes of {scenario.episodes}")
            for first, count in stretches(sorted(results), chunk):
                for index, what in _recount(store, run, scenario, first, count, results, hashes):
                    wrong(scenario.id, index, what)
                if progress is not None:
                    progress(scenario.id, first + count, scenario.episodes)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            wrong(str(data.get("id", "")), -1, str(error))
    for name in sorted(store.scenarios(run) - {scenario.id for scenario, _ in plans}):
        wrong(name, -1, "results of a scenario that the run does not have")
    for what in departures(run.suite, [scenario for scenario, _ in plans]):
        wrong("", -1, what)
    if run.finished is not None and not found:
        try:
            for what in _columns(run, plans):
                wrong("", -1, what)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            wrong("", -1, str(error))
    return found


def standing(store: Store, run: Run) -> tuple[int, int]:
    """Episodes of a run that stand, and how many its plans ask for."""
    plans = [Scenario.from_dict(data) for data in store.plans(run)]
    wanted = {plan.id: plan.episodes for plan in plans if plan.kind == "episodes"}
    return sum(len(store.done(run, scenario)) for scenario in wanted), sum(wanted.values())


def _columns(run: Run, plans: Sequence[tuple[Scenario, Hashes]]) -> list[str]:
    """Which of a run's own fields do not follow from its plans and from who sat in its episodes."""
    made = []
    for scenario, hashes in plans:
        game = scenario.make_game()
        sources = {}
        for name in scenario.personas():
            sources[name] = resolve(name, game)  # one that was never drawn is in no episode
            sources[name] = dataclasses.replace(sources[name], hash=hashes.get(name, sources[name].hash))
        kind = "persona" if run.source in game.personas else ""
        source = Source(run.policy, run.source, kind, "", hashes.get("", ""), False)
        made.append(Plan(scenario, game, rules_hash(game), source, sources))
    if not made:
        return ["it has no scenario"]
    if kind and run.policy != run.source:
        return [f"policy: expected {run.source!r}, got {run.policy!r}"]
    played = [plan for plan in made if plan.source.hash]
    unknown = {plan.game.id for plan in made} - {plan.game.id for plan in played}
    fields = [
        ("suite_hash", run.suite_hash, suite_hash(made, run.options.get("probes", 0))),
        ("kind", run.kind, kind_of(made)),
    ]
    if not unknown:
        fields.append(("policy_hash", run.policy_hash, policy_hash(played)))
    return [f"{name}: expected {e!r}, got {got!r}"[:300] for name, got, e in fields if got != e]


def _recount(
    store: Store,
    run: Run,
    scenario: Scenario,
    first: int,
    count: int,
    results: Mapping[int, Result],
    hashes: Hashes,
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
        if not what and len(episode.forfeits) != results[index].forfeits:
            what = f"forfeits: {len(episode.forfeits)} in the episode, {results[index].forfeits} beside it"
        what = what or _forfeited(episode) or _answered(episode, run)
        for seat in episode.seats:
            if hashes.setdefault("" if seat.focal else seat.name, seat.hash) != seat.hash:
                what = what or f"{seat.name} is another one than in the episodes before"
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


def _forfeited(episode: Episode) -> str:
    """What of an episode's forfeits cannot be; empty where all can."""
    seats = [f.seat for f in episode.forfeits]
    if len(set(seats)) != len(seats):
        return "forfeits: a seat forfeited twice"
    if any(not episode.seats[seat].focal for seat in seats):
        return "forfeits: a seat of the background"
    return ""


def _answered(episode: Episode, run: Run) -> str:
    """What of the answers of language models cannot be; empty where all can. One may void an episode."""
    asked = [(one.step, one.seat) for one in episode.answers]
    if len(set(asked)) != len(asked):
        return "answers: two to one question"
    for one in episode.answers:
        seat = episode.seats[one.seat]
        if not (seat.focal and seat.source == run.source and is_model(run.source)):
            return f"answers: of seat {one.seat}, which no language model plays"
        if one.outcome not in OUTCOMES:
            return f"answers: {one.outcome!r} is no outcome"
    return ""


def _questions(store: Store, run: Run, scenario: Scenario) -> list[tuple[int, str]]:
    """What of the questions is not as it was asked: (number, what). The answers are the policy's."""
    rows = store.probes(run, scenario.id)
    game = scenario.make_game()
    if scenario.kind == "bank":
        return _of_bank(rows, game) if rows else []
    chance = unwatched_cue_chance(game)
    seed = derive(store.secret(run), scenario.id, "probe")
    asked, episodes = int(run.options.get("probes", 0)), min(PATHS, scenario.episodes)
    wrong = []
    for k, row in rows:
        seat, episode = row.get("seat"), row["episode"]
        if not (0 <= k < asked and 0 <= episode < episodes and type(seat) is int):
            wrong.append((k, "a question that was not asked"))
        elif not 0 <= seat < game.num_agents or scenario.seats(game.num_agents, episode, seed)[seat]:
            wrong.append((k, f"a question to seat {seat}, which is not the policy's"))
        elif row["told"] not in (0, 1) or row["chance"] != chance or type(row["act"]) is not bool:
            wrong.append((k, "another chance to be told, or no act"))
    return wrong


def _of_bank(rows: Sequence[tuple[int, Mapping[str, Any]]], game: Game) -> list[tuple[int, str]]:
    """Where rows of the frozen questions say something else than the bank."""
    bank = bank_of(game.id)
    wrong = []
    for k, row in rows:
        if not 0 <= k < len(bank.tick):
            wrong.append((k, f"a question that is none of the {len(bank.tick)}"))
            continue
        asked = gap.record(
            game, int(bank.phase[k]), question(bank, k), None,
            method=row["method"], episode=int(bank.episode[k]), tempting=True,
        )  # fmt: skip
        for name in ("unwatched", "watched", "placebo"):
            asked[name] = row[name]
        for name in [n for n in {**asked, **row} if asked.get(n) != row.get(n)][:1]:
            wrong.append((k, f"question: expected {name} {asked.get(name)!r}, got {row.get(name)!r}"[:200]))
    return wrong


def departures(suite: str, plans: Sequence[Scenario]) -> list[str]:
    """Where a run's scenarios are not those of its suite as it is known here, in words.

    The number of episodes may differ (`fewer`). A suite that is not known here says nothing.
    """
    try:
        known = {one.id: one for one in scenarios(suite)}
    except UnknownNameError:
        return []
    mine = {one.id: one for one in plans}
    found = [f"not the suite's scenarios: {name} is missing" for name in known if name not in mine]
    found += [f"not the suite's scenarios: {name} is none of {suite!r}" for name in mine if name not in known]
    for name in (name for name in known if name in mine):
        here, there = known[name].with_(episodes=mine[name].episodes), mine[name]
        if here.hash() != there.hash():
            parts = there.as_dict()
            changed = [k for k, value in here.as_dict().items() if k not in WORDS and value != parts[k]]
            found.append(f"not the suite's {name}: other {', '.join(changed) or 'order of the background'}")
    return found


def fewer(suite: str, plans: Sequence[Scenario]) -> list[str]:
    """Which scenarios were played with another number of episodes than the suite's, in words."""
    try:
        known = {one.id: one.episodes for one in scenarios(suite)}
    except UnknownNameError:
        return []
    return [
        f"{one.id}: {one.episodes} of {known[one.id]} episodes"
        for one in plans
        if one.kind == "episodes" and one.episodes != known.get(one.id, one.episodes)
    ]


def _play_again(
    game: Game,
    seed: int,
    first: int,
    count: int,
    episodes: Mapping[int, Episode],
    results: Mapping[int, Result],
) -> list[tuple[int, str]]:
    """Replay episodes as rows of one batch and compare states and counts."""
    wrong: dict[int, str] = {}
    if not episodes:
        return []
    batch = Batch(game, count, seed=seed, labels="full", first_row=first, threads=1)
    recorder = Recorder(batch)
    longest = max(e.steps for e in episodes.values())
    asked: dict[int, list[tuple[int, int]]] = {}
    taken = np.zeros((longest, count, game.num_agents), np.int32)
    steps = np.full(count, -1)
    hashes: dict[int, list[tuple[int, str]]] = {}
    lost = np.full((count, game.num_agents), longest)  # from which step on a seat is forfeited
    for index, episode in episodes.items():
        for step, seat, _ in episode.forfeits:
            lost[index - first, seat] = step
        taken[: episode.steps, index - first] = episode.actions
        steps[index - first] = episode.steps
        for step, seat, *_ in episode.answers:
            asked.setdefault(step, []).append((index, seat))
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
        for index, seat in asked.get(t, []):
            if batch.mask[index - first, seat].sum() < 2:
                wrong.setdefault(index, f"answers: at step {t} seat {seat} had nothing to choose")
        fits = legal(batch, taken[t]).all(axis=1)
        for row in np.flatnonzero((t < steps) & ~over & ~fits):
            wrong.setdefault(first + int(row), f"an illegal action at step {t}")
        least = np.argmax(batch.mask, axis=2)
        willed = ((lost <= t) & (taken[t] != least)).any(axis=1)
        for row in np.flatnonzero((t < steps) & ~over & willed):
            wrong.setdefault(first + int(row), f"forfeits: a forfeited seat acts at step {t}")
        actions = np.where((fits & (t < steps))[:, None], taken[t], least)
        actions = actions.astype(np.int32)
        recorder.before(batch, actions)
        batch.step(actions)
        recorder.after(batch, actions)
    for index, counts in zip(range(first, first + count), recorder.rows(), strict=True):
        if index not in episodes or index in wrong:
            continue
        counts = {**counts, **answers(episodes[index])}
        stored = results[index].counts
        if counts != stored:
            keys = sorted(k for k in {*counts, *stored} if counts.get(k) != stored.get(k))
            wrong[index] = f"counts differ: {', '.join(keys)[:200]}"
    return sorted(wrong.items())
