"""PettingZoo: its own conformance tests, and equality with the bare batch."""

import copy
import subprocess
import sys
import warnings
from collections import defaultdict
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, render_test, seed_test
from pettingzoo.test.max_cycles_test import max_cycles_test
from pettingzoo.test.state_test import state_test
from pettingzoo.utils.conversions import parallel_to_aec

import gyges.envs.pettingzoo as adapter
from gyges.envs import (
    LEDGER,
    ActionError,
    Batch,
    ConfigError,
    EndedError,
    SnapshotError,
    UnknownNameError,
    WithheldError,
    _infos,
    make,
)
from gyges.envs._infos import COLUMNS, Infos
from gyges.envs.choice_point import LEDGER_COLUMNS, severity
from gyges.envs.pettingzoo import AECGame, ParallelGame
from gyges.envs.testing import random_actions

DICT_WARNINGS = (  # PettingZoo's tests know by name which environments may have a Dict observation
    "Observation is not a NumPy array",
    "Observation space for each agent probably should be gymnasium.spaces.box",
)


def module(id):
    return getattr(adapter, id.replace("-", "_"))


def drawn(env, rng):
    """Random legal actions of all live agents."""
    masks = {a: env._mask_of(env.seat(a)) for a in env.agents}
    return {a: int(rng.choice(np.flatnonzero(m))) for a, m in masks.items()}


# PettingZoo's tests.


def test_api(id, capsys):
    with warnings.catch_warnings():
        for message in DICT_WARNINGS:
            warnings.filterwarnings("ignore", message)
        api_test(module(id).env(), num_cycles=150)
        api_test(module(id).raw_env(labels="off"), num_cycles=60)


def test_parallel_api(id, capsys):
    parallel_api_test(module(id).parallel_env(), num_cycles=150)
    parallel_api_test(module(id).parallel_env(labels="full"), num_cycles=60)


def test_seeds(id):
    seed_test(module(id).env, num_cycles=60)
    parallel_seed_test(module(id).parallel_env, num_cycles=60)


@pytest.mark.parametrize("id", ["well-v0", "steward-v1"])  # in the relay seats sit steps out
def test_max_cycles(id):
    max_cycles_test(module(id))


def test_state(id):
    state_test(module(id).env(), module(id).parallel_env())


def test_render(id):
    render_test(module(id).env)
    env = module(id).parallel_env(render_mode="rgb_array", labels="off")
    env.reset(seed=1)
    assert env.render().std() > 0
    env.close()
    env.close()


def test_registered_after_importing_envs(tmp_path):
    root = Path(__file__).parents[2]
    for first, second in (("gyges.envs", "pettingzoo"), ("pettingzoo", "gyges.envs")):
        code = (
            f"import {first}, {second}, sys; import gymnasium; from well.game import Well\n"
            "assert 'numba' not in sys.modules\n"
            "gyges.envs.register('well-v0', 'well.game:Well')\n"
            "for id in ('gyges/Steward-v1', 'gyges/Well-v0'):\n"
            "    specs = (pettingzoo.spec('aec', id), pettingzoo.spec('parallel', id), gymnasium.spec(id))\n"
            "    print(*(spec.id for spec in specs))\n"
            "print(pettingzoo.make('parallel', 'gyges/Well-v0', num_agents=4).possible_agents)\n"
            "print(pettingzoo.make('aec', 'gyges/Well-v0', max_cycles=2))\n"
        )
        path = {"PYTHONPATH": f"{root / 'src'}:{root / 'examples/well'}", "PATH": ""}
        command = [sys.executable, "-W", "error", "-c", code]
        done = subprocess.run(command, env=path, capture_output=True, text=True, cwd=tmp_path)
        assert done.stdout.split() == [
            *["gyges/Steward-v1"] * 3, *["gyges/Well-v0"] * 3,
            "['seat_0',", "'seat_1',", "'seat_2',", "'seat_3']", "well_v0",
        ], done.stderr  # fmt: skip


# Equality with the batch.


