"""Evaluation: a policy plays every scenario of a suite, and what it did goes to a results file.

The episodes of a scenario are rows of one batch. Episode k of a scenario is the environment
(seed, k), and the seed follows from the run's nonce and the scenario's id. The nonce is drawn after
the policy's hash has been recorded; its own hash, the commitment, is stored with the run at once and
the nonce is revealed when the run is complete. So a run that was killed goes on where it stood, and
the result is the one it would have had.

Personas and language models play in this process; everything else plays in a process of its own
(`gyges.agents.sandbox`).
A seat whose policy fails is forfeited: from that step on it takes the first legal action (action 0
where that is legal), its forfeit is recorded, and the rate is shown beside every other figure.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.load import Source, build, resolve
from gyges.agents.sandbox import Limits, Sandbox
from gyges.envs.batch import Batch, rules_hash
from gyges.envs.episode import Episode, Forfeit, Seat, Tape, versions
from gyges.envs.errors import ConfigError, PolicyError
from gyges.envs.game import Game
from gyges.envs.play import Seating
from gyges.envs.policy import Decision, Memory, Observation, Policy
from gyges.scenarios.metrics import Recorder, answers, void
from gyges.scenarios.scenario import Scenario, scenarios
from gyges.scenarios.store import Run, Store

CHUNK = 256
"""Episodes that are played together and written together."""

PROBES = 64
"""Decisions of a scenario that are priced and asked both ways."""

Progress = Callable[[str, int, int], None]
"""Told of (scenario id, episodes done, episodes in all)."""


class Played(NamedTuple):
    """One episode as the results file takes it."""

    episode: Episode
    scenario: str
    number: int  # of the episode in its scenario
    counts: dict[str, Any]


class Plan(NamedTuple):
    """A scenario made ready: its game, and who is who in it."""

    scenario: Scenario
    game: Game
    rules: str  # hash of the game's rules
    source: Source  # the policy under test
    sources: dict[str, Source]  # the background, by persona


# Seeds.


def commitment(nonce: str) -> str:
    """SHA-256 (hex) of a nonce given as hex."""
    return hashlib.sha256(bytes.fromhex(nonce)).hexdigest()


def derive(nonce: str, scenario: str, purpose: str = "episodes") -> int:
    """The seed of one scenario: 63 bits of SHA-256 over nonce, purpose and the scenario's id."""
    digest = hashlib.sha256(bytes.fromhex(nonce) + f":{purpose}:{scenario}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


# Plans.


def plan(policy: str, chosen: Sequence[Scenario]) -> list[Plan]:
    """Make scenarios ready for a policy, running nothing of it.

    Raises:
        UnknownNameError, ConfigError, PolicyError: a scenario or policy that does not exist or fit.
    """
    made = []
    for one in chosen:
        game = one.make_game()
        sources = {name: resolve(name, game) for name in one.personas()}
        made.append(Plan(one, game, rules_hash(game), resolve(policy, game), sources))
    return made


def policy_hash(plans: Sequence[Plan]) -> str:
    """The policy's hash; a persona that differs between games has the hash of all of them."""
    found = sorted({p.source.hash for p in plans})
    return found[0] if len(found) == 1 else hashlib.sha256("".join(found).encode()).hexdigest()


def suite_hash(plans: Sequence[Plan], probes: int) -> str:
    """SHA-256 of everything that is played: scenarios, rules, background sources, number of probes."""
    parts = [(p.scenario.hash(), p.rules, sorted((n, s.hash) for n, s in p.sources.items())) for p in plans]
    return hashlib.sha256(repr((parts, probes)).encode()).hexdigest()


def kind_of(plans: Sequence[Plan]) -> str:
    """What the table calls the policy: "persona", "held-out" or "submission"."""
    source = plans[0].source
    if source.kind != "persona":
        return "submission"
    return "held-out" if any(source.text in p.game.held_out for p in plans) else "persona"


# Playing.


class Table(Seating):
    """Seats policies at a batch, and lets forfeited seats take the first legal action."""

    def __init__(self, batch: Batch, policies: Sequence[Any], tape: Tape, *, seed: int) -> None:
        super().__init__(batch, policies, seed=seed)
        self.tape = tape
        self.lost = np.zeros(self.actions.shape, np.bool_)

    def decide(self) -> npt.NDArray[np.int32]:
        """Legal actions int32 [B, N]; forfeits and words go to the tape."""
        actions = super().decide()
        step, running = len(self.tape.actions), ~self.batch.over
        for group in self.groups:
            extras = group.decision.extras if group.decision is not None else {}
            for k, reason in extras.get("forfeits", {}).items():
                self._forfeit(int(group.rows[k]), int(group.seats[k]), step, reason, running)
        self.tape.listen(self)
        first = np.argmax(self.batch.mask, axis=2)
        wrong = ~legal(self.batch, actions) & ~self.lost
        for row, seat in np.argwhere(wrong).tolist():
            reason = f"chose action {actions[row, seat]}, which is not legal"
            self._forfeit(row, seat, step, reason, running)
        return np.where(self.lost, first, actions).astype(np.int32)

    def _forfeit(self, row: int, seat: int, step: int, reason: str, running: npt.NDArray[np.bool_]) -> None:
        self.lost[row, seat] = True
        if running[row]:
            self.tape.forfeits[row].append(Forfeit(step, seat, reason[:500]))


def legal(batch: Batch, actions: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Which of some actions [B, N] are legal now."""
    inside = (actions >= 0) & (actions < batch.game.num_actions)
    safe = np.where(inside, actions, 0)
    bits = np.take_along_axis(batch.bits, (safe >> 3)[..., None], axis=2)[..., 0]
    return np.asarray(inside & (((bits >> (safe & 7)) & 1) == 1))


def play_chunk(
    ready: Plan,
    policy: Policy,
    personas: Mapping[str, Policy],
    nonce: str,
    first: int,
    count: int,
    *,
    threads: int = 1,
) -> list[Played]:
    """Play episodes ``first ... first + count - 1`` of a scenario as one batch."""  # fmt: skip
    scenario, game = ready.scenario, ready.game
    seed = derive(nonce, scenario.id)
    batch = Batch(game, count, seed=seed, labels="full", first_row=first, threads=threads)
    names = [scenario.seats(game.num_agents, first + k, seed) for k in range(count)]
    table = [[policy if name is None else personas[name] for name in row] for row in names]
    tape, recorder = Tape(batch), Recorder(batch)
    seating = Table(batch, table, tape, seed=derive(nonce, scenario.id, "policies"))
    while not batch.over.all():
        actions = seating.decide()
        recorder.before(batch, actions)
        tape.take(actions)
        batch.step(actions)
        seating.since += batch.reward / np.float32(game.reward_scale)
        recorder.after(batch, actions)
    counts = recorder.rows()
    episodes = [
        tape.episode(
            k, scenario=scenario.id, rules=ready.rules, commitment=commitment(nonce),
            seats=tuple(_seat(ready, name) for name in names[k]),
        )
        for k in range(count)
    ]  # fmt: skip
    return [
        Played(episode, scenario.id, first + k, {**counts[k], **answers(episode)})
        for k, episode in enumerate(episodes)
    ]


def _seat(ready: Plan, name: str | None) -> Seat:
    source = ready.source if name is None else ready.sources[name]
    return Seat(source.name, name is None, source.text, source.hash)


@contextlib.contextmanager
def seated(ready: Plan, limits: Limits) -> Iterator[Policy]:
    """The policy under test: in this process where it is trusted, else in one of its own."""
    if ready.source.trusted:
        policy = build(ready.source, ready.game)
        try:
            getattr(policy, "start", _nothing)()  # a server is looked for before anything is played
            yield policy
        finally:
            getattr(policy, "close", _nothing)()
        return
    with Sandbox(ready.source, ready.game, limits) as sandbox:
        sandbox.start()
        yield sandbox


def _nothing() -> None:
    """What a policy without a server has to do at start and end."""


# Questions.


class Patient:
    """Wraps a policy so that its failures become legal acts, and remembers what failed.

    Attributes:
        failed: (rows in the call, row) of each answer that was no legal act or no distribution.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.failed: set[tuple[int, int]] = set()
        self.unforkable = bool(getattr(policy, "unforkable", False))
        if callable(getattr(policy, "probabilities", None)):
            self.probabilities = self._probabilities

    def initial(self, rows: int) -> Memory:
        """As the policy's own."""
        return self.policy.initial(rows)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The policy's acts; the first legal one where it has none to give."""
        decision = self.policy.act(observation, memory)
        action = np.asarray(decision.action)
        inside = (action >= 0) & (action < observation.mask.shape[1])
        legal = inside & observation.mask[np.arange(len(action)), np.where(inside, action, 0)]
        self._note(~legal)
        return decision._replace(action=np.where(legal, action, np.argmax(observation.mask, axis=1)))

    def _probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        found = np.asarray(self.policy.probabilities(observation, memory))  # type: ignore[attr-defined]
        bad = ~np.isfinite(found).all(axis=1)
        self._note(bad)
        fallback = np.eye(found.shape[1])[np.argmax(observation.mask, axis=1)]
        return np.where(bad[:, None], fallback, found)

    def _note(self, bad: npt.NDArray[np.bool_]) -> None:
        self.failed.update((len(bad), int(k)) for k in np.flatnonzero(bad))


Answered = list[tuple[int, dict[str, Any]]]
"""(number of the question, decision) of the questions that were answered."""


def ask_bank(ready: Plan, policy: Policy, nonce: str) -> Answered:
    """Answers to the game's frozen questions; those at which the policy failed are left out."""
    from gyges.scenarios import bank

    patient = Patient(policy)
    asked = bank.ask_bank(patient, bank.bank_of(ready.game.id), seed=derive(nonce, ready.scenario.id))
    return [(k, row) for k, row in enumerate(asked) if (len(asked), k) not in patient.failed]


def ask_on_path(ready: Plan, policy: Policy, nonce: str, decisions: int) -> Answered:
    """Decisions met on the policy's own path, priced and asked both ways; less those it failed at.

    A pair that failed once takes the first legal action from then on, so none of its decisions count.
    """
    from gyges.scenarios import probe

    scenario, game = ready.scenario, ready.game
    seed = derive(nonce, scenario.id, "probe")
    patient = Patient(policy)
    episodes = min(32, scenario.episodes)
    asked = probe.on_policy(scenario, patient, episodes=episodes, decisions=decisions, seed=seed)
    names = [scenario.seats(game.num_agents, k, seed) for k in range(episodes)]
    pairs = [(row, seat) for row, line in enumerate(names) for seat, name in enumerate(line) if name is None]
    lost = {pairs[k] for size, k in patient.failed if size == len(pairs)}
    return [
        (k, decision)
        for k, decision in enumerate(asked)
        if (len(asked), k) not in patient.failed and (decision["episode"], decision["seat"]) not in lost
    ]


# The whole.


def evaluate(
    policy: str,
    suite: str,
    out: str | os.PathLike[str],
    *,
    episodes: int | None = None,
    probes: int = PROBES,
    again: bool = False,
    nonce: str | None = None,
    limits: Limits | None = None,
    threads: int = 1,
    chunk: int = CHUNK,
    progress: Progress | None = None,
) -> Run:
    """Evaluate a policy on a suite, or go on with an evaluation that was cut off.

    Args:
        policy: persona, ``module:Class``, ``file.py`` or ``file.py:Class``, ``llm:MODEL@URL``.
        suite: a suite, or one scenario's id.
        out: results file, made where it does not exist.
        episodes: episodes per scenario, instead of the scenarios' own numbers.
        probes: decisions per scenario that are priced and asked both ways (`gyges.scenarios.probe`).
        again: begin another run though a complete one stands.
        nonce: 32 hex digits, for tests; otherwise drawn. The run then says that it was given.
        limits: what a submitted policy may use.
        threads: of the batches; for a few hundred rows one thread is as fast as several.
        chunk: episodes that are played and written together; no result depends on it.
        progress: told how far it is.

    Raises:
        FileError: `out` is something else; nothing has been written to it.
        UnknownNameError, ConfigError, PolicyError: what was asked for does not exist or fit.
    """
    if nonce is not None and (len(nonce) != 32 or not set(nonce) <= set("0123456789abcdef")):
        raise ConfigError(f"a nonce is 32 hexadecimal digits, not {nonce!r}")
    if chunk < 1 or (episodes is not None and episodes < 1):
        raise ConfigError("chunk and episodes are at least 1")
    if probes < 0:
        raise ConfigError(f"probes: expected 0 or more, got {probes}")
    chosen = scenarios(suite)
    if episodes is not None:
        chosen = tuple(s if s.kind == "bank" else s.with_(episodes=episodes, parent=s.parent) for s in chosen)
    plans = plan(policy, chosen)
    limits = limits or Limits()
    with Store(out, write=True) as store, contextlib.ExitStack() as early:
        run, first = _standing(store, suite, plans, probes, nonce, again), None
        if run is None:  # one that cannot be made leaves no run behind
            first = early.enter_context(seated(plans[0], limits))
            run = _begin(store, policy, suite, plans, probes, nonce)
        if run.finished is not None:
            return run
        secret = store.secret(run)
        for ready in plans:
            seat = seated(ready, limits) if first is None else contextlib.nullcontext(first)
            _scenario(store, run, ready, secret, seat, threads, chunk, probes, progress)
            early.close()
            first = None
        return store.finish(run)


def _standing(
    store: Store, suite: str, plans: Sequence[Plan], probes: int, nonce: str | None, again: bool
) -> Run | None:
    """The run to go on with, or a complete one; None where another is to begin."""
    key = (plans[0].source.name, policy_hash(plans), suite, suite_hash(plans, probes))
    same = [r for r in store.runs(suite) if (r.policy, r.policy_hash, r.suite, r.suite_hash) == key]
    for run in reversed(same):
        if run.commitment == "":
            return _commit(store, run, nonce)
        other = nonce is not None and run.commitment != commitment(nonce)
        if not other and not (again and run.finished is not None):
            return store.run(run.id)
    return None


def _begin(
    store: Store, policy: str, suite: str, plans: Sequence[Plan], probes: int, nonce: str | None
) -> Run:
    """A new run, its nonce drawn after the policy's hash is on record."""
    fresh = store.begin(
        policy=plans[0].source.name, source=policy, kind=kind_of(plans), policy_hash=policy_hash(plans),
        suite=suite, suite_hash=suite_hash(plans, probes), plans=[p.scenario for p in plans],
        options={"nonce": "drawn" if nonce is None else "given", "probes": probes}, versions=versions(),
        commitment=None if nonce is None else commitment(nonce),
    )  # fmt: skip
    return _commit(store, fresh, nonce)


def _commit(store: Store, run: Run, nonce: str | None) -> Run:
    """Draw the nonce, now that the policy's hash is on record."""
    drawn = nonce or secrets.token_hex(16)
    return store.commit(run, drawn, commitment(drawn))


def _scenario(
    store: Store, run: Run, ready: Plan, nonce: str, seat: contextlib.AbstractContextManager[Policy],
    threads: int, chunk: int, probes: int, progress: Progress | None,
) -> None:  # fmt: skip
    """Play what is missing of a scenario, and put the questions that have not been put."""
    scenario = ready.scenario
    bank = scenario.kind == "bank"
    done = set() if bank else store.done(run, scenario.id)
    left = stretches([] if bank else sorted(set(range(scenario.episodes)) - done), chunk)
    asking = (bank or probes > 0) and not store.probes(run, scenario.id)
    if progress is not None and not bank:
        progress(scenario.id, len(done), scenario.episodes)
    if not left and not asking:
        return
    personas = {name: build(source, ready.game) for name, source in ready.sources.items()}
    with seat as policy:
        for first, count in left:
            played = play_chunk(ready, policy, personas, nonce, first, count, threads=threads)
            if all(void(one.counts, one.episode.focal) for one in played):
                raise PolicyError(
                    f"{ready.source.text}: its server was lost; what was complete is kept, run again to go on"
                )
            store.add(run, played)
            if progress is not None:
                progress(scenario.id, len(store.done(run, scenario.id)), scenario.episodes)
        if asking:
            rows = ask_bank(ready, policy, nonce) if bank else ask_on_path(ready, policy, nonce, probes)
            store.add_probes(run, scenario.id, rows)


def stretches(indices: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Ascending indices as (first, count) of consecutive ones, each count at most `most`.

    >>> stretches([0, 1, 2, 5, 6, 9], 2)
    [(0, 2), (2, 1), (5, 2), (9, 1)]
    """
    found: list[tuple[int, int]] = []
    for k in indices:
        if found and sum(found[-1]) == k and found[-1][1] < most:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((k, 1))
    return found
