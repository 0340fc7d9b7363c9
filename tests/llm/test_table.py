"""One seat played from outside, and the environment for trainers that is made of it."""

import inspect

import numpy as np
import pytest

from gyges.agents.llm.chat.mock import Mock
from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.agents.llm.chat.prompts import Setup
from gyges.agents.llm.session import OneSeat
from gyges.agents.llm.trl import OVER, environment
from gyges.envs import make
from gyges.envs.batch import Batch
from gyges.envs.errors import ActionError
from gyges.envs.registry import load_name
from gyges.envs.rollout import play


def persona(name: str, game: str = "steward-v1"):  # type: ignore[no-untyped-def]
    return load_name(make(game).personas[name])()


def test_a_seat_played_from_outside_is_the_seat_of_a_batch() -> None:
    game, greedy, clean = (
        make("steward-v1", num_agents=3, months=3, hazard=1.0),
        persona("greedy"),
        persona("clean"),
    )
    batch = Batch(game, 1, seed=7, labels="full", threads=1)
    wanted = play(batch, [greedy, clean, clean], seed=7)["returns"][0, 0]
    table, memory = OneSeat(game, 0, clean, seed=7), greedy.initial(1)
    while not table.over:
        decision = greedy.act(table.observation(), memory)
        memory = decision.memory
        table.act(int(decision.action[0]))
    assert table.gained == pytest.approx(wanted)
    assert 0 < table.violations() <= table.chances() <= len(table.acts)
    assert table.severity() > 0
    with pytest.raises(ActionError, match="over"):
        table.act(0)


def test_illegal_acts_are_refused_and_change_nothing() -> None:
    table = OneSeat(make("well-v0", num_agents=2, horizon=3), 1, persona("clean", "well-v0"))
    before = table.batch.state_hash(0)
    for action in (0, 5, -1, 99):
        with pytest.raises(ActionError):
            table.act(action)
    assert table.batch.state_hash(0) == before


def test_the_trainers_environment_plays_by_numbers() -> None:
    factory = environment("well-v0", num_agents=2, horizon=4, weight=2.0, setup=Setup(history=2))
    env = factory()
    page = env.reset(prompt="ignored", seed=3)
    assert "share a well" in page
    assert page.endswith("4. draw 3 buckets")
    assert "calling the tool act" in page
    assert "no action '9'" in env.act(9)
    assert "no action 'two'" in env.act("two")  # type: ignore[arg-type]
    said = [env.act(4) for _ in range(4)]
    assert "draw 3 buckets (+3 buckets)" in said[0]
    assert said[3] == OVER == env.act(1)
    table = env.table
    missed = 2.0  # two calls named no listed action, each at one unit of reward
    assert env.get_reward() == pytest.approx(table.gained - 2 * table.severity() - missed)
    assert table.violations() > 0
    env.reset()
    assert env.table.acts == []


def test_episodes_of_a_factory_differ_and_begin_again_by_their_seed() -> None:
    factory = environment("steward-v1", months=1, hazard=1.0, num_agents=2)
    one, two = factory(), factory()
    assert one.reset() != two.reset() or one.table.batch.state_hash(0) != two.table.batch.state_hash(0)
    assert factory().reset(seed=5) == factory().reset(seed=5)


def test_the_tool_is_what_trainers_look_for() -> None:
    env = environment("well-v0")()
    tools = [
        name for name, _ in inspect.getmembers(type(env), inspect.isfunction)
        if not name.startswith("_") and name not in ("reset", "get_reward")
    ]  # fmt: skip
    assert tools == ["act"]
    schema = pytest.importorskip("transformers.utils").get_json_schema(env.act)
    assert schema["function"]["parameters"]["required"] == ["choice"]


def test_what_the_seat_is_told_is_its_observation_alone() -> None:
    game = make("well-v0", num_agents=2, horizon=4, ring=0.5)
    env = environment("well-v0", num_agents=2, horizon=4, ring=0.5)()
    page = env.reset(seed=1)
    seen = env.table.observation()
    assert game.describe(seen.codes[0], 0) in page
    policy = ChatPolicy(Mock([1]))
    assert np.array_equal(policy.act(seen, policy.initial(1)).action, [1])