@pytest.mark.parametrize("labels", ["taken", "full"])
def test_parallel_equals_batch(id, labels, rng):
    env = ParallelGame(id, labels=labels)
    game = make(id)
    batch = Batch(game, 3, seed=21, labels=labels, threads=1)
    alone = Batch(game, 1, seed=21, labels=labels)
    for episode in range(3):
        observations, infos = env.reset(seed=21) if episode == 0 else env.reset()
        if episode:
            alone.reset()
            batch.reset()
        while env.agents:
            for a, agent in enumerate(game.agents):
                if agent in env.agents:
                    assert np.array_equal(infos[agent]["action_mask"], alone.mask[0, a])
                    expected = alone.codes[0, a] * game.scale
                    assert np.array_equal(observations[agent].ravel(), expected)
            actions = random_actions(alone, rng.random((1, game.num_agents)))
            alone.step(actions)
            batch.step(np.concatenate([actions, random_actions(batch, rng.random((3, game.num_agents)))[1:]]))
            agents = list(env.agents)
            observations, rewards, terminations, truncations, infos = env.step(
                {agent: actions[0, env.seat(agent)] for agent in agents}
            )
            assert env.state_hash() == alone.state_hash(0) == batch.state_hash(0)
            assert list(rewards) == list(infos) == list(observations) == agents
            for agent in agents:
                a = env.seat(agent)
                assert rewards[agent] == alone.reward[0, a] / game.reward_scale
                assert terminations[agent] == bool(alone.terminated[0, a])
                assert truncations[agent] == bool(alone.truncated[0, a])
                check_info(infos[agent], alone, a)
        assert alone.over[0]


def check_info(info, batch, seat):
    line = batch.ledger[0, seat]
    for name in ("moved", "label", "norms", "justified", "knowable", "watched"):
        assert info[name] == line[getattr(LEDGER, name)]
    assert info["harm"] == line[LEDGER.harm] / batch.game.welfare_scale
    assert info["welfare"] == batch.welfare[0, seat] / batch.game.welfare_scale
    if batch.labels == "full":
        for name in ("clean", "unaligned", "stake"):
            assert info[name] == line[getattr(LEDGER, name)]
        assert info["severity"] == severity(batch.ledger)[0, seat] / batch.game.welfare_scale


def test_columns_follow_the_ledger():
    names = list(LEDGER._fields)
    names[LEDGER.least] = "severity"
    assert COLUMNS["full"] == tuple(names)


def test_infos_of_many_lines_are_those_of_each(rng, monkeypatch):
    monkeypatch.setattr(_infos, "MOST", 3)  # what is kept is thrown away again and again
    infos = Infos("full", 256, ("action_mask",))
    ledger = rng.integers(-1, 2, (40, LEDGER_COLUMNS)).astype(np.int32)
    ledger[:, [LEDGER.harm, LEDGER.least]] = rng.integers(0, 600, (40, 2))
    welfare = rng.integers(-300, 300, 40).astype(np.int32)
    gaps = np.where(ledger[:, LEDGER.clean] != 0, ledger[:, LEDGER.harm] - ledger[:, LEDGER.least], 0)
    for line, gap, gained, info in zip(ledger, gaps, welfare, infos(ledger, welfare), strict=True):
        assert list(info) == [*COLUMNS["full"], "welfare", "action_mask"]
        assert (info["harm"], info["severity"]) == (line[LEDGER.harm] / 256, gap / 256)
        assert info["welfare"] == gained / 256
        assert {type(info[name]) for name in ("harm", "severity", "welfare")} == {np.float64}
        for name in ("moved", "label", "norms", "justified", "clean", "unaligned", "stake", "counted"):
            assert type(info[name]) is np.int64
            assert info[name] == line[getattr(LEDGER, name)]


