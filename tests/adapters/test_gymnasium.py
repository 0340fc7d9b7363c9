"""Gymnasium: its own checks, one seat among policies, vector environments and their resets."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import gyges.envs.gymnasium  # noqa: F401
from gyges.envs import (
    ActionError,
    Batch,
    ConfigError,
    Decision,
    EndedError,
    RandomPolicy,
    SnapshotError,
    UnknownNameError,
    WithheldError,
    make,
)
from gyges.envs.gymnasium import SeatEnv, SeatVectorEnv
from gyges.envs.registry import public_id
from gyges.envs.rollout import Seating
from gyges.envs.seat_env import policy_of


def drawn(masks, rng):
    """One random legal action per row of masks [B, A]."""
    return np.array([rng.choice(np.flatnonzero(m)) for m in masks])


# One seat.


def test_check_env(id):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make(public_id(id), illegal="replace").unwrapped)


def test_check_env_without_replacement():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make("gyges/Well-v0").unwrapped)


def test_usual_loop(id):
    env = gymnasium.make(public_id(id), background={1: "greedy", 2: "gyges"}, seat=0)
    env.reset(seed=1)
    env.action_space.seed(1)
    for _ in range(300):
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert observation in env.observation_space
        assert type(reward) is float
        assert np.array_equal(info["action_mask"], env.unwrapped.action_masks())
        if terminated or truncated:
            with pytest.raises(ResetNeeded):
                env.step(0)
            env.reset()


@pytest.mark.parametrize("seat", [0, 1])
def test_equals_batch_with_the_same_policies(id, seat, rng):
    game = make(id)
    background = {k: "greedy" if k % 2 else "random" for k in range(game.num_agents) if k != seat}
    env = SeatEnv(id, seat=seat, background=background, labels="full")
    alone = Batch(game, 1, seed=9, labels="full")
    made = {name: policy_of(game, name) for name in ("greedy", "random")}
    table = [made[background[k]] if k != seat else RandomPolicy() for k in range(game.num_agents)]
    seating = Seating(alone, table)
    _, info = env.reset(seed=9)
    for episode in range(2):
        if episode:
            env.reset()
            alone.reset()
            seating.since[:] = 0
        done = False
        while not done:
            action = int(rng.choice(np.flatnonzero(env.action_masks())))
            everyone = seating.decide()
            everyone[0, seat] = action
            alone.step(everyone)
            seating.since += alone.reward / np.float32(game.reward_scale)
            observation, reward, terminated, truncated, info = env.step(action)
            assert env.state_hash() == alone.state_hash(0)
            assert np.array_equal(observation.ravel(), alone.codes[0, seat] * game.scale)
            assert reward == alone.reward[0, seat] / game.reward_scale
            assert terminated is bool(alone.terminated[0, seat])
            assert truncated is bool(alone.truncated[0, seat])
            assert info["label"] == alone.ledger[0, seat, 1]
            assert info["welfare"] == alone.welfare[0, seat] / game.welfare_scale
            done = terminated or truncated


BAD = [True, np.True_, np.nan, 1.0, np.float32(2), "1", None, -1, 99, 2**40, [1], np.array([1, 1])]


@pytest.mark.parametrize("bad", BAD, ids=repr)
@pytest.mark.parametrize("illegal", ["refuse", "replace"])
def test_bad_actions_change_nothing(id, bad, illegal):
    env = SeatEnv(id, illegal=illegal)
    env.reset(seed=1)
    before = env.state_hash()
    with pytest.raises(ActionError, match="seat_0"):
        env.step(bad)
    assert env.state_hash() == before


def test_illegal_actions(id):
    env = SeatEnv(id, background="random")
    env.reset(seed=1)
    before, memories = env.state_hash(), env.snapshot().kept["_memories"]
    illegal = int(env.action_masks().argmin())
    with pytest.raises(ActionError, match=f"action {illegal} .* is not legal"):
        env.step(illegal)
    assert env.state_hash() == before
    assert data_equivalence(env.snapshot().kept["_memories"], memories, exact=True)
    other = SeatEnv(id, background="random", illegal="replace")
    other.reset(seed=1)
    info = other.step(illegal)[4]
    assert info["replaced"] == 1
    env.step(int(env.action_masks().argmax()))
    assert env.state_hash() == other.state_hash()


def test_order_of_calls():
    env = SeatEnv("well-v0")
    with pytest.raises(EndedError):
        env.step(1)
    env.reset(seed=0)
    done = False
    while not done:
        *_, done, _ = env.step(1)
    before = env.state_hash()
    with pytest.raises(EndedError):
        env.step(1)
    assert env.state_hash() == before


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"seat": 3}, ConfigError),
        ({"seat": True}, ConfigError),
        ({"seat": "seat_0"}, ConfigError),
        ({"background": "nobody"}, UnknownNameError),
        ({"background": "no.such:Module"}, UnknownNameError),
        ({"background": ["clean"]}, ConfigError),
        ({"background": {0: "clean"}}, ConfigError),
        ({"background": {7: "clean"}}, ConfigError),
        ({"background": 3}, ConfigError),
        ({"labels": True}, ConfigError),
        ({"illegal": "maybe"}, ConfigError),
        ({"render_mode": "ansi"}, ConfigError),
        ({"buckets": 3}, ConfigError),
    ],
)
def test_bad_settings(arguments, error):
    with pytest.raises(error):
        SeatEnv("well-v0", **arguments)


def test_choice_point_words_and_withholding(id):
    env = SeatEnv(id)
    _, info = env.reset(seed=3)
    point = env.choice_point()
    assert np.array_equal(point.actions, np.flatnonzero(info["action_mask"]))
    assert env.describe() == env.game.describe(env.batch.codes[0, 0], 0)
    assert env.describe("seat_1") == env.game.describe(env.batch.codes[0, 1], 1)
    silent = SeatEnv(id, labels="off")
    _, info = silent.reset(seed=3)
    assert set(info) == {"action_mask"}
    with pytest.raises(WithheldError):
        silent.choice_point()


def test_snapshot_fork_and_background_memory(id, rng):
    class Counts(RandomPolicy):
        """Draws on its odd turns and takes the last legal action on the others: its memory matters."""

        def initial(self, rows):
            return np.zeros(rows, np.int64)

        def act(self, observation, memory):
            memory = np.where(observation.first, 0, memory) + 1
            plain = super().act(observation, None).action
            last = observation.mask.shape[1] - 1 - observation.mask[:, ::-1].argmax(axis=1)
            return Decision(np.where(memory % 2, plain, last).astype(np.int32), memory)

    env = SeatEnv(id, background=Counts())
    env.reset(seed=4)

    def act(one, n):
        generator = np.random.default_rng(n)
        return [one.step(int(generator.choice(np.flatnonzero(one.action_masks()))))[1] for _ in range(n)]

    act(env, 1)
    held, twin = env.snapshot(), env.fork()
    assert act(twin, 4) == act(env, 4)
    end = env.state_hash()
    assert twin.state_hash() == end
    env.restore(held)
    act(env, 4)
    assert env.state_hash() == end
    with pytest.raises(SnapshotError):
        env.restore(held.rows)


# Vector environments.


def compare(left, right):
    """Two infos of vector environments; absent entries are not looked at."""
    assert set(left) == set(right)
    for name, value in left.items():
        other = right[name]
        if name == "final_info":
            compare(value, other)
        elif name == "final_obs":
            assert all(np.array_equal(x, y) for x, y in zip(value, other, strict=True))
        else:
            assert value.dtype == other.dtype, name
            assert np.array_equal(value, other), name


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("labels", ["off", "full"])
def test_equals_gymnasiums_own_vector_environment(id, mode, labels, rng):
    """The same seeds, the same actions: what SyncVectorEnv gives over single environments."""
    arguments = {"seat": 1, "background": "greedy", "labels": labels}
    ours = gymnasium.make_vec(public_id(id), num_envs=4, autoreset_mode=mode, **arguments)
    theirs = SyncVectorEnv([lambda: SeatEnv(id, **arguments)] * 4, autoreset_mode=mode)
    assert isinstance(ours, SeatVectorEnv)
    assert ours.metadata["autoreset_mode"] is mode
    for name in ("single_observation_space", "observation_space", "single_action_space"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.action_space == theirs.action_space
    seeds = [5, 6, 7, 8]
    (x, i), (y, j) = ours.reset(seed=seeds), theirs.reset(seed=seeds)
    assert np.array_equal(x, y)
    compare(i, j)
    ended = 0
    for _ in range(120):
        masks = ours.action_masks()
        actions = drawn(masks, rng)
        got, expected = ours.step(actions), theirs.step(actions)
        for a, b in zip(got[:4], expected[:4], strict=True):
            assert a.dtype == b.dtype
            assert np.array_equal(a, b)
        compare(got[4], expected[4])
        over = got[2] | got[3]
        ended += over.sum()
        if mode is AutoresetMode.DISABLED and over.any():
            with pytest.raises(EndedError):
                ours.step(actions)
            (x, i), (y, j) = (one.reset(options={"reset_mask": over.copy()}) for one in (ours, theirs))
            assert np.array_equal(x, y)
            compare(i, j)
    assert ended > 0
    theirs.close()
    ours.close()


def test_vector_seeds(id):
    """Row k seeded s is row k of a batch seeded s."""
    env = SeatVectorEnv(id, num_envs=5, background="clean")
    env.reset(seed=3)
    assert env.batch.state_hash() == Batch(make(id), 5, seed=3).state_hash()
    single = SeatEnv(id, background="clean")
    single.reset(seed=3)
    assert single.state_hash() == env.batch.state_hash(0)
    first = env.batch.state_hash()
    env.reset()
    assert env.batch.state_hash() != first
    env.reset(seed=3)
    assert env.batch.state_hash() == first
    with pytest.raises(ConfigError):
        env.reset(seed=[1, 2])
    with pytest.raises(ConfigError):
        env.reset(seed=1.5)


def test_vector_sampling_and_truncation(id):
    env = gymnasium.make_vec(public_id(id), num_envs=6, max_episode_steps=2)
    env.reset(seed=1)
    env.action_space.seed(1)
    cuts = []
    for _ in range(6):
        _, _, _, truncated, _ = env.step(env.action_space.sample())
        cuts.append(bool(truncated.all()))
    assert cuts == [False, True, False] * 2


BAD_ROWS = [np.nan, 1.0, "1", None, [1, 1], np.ones(3), np.full(3, 99), np.full(3, -1), [[1]] * 3]


@pytest.mark.parametrize("bad", [*BAD_ROWS, np.full(3, 2**40)], ids=repr)
def test_vector_bad_actions_change_nothing(bad):
    env = SeatVectorEnv("well-v0", num_envs=3)
    env.reset(seed=1)
    before = env.batch.state_hash()
    with pytest.raises(ActionError):
        env.step(bad)
    assert env.batch.state_hash() == before
    with pytest.raises(ActionError, match=r"row 1, seat 0: action 0 \(wait\) is not legal"):
        env.step([1, 0, 1])
    assert env.batch.state_hash() == before


def test_vector_order_of_calls_and_masks():
    env = SeatVectorEnv("well-v0", num_envs=2, autoreset_mode="Disabled")
    with pytest.raises(EndedError):
        env.step([1, 1])
    env.reset(seed=1)
    for mask in ([True, False], np.array([1, 0]), np.array([True]), np.array([False, False])):
        with pytest.raises(ConfigError):
            env.reset(options={"reset_mask": mask})
    with pytest.raises(ConfigError):
        SeatVectorEnv("well-v0", num_envs=2, render_mode="rgb_array")
    with pytest.raises(ConfigError):
        SeatVectorEnv("well-v0", num_envs=0)
    with pytest.raises(ValueError, match="Sometimes"):
        SeatVectorEnv("well-v0", autoreset_mode="Sometimes")


def test_vector_choice_points(id):
    env = SeatVectorEnv(id, num_envs=3, seat=1)
    env.reset(seed=2)
    masks = env.action_masks()
    for row in range(3):
        assert np.array_equal(env.choice_point(row).actions, np.flatnonzero(masks[row]))
        assert env.describe(row) == env.game.describe(env.batch.codes[row, 1], 1)
    with pytest.raises(WithheldError):
        SeatVectorEnv(id, labels="off").choice_point(0)


@pytest.mark.parametrize("labels", ["taken", "full", "off"])
@pytest.mark.parametrize("illegal", ["refuse", "replace"])
def test_infos_are_numpy_throughout(labels, illegal):
    """Wrappers such as TorchRL's read a type and a shape of every entry, and refuse nested ones."""
    env = SeatEnv("well-v0", labels=labels, illegal=illegal)
    infos = [env.reset(seed=3)[1], env.step(int(env.action_masks().argmax()))[4]]
    rows = SeatVectorEnv("well-v0", num_envs=2, labels=labels, illegal=illegal)
    infos += [rows.reset(seed=3)[1], rows.step(rows.action_masks().argmax(axis=1))[4]]
    for info in infos:
        assert info
        for name, value in info.items():
            assert isinstance(value, (np.generic, np.ndarray)), (name, type(value))
            assert value.dtype.kind in "biuf"


def test_the_vector_environment_says_how_it_resets():
    """As Gymnasium's own do: an attribute besides the metadata."""
    for mode in gymnasium.vector.AutoresetMode:
        env = SeatVectorEnv("well-v0", num_envs=2, autoreset_mode=mode)
        assert env.autoreset_mode is env.metadata["autoreset_mode"] is mode


def test_a_refused_action_names_the_way_out():
    env = SeatEnv("well-v0")
    env.reset(seed=3)
    wrong = int(env.action_masks().argmin())
    with pytest.raises(ActionError, match='illegal="replace"'):
        env.step(wrong)


def test_torchrl_reads_masks_and_labels():
    libs = pytest.importorskip("torchrl.envs.libs.gym", reason="needs torchrl")
    env = gymnasium.make("gyges/Steward-v1", illegal="replace")
    found = libs.GymWrapper(env).auto_register_info_dict().rollout(3)
    assert found["next", "action_mask"].shape == (3, env.action_space.n)
    assert found["next", "label"].shape == (3,)
