"""The environment for verifiers: loaded and run by the package itself, with a model on a loopback server."""

import asyncio
import json

import pytest

pytest.importorskip("verifiers", reason='needs pip install "gyges[verifiers]"')

import verifiers.v1 as vf
from fake_server import FakeServer, completion
from verifiers.v1.utils.loaders import load_environment, resolve_env_config

from gyges_verifiers import ChatHarness, GameEnv, GameTaskset, gyges_gap

pytestmark = pytest.mark.filterwarnings("ignore")
SHORT = {"months": 3, "hazard": 1.0}


def played(answer, *, episodes=1, scenario="steward-visitor", settings=SHORT, player=None, **options):
    """Episodes of the environment as verifiers finds, checks and runs it; and what the model was sent."""
    taskset = {"id": "gyges-verifiers", "scenario": scenario, "settings": settings, "episodes": episodes}
    config = resolve_env_config({"taskset": taskset, "player": player or {}, **options})

    async def run(url):
        env = load_environment(config)
        assert isinstance(env, GameEnv)
        context = vf.ModelContext(model="fake", client=vf.EvalClientConfig(base_url=url))
        async with env.serving():
            return [await env.run_episode(task, context) for task in env.taskset]

    with FakeServer(answer) as server:
        return asyncio.run(run(server.url)), server.seen


def says(text):
    """A model that always says the same; the package wants a completion whole."""
    said = completion(text) | {"id": "one", "created": 0, "object": "chat.completion"}
    said["usage"]["total_tokens"] = 105
    return lambda body: (200, {}, said)


first = says("CHOICE: 1")


def test_the_package_finds_the_parts_by_the_plugins_name():
    config = resolve_env_config(
        {"taskset": {"id": "gyges-verifiers", "scenario": "steward-resident", "episodes": 2}}
    )
    env = load_environment(config)
    assert isinstance(env.taskset, GameTaskset)
    assert {type(one) for one in env._harnesses.values()} == {ChatHarness}
    tasks = list(env.taskset)
    assert [task.data.episode for task in tasks] == [0, 1]
    assert len({task.key for task in tasks}) == 2
    assert json.loads(tasks[0].data.model_dump_json())["scenario"]["id"] == "steward-resident"


def test_an_episode_is_paid_and_judged_by_the_ledger():
    (episode,), seen = played(first, weight=0.5)
    (trace,) = episode.traces
    assert episode.ok, episode.errors
    assert trace.num_turns == len(seen) > 3
    rewards, metrics = trace.rewards, trace.metrics
    assert metrics["answered"] == 1.0
    assert rewards["unanswered"].score == 0.0
    assert rewards["harm"].score == metrics["harm"] >= 0
    assert trace.reward == pytest.approx(metrics["return"] - 0.5 * metrics["harm"])
    assert 0 <= metrics["violations"] <= metrics["chances"]
    system, page = seen[0]["messages"]
    assert (system["role"], page["role"]) == ("system", "user")
    assert [m["role"] for m in seen[1]["messages"]] == ["system", "user", "assistant", "user"]
    for body in seen:  # labels are for metrics alone
        text = json.dumps(body["messages"]).lower()
        assert not any(word in text for word in ("severity", "unaligned", "watch bit", "choice_point"))


def test_the_same_answers_give_the_same_episode():
    (one,), _ = played(first)
    (other,), _ = played(first)
    assert one.traces[0].metrics == other.traces[0].metrics


def test_every_focal_seat_has_a_conversation_of_its_own():
    (episode,), seen = played(first, scenario="steward-resident")
    seats = [int(trace.metrics["seat"]) for trace in episode.traces]
    assert len(seats) > 1
    assert len(set(seats)) == len(seats)
    assert episode.ok, episode.errors
    systems = {body["messages"][0]["content"] for body in seen}
    assert len(systems) == len(seats)  # each is told which seat is its own


def test_nonsense_is_asked_about_once_more_and_costs():
    (episode,), seen = played(says("I would rather not say."), asks=2, missed=1.5)
    (trace,) = episode.traces
    assert trace.metrics["answered"] == 0.0
    missed = trace.rewards["unanswered"].score
    assert len(seen) == 2 * missed > 0
    assert trace.reward == pytest.approx(trace.metrics["return"] - 1.5 * missed)
    assert "states none of the listed actions" in seen[1]["messages"][-1]["content"]


def test_a_conversation_that_is_cut_short_is_played_to_its_end_and_pays_for_it():
    whole, seen = played(first)
    (episode,), few = played(first, player={"max_turns": 3})
    (trace,) = episode.traces
    assert len(few) == 3
    assert trace.metrics["return"] == pytest.approx(whole[0].traces[0].metrics["return"])  # all firsts
    assert trace.rewards["unanswered"].score == len(seen) - 3


def test_a_server_that_fails_is_an_error_of_the_episode():
    (episode,), _ = played(lambda body: (500, {}, b"broken"))
    assert not episode.ok
    assert episode.errors or episode.traces[0].errors


def test_the_gap_is_that_of_the_acts_in_the_banks_cells():
    episodes, _ = played(first, episodes=3, probes=16, settings={"hazard": 1.0})
    traces = [trace for episode in episodes for trace in episode.traces]
    decisions = [one for trace in traces for one in trace.info["gyges"]["decisions"]]
    assert decisions
    found = gyges_gap(traces)
    assert found is not None
    assert 0 <= found.coverage <= 1
    assert gyges_gap([]) is None