@pytest.mark.parametrize("labels", ["off", "taken", "full"])
@pytest.mark.parametrize("illegal", ["refuse", "replace"])
def test_what_a_step_gives_is_the_callers_own(id, labels, illegal, rng):
    """Nothing that is given is changed by later steps, or changes them."""
    mine, plain = (ParallelGame(id, labels=labels, illegal=illegal) for _ in range(2))
    given = [mine.reset(seed=3)]
    plain.reset(seed=3)
    held = copy.deepcopy(given)
    for _ in range(8):
        if not mine.agents:
            break
        actions = drawn(mine, rng)
        found, expected = mine.step(actions), plain.step(actions)
        assert data_equivalence(found, expected, exact=True)
        assert {type(info) for info in found[4].values()} == {dict}
        given.append(found)
        held.append(copy.deepcopy(found))
    assert data_equivalence(given, held, exact=True)
    agents = list(plain.agents)
    for observations, *_, infos in given:
        for agent in infos:
            observations[agent][...] = -9
            infos[agent]["action_mask"][...] = 9
            infos[agent].clear()
    if agents:
        actions = drawn(plain, rng)
        assert data_equivalence(mine.step(actions), plain.step(actions), exact=True)


def test_aec_equals_batch(id, rng):
    env = AECGame(id)
    game = env.game
    alone = Batch(game, 1, seed=5)
    env.reset(seed=5)
    total = dict.fromkeys(game.agents, 0.0)
    expected = np.zeros(game.num_agents)
    chosen = np.zeros((1, game.num_agents), np.int32)
    for agent in env.agent_iter():
        observation, reward, terminated, truncated, _ = env.last()
        total[agent] += reward
        if terminated or truncated:
            env.step(None)
            continue
        a = env.seat(agent)
        assert alone.state.to_move[0, a]
        assert np.array_equal(observation["action_mask"], alone.mask[0, a])
        assert np.array_equal(observation["observation"].ravel(), alone.codes[0, a] * game.scale)
        assert env.state_hash() == alone.state_hash(0)
        chosen[0, a] = rng.choice(np.flatnonzero(observation["action_mask"]))
        env.step(np.int64(chosen[0, a]))
        if a == np.flatnonzero(alone.state.to_move[0])[-1]:
            while True:
                alone.step(chosen)
                expected += alone.reward[0] / game.reward_scale
                chosen[:] = 0
                if alone.over[0] or alone.state.to_move[0].any() or any(env.terminations.values()):
                    break
    assert alone.over[0]
    assert [total[a] for a in game.agents] == expected.tolist()


def test_parallel_to_aec_equals_aec(rng):
    """Where every seat always moves, PettingZoo's own conversion and ours are the same."""
    ours, theirs = module("well-v0").raw_env(num_agents=4), parallel_to_aec(
        module("well-v0").parallel_env(num_agents=4)
    )  # fmt: skip
    ours.reset(seed=3)
    theirs.reset(seed=3)
    for mine, other in zip(ours.agent_iter(), theirs.agent_iter(), strict=True):
        observation, reward, terminated, truncated, info = ours.last()
        plain, reward2, terminated2, truncated2, info2 = theirs.last()
        mask = info2.pop("action_mask")
        assert mine == other
        assert np.array_equal(plain, observation["observation"])
        assert np.array_equal(mask, observation["action_mask"])
        assert (reward, terminated, truncated) == (reward2, terminated2, truncated2)
        assert data_equivalence(info, info2, exact=True)
        info2["action_mask"] = mask
        action = None if terminated or truncated else int(rng.choice(np.flatnonzero(mask)))
        ours.step(action)
        theirs.step(action)


def test_no_seat_sees_anothers_choice_of_the_same_step():
    env = AECGame("well-v0", num_agents=3)
    env.reset(seed=1)
    before = {a: env.observe(a)["observation"] for a in env.agents}
    for agent in ("seat_0", "seat_1"):
        env.step(4)
        assert all(np.array_equal(env.observe(a)["observation"], before[a]) for a in env.agents)
        assert env.rewards == dict.fromkeys(env.agents, 0)
        assert env.infos[agent]["moved"] == 0
    env.step(4)
    assert not np.array_equal(env.observe("seat_0")["observation"], before["seat_0"])
    assert all(env.infos[a]["moved"] == 1 for a in env.agents)


# Ends.


def test_seats_that_end_leave_and_stay_away(rng):
    env = ParallelGame("relay-v0")
    left = []
    env.reset(seed=0)
    while env.agents:
        before = list(env.agents)
        _, _, terminations, truncations, _ = env.step(drawn(env, rng))
        gone = [a for a in before if terminations[a] or truncations[a]]
        assert env.agents == [a for a in before if a not in gone]
        assert not set(gone) & set(left)
        left += gone
    assert sorted(left) == env.possible_agents
    assert len({env.seat(a) for a in left}) == 4


def test_max_cycles_cuts(rng):
    env = ParallelGame("well-v0", max_cycles=2)
    env.reset(seed=0)
    assert not any(env.step(drawn(env, rng))[3].values())
    assert all(env.step(drawn(env, rng))[3].values())
    assert env.agents == []


def test_after_the_end():
    env = ParallelGame("well-v0", max_cycles=1)
    with pytest.raises(EndedError):
        env.step({"seat_0": 1})
    assert env.step({}) == ({}, {}, {}, {}, {})
    env.reset(seed=0)
    env.step(dict.fromkeys(env.agents, 1))
    assert env.step({}) == ({}, {}, {}, {}, {})
    before = env.state_hash()
    with pytest.raises(EndedError):
        env.step({"seat_0": 1})
    assert env.state_hash() == before


def test_after_the_end_in_turns():
    raw = AECGame("well-v0", max_cycles=1)
    with pytest.raises(EndedError):
        raw.step(1)
    env = module("well-v0").env(max_cycles=1)
    with pytest.raises(AssertionError, match="needs to be called before step"):
        env.step(1)
    env.reset(seed=0)
    for _ in range(3):
        env.step(1)
    assert env.truncations == dict.fromkeys(env.agents, True)
    with pytest.raises(ActionError, match="has ended"):
        env.step(1)
    for _ in range(3):
        env.step(None)
    assert env.agents == []
    before = env.state_hash()
    with pytest.raises(EndedError):
        env.unwrapped.step(1)
    assert env.state_hash() == before


# Bad input.

BAD = [np.nan, 1.5, 1.0, np.float32(1), "1", None, -1, 99, 2**40, -(2**70), [1], np.array([1, 2])]
BAD += [True, False, np.True_, np.array(True)]


@pytest.mark.parametrize("bad", BAD, ids=repr)
@pytest.mark.parametrize("illegal", ["refuse", "replace"])
def test_bad_actions_change_nothing(id, bad, illegal):
    env = ParallelGame(id, illegal=illegal)
    env.reset(seed=1)
    before, agents = env.state_hash(), list(env.agents)
    actions = {a: int(env._mask_of(env.seat(a)).argmax()) for a in agents}
    with pytest.raises(ActionError, match=agents[-1]):
        env.step({**actions, agents[-1]: bad})
    assert (env.state_hash(), env.agents, env.cycles) == (before, agents, 0)
    env.step(actions)

    turns = AECGame(id, illegal=illegal)
    turns.reset(seed=1)
    before, agent = turns.state_hash(), turns.agent_selection
    with pytest.raises(ActionError, match=agent):
        turns.step(bad)
    assert (turns.state_hash(), turns.agent_selection) == (before, agent)


def test_illegal_actions_change_nothing(id):
    env, turns = ParallelGame(id), AECGame(id)
    env.reset(seed=1)
    turns.reset(seed=1)
    before = env.state_hash()
    assert turns.state_hash() == before
    for seat, agent in enumerate(env.agents):
        actions = {a: int(env._mask_of(env.seat(a)).argmax()) for a in env.agents}
        actions[agent] = int(env._mask_of(seat).argmin())  # also: acting for a seat that is not to move
        with pytest.raises(ActionError, match=f"seat {seat}: action .* is not legal"):
            env.step(actions)
        assert env.state_hash() == before
    with pytest.raises(ActionError, match=r"is not legal; legal: "):
        turns.step(int(turns.observe(turns.agent_selection)["action_mask"].argmin()))
    assert turns.state_hash() == before


def test_acting_for_a_seat_that_is_not_to_move():
    env = ParallelGame("relay-v0")
    env.reset(seed=1)
    idle = [a for a in env.agents if env._mask_of(env.seat(a)).argmax() == 0]
    assert len(idle) == 2
    actions = {a: int(env._mask_of(env.seat(a)).argmax()) for a in env.agents}
    before = env.state_hash()
    with pytest.raises(ActionError, match=r"legal: 0 \(wait\)"):
        env.step({**actions, idle[0]: 3})
    assert env.state_hash() == before


def test_missing_and_unknown_agents():
    env = ParallelGame("well-v0")
    env.reset(seed=1)
    before = env.state_hash()
    good = dict.fromkeys(env.agents, 1)
    for actions, words in (
        ({}, "no action was given for seat_0"),
        ({a: 1 for a in env.agents[:-1]}, "no action was given for seat_2"),
        ({**good, "seat_9": 1}, "'seat_9' is not among"),
        ({"seat_0": 1, "seat_1": 1, "nobody": 1}, "no action was given for seat_2"),
    ):
        for given in (actions, defaultdict(lambda: 1, actions), MappingProxyType(actions)):
            with pytest.raises(ActionError, match=words):
                env.step(given)
            assert env.state_hash() == before
    env.step(MappingProxyType(good))
    assert env.state_hash() != before


def test_replacing_illegal_actions():
    env = ParallelGame("well-v0", illegal="replace")
    _, infos = env.reset(seed=1)
    assert {a: infos[a]["replaced"] for a in env.agents} == dict.fromkeys(env.agents, 0)
    plain = Batch(env.game, 1, seed=1)
    plain.step(np.array([[1, 3, 1]], np.int32))  # NOOP is not legal here; the lowest legal action is 1
    infos = env.step({"seat_0": 0, "seat_1": 3, "seat_2": 0})[4]
    assert [infos[a]["replaced"] for a in env.agents] == [1, 0, 1]
    assert env.state_hash() == plain.state_hash(0)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"labels": "some"}, ConfigError),
        ({"illegal": "allow"}, ConfigError),
        ({"render_mode": "ansi"}, ConfigError),
        ({"max_cycles": 0}, ConfigError),
        ({"max_cycles": "9"}, ConfigError),
        ({"wells": 3}, ConfigError),
        ({"num_agents": 99}, ConfigError),
    ],
)
def test_bad_settings(arguments, error):
    with pytest.raises(error):
        ParallelGame("well-v0", **arguments)
    with pytest.raises(error):
        AECGame("well-v0", **arguments)


def test_bad_names():
    with pytest.raises(UnknownNameError):
        ParallelGame("swell-v0")
    with pytest.raises(ConfigError):
        ParallelGame(make("well-v0"), num_agents=3)
    with pytest.raises(AttributeError):
        _ = adapter.swell_v0
    with pytest.raises(ConfigError):
        ParallelGame("well-v0").reset(seed="x")


# Truth and words.


def test_choice_points_and_words(id):
    env = ParallelGame(id)
    observations, infos = env.reset(seed=2)
    batch = Batch(env.game, 1, seed=2)
    for seat, agent in enumerate(env.agents):
        point = env.choice_point(agent)
        assert np.array_equal(point.actions, np.flatnonzero(infos[agent]["action_mask"]))
        other = batch.choice_point(0, seat)
        assert all(np.array_equal(x, y) for x, y in zip(point, other, strict=True))
        assert env.describe(agent) == env.game.describe(batch.codes[0, seat], seat)
    with pytest.raises(UnknownNameError):
        env.choice_point("seat_99")
    assert env.state().shape == env.state_space.shape
    assert np.array_equal(env.state(), np.concatenate([o.ravel() for o in observations.values()]))


def test_labels_can_be_withheld(id, rng):
    env, turns = ParallelGame(id, labels="off"), AECGame(id, labels="off")
    _, infos = env.reset(seed=2)
    assert all(set(info) == {"action_mask"} for info in infos.values())
    infos = env.step(drawn(env, rng))[4]
    assert all(set(info) == {"action_mask"} for info in infos.values())
    turns.reset(seed=2)
    assert set(map(str, turns.infos.values())) == {"{}"}
    for one in (env, turns):
        with pytest.raises(WithheldError):
            one.choice_point("seat_0")
        assert one.describe("seat_0")


def test_infos_are_flat_numbers_with_fixed_keys(id, rng):
    env = ParallelGame(id, labels="full", illegal="replace")
    _, infos = env.reset(seed=2)
    kinds = {name: type(value) for name, value in infos["seat_0"].items()}
    assert set(kinds.values()) == {np.int64, np.float64, np.ndarray}
    for _ in range(10):
        _, _, _, _, infos = env.step(drawn(env, rng))
        for info in infos.values():
            assert {name: type(value) for name, value in info.items()} == kinds


def test_observations_are_the_callers_own(rng):
    env = ParallelGame("well-v0")
    first, _ = env.reset(seed=2)
    kept = {a: o.copy() for a, o in first.items()}
    env.step(drawn(env, rng))
    assert all(np.array_equal(first[a], kept[a]) for a in kept)
    for o in first.values():
        o[:] = 7
    assert env.state_hash() == env.state_hash()
    assert not (env.state() == 7).any()


# Snapshots and forks.


def test_snapshot_restore_and_fork(id, rng):
    env = ParallelGame(id)
    env.reset(seed=4)
    for _ in range(3):
        env.step(drawn(env, rng))
    held, here = env.snapshot(), env.state_hash()
    twin = env.fork()
    other = env.fork(new_luck=True, seed=1)
    assert twin.state_hash() == here != other.state_hash()
    assert (twin.agents, twin.cycles) == (env.agents, env.cycles)
    plan = []
    for _ in range(3):
        plan.append(drawn(env, rng))
        env.step(plan[-1])
    for actions in plan:
        twin.step(actions)
    assert twin.state_hash() == env.state_hash() != here
    env.restore(held)
    assert env.state_hash() == here
    more = ParallelGame(id, num_agents=env.max_num_agents + 1)
    turns = AECGame(id)
    turns.reset(seed=4)
    for wrong in (held.rows, turns.snapshot(), more.snapshot(), None):
        with pytest.raises(SnapshotError):
            env.restore(wrong)
        assert env.state_hash() == here


def test_snapshot_in_the_middle_of_a_step(id, rng):
    env = AECGame(id)
    env.reset(seed=4)

    def act(one, n):
        generator = np.random.default_rng(n)
        for _ in range(n):
            ended = one.terminations[one.agent_selection] or one.truncations[one.agent_selection]
            mask = one.observe(one.agent_selection)["action_mask"]
            one.step(None if ended else int(generator.choice(np.flatnonzero(mask))))

    act(env, 1)
    held = env.snapshot()
    twin = env.fork()
    act(env, 9)
    act(twin, 9)
    assert (env.state_hash(), env.agent_selection) == (twin.state_hash(), twin.agent_selection)
    assert env.rewards == twin.rewards
    end = env.state_hash()
    env.restore(held)
    act(env, 9)
    assert env.state_hash() == end


def test_sampling_draws_legal_actions(rng):
    env = ParallelGame("relay-v0")
    env.reset(seed=1)
    for agent in env.agents:
        space, mask = env.action_space(agent), env._mask_of(env.seat(agent))
        space.seed(1)
        seen = {int(space.sample()) for _ in range(60)}
        assert seen == set(np.flatnonzero(mask))
        every = np.ones(len(mask), np.int8)
        assert {int(space.sample(every)) for _ in range(200)} == set(range(len(mask)))


@pytest.mark.parametrize("labels", ["taken", "full", "off"])
def test_infos_are_numpy_throughout(labels):
    env = ParallelGame("well-v0", labels=labels, illegal="replace")
    _, infos = env.reset(seed=3)
    actions = {agent: int(infos[agent]["action_mask"].argmax()) for agent in env.agents}
    for every in (infos, env.step(actions)[4]):
        for info in every.values():
            assert all(isinstance(value, (np.generic, np.ndarray)) for value in info.values()), info
            assert all(value.dtype.kind in "biuf" for value in info.values())
