"""The Inspect task: an episode of a scenario is a sample, and the scorers say what the ledger says."""

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("inspect_ai")

from inspect_ai import eval as run
from inspect_ai.log import read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model

from gyges.agents.llm.chat.mock import Mock
from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.agents.load import load
from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER, headline
from gyges.envs.errors import ConfigError
from gyges.envs.rollout import Seating
from gyges.scenarios import inspect_tasks
from gyges.scenarios.scenario import Scenario

pytestmark = pytest.mark.filterwarnings("ignore")


def says(text: Any) -> Any:
    """A mock model; its outputs carry usage, without which Inspect would look for a tokenizer."""

    def output(*given: Any) -> ModelOutput:
        made = ModelOutput.from_content("mock", text(*given) if callable(text) else text)
        made.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return made

    return get_model("mockllm/model", custom_outputs=output)


SHORT = {"months": 3, "hazard": 1.0}


def evaluated(tmp_path: Path, text: Any, task: Any = inspect_tasks.steward, **options: Any) -> Any:
    given = {"episodes": 2, "probes": 4, "settings": SHORT, **options}
    logs = run(task(**given), model=says(text), log_dir=str(tmp_path), display="none")
    return read_eval_log(logs[0].location)


def value(log: Any, scorer: str, metric: str) -> float:
    found = next(s for s in log.results.scores if s.name == scorer)
    return float(found.metrics[metric].value)


def test_a_model_that_answers_is_scored(tmp_path: Path) -> None:
    log = evaluated(tmp_path, "CHOICE: 1")
    assert log.status == "success"
    assert value(log, "answered", "ratio") == 1.0
    assert -100 < value(log, "task_return", "mean") < 1000
    assert 0 <= value(log, "violations", "ratio") <= 1
    sample = log.samples[0]
    assert sample.metadata["account"]["outcomes"]["ok"] > 10
    assert "violations in" in sample.output.completion
    assert all(d["act"] in (True, False) and d["method"] == "acts" for d in sample.metadata["decisions"])
    assert value(log, "watched_gap", "coverage") == 0.0
    assert math.isnan(value(log, "watched_gap", "gyges_gap"))  # too few decisions for any cell


def test_a_model_that_talks_nonsense_is_told_apart(tmp_path: Path) -> None:
    log = evaluated(tmp_path, "I would rather talk about fishing.", episodes=1, probes=0)
    assert log.status == "success"
    assert value(log, "answered", "ratio") == 0.0
    assert log.samples[0].metadata["account"]["outcomes"]["illegal"] > 10


def test_samples_are_the_scenarios_episodes() -> None:
    task = inspect_tasks.steward(scenario="steward", episodes=3)
    ids = [sample.id for sample in task.dataset]
    assert len(ids) == len(set(ids)) > 9
    assert "steward-visitor-2" in ids


@pytest.mark.parametrize(
    ("task", "options"),
    [
        (inspect_tasks.steward, {"settings": SHORT}),
        (inspect_tasks.fairychess_stakes, {"settings": {"horizon": 12}, "probes": 0}),
        (inspect_tasks.tabular_steward, {"scenario": "tabular-visitor", "probes": 0, "settings": {}}),
    ],
)
def test_figures_are_those_of_the_same_episodes_played_without_inspect(
    tmp_path: Path, task: Any, options: dict[str, Any]
) -> None:
    """Everyone who always takes the first action gets the same return and the same violations."""
    log = evaluated(tmp_path, "CHOICE: 1", task, episodes=2, seed=7, **options)
    assert log.status == "success"
    returns, wrong, of = [], 0, 0
    for number in range(2):
        plan = Scenario.from_dict(log.samples[number].metadata["scenario"])
        game = plan.make_game()
        names = plan.seats(game.num_agents, number, 7)
        batch = Batch(game, 1, seed=7, first_row=number, labels="full", threads=1)
        first = ChatPolicy(Mock([1]))
        seating = Seating(batch, [load(n, game) if n else first for n in names], seed=7)
        focal = np.array([n is None for n in names])
        gained = np.zeros(game.num_agents)
        while not batch.over.all():
            seating.step()
            gained += batch.reward[0] / game.reward_scale
            counts = headline(batch.ledger)[0] & focal
            of += int(counts.sum())
            wrong += int((counts & (batch.ledger[0, :, LEDGER.label] < 0)).sum())
        first.close()
        returns.append(gained[focal].mean())
    assert value(log, "task_return", "mean") == pytest.approx(np.mean(returns))
    assert of > 0
    assert value(log, "violations", "ratio") == pytest.approx(wrong / of)
    assert sum(s.scores["violations"].metadata["part"] for s in log.samples) == wrong


def first_choice() -> ModelOutput:
    """A mock model's answer, with its usage, so that Inspect counts nothing."""
    made = ModelOutput.from_content("mock", "CHOICE: 1")
    made.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return made


def test_an_episode_without_a_server_is_in_no_figure(tmp_path: Path) -> None:
    """Only the first of four samples is cut off by its server."""
    calls = 0

    def output(*given: Any) -> ModelOutput:
        nonlocal calls
        calls += 1
        made = first_choice()
        made.error = "the server is on fire" if calls == 5 else None
        return made

    task = inspect_tasks.steward(episodes=4, probes=0, settings=SHORT)
    model = get_model("mockllm/model", custom_outputs=output)
    logs = run(task, model=model, log_dir=str(tmp_path), display="none", max_samples=1)
    log = read_eval_log(logs[0].location)
    assert log.status == "success"
    assert [bool(s.error) for s in log.samples] == [True, False, False, False]
    assert "on fire" in log.samples[0].error.message
    kept = [s.scores["task_return"].value for s in log.samples[1:]]
    assert value(log, "task_return", "mean") == pytest.approx(sum(kept) / 3)


@pytest.mark.parametrize("answer_format", ["json_schema", "json_object", "grammar", "text"])
def test_what_holds_an_answer_reaches_the_provider(tmp_path: Path, answer_format: str) -> None:
    seen: list[Any] = []

    def answer(messages: Any, tools: Any, choice: Any, config: Any) -> str:
        seen.append(config)
        return "CHOICE: 1" if answer_format == "text" else '{"choice": 1}'

    log = evaluated(tmp_path, answer, episodes=1, probes=0, answer_format=answer_format)
    assert value(log, "answered", "ratio") == 1.0
    schemas = {c.response_schema is not None for c in seen}
    bodies = {tuple(c.extra_body or ()) for c in seen}
    assert schemas == {answer_format == "json_schema"}
    assert bodies == {{"json_object": ("response_format",), "grammar": ("grammar",)}.get(answer_format, ())}


@pytest.mark.parametrize("own", [{}, {"temperature": 0.9, "max_tokens": 99}])
def test_inspects_own_temperature_and_limit_are_honoured(tmp_path: Path, own: dict[str, Any]) -> None:
    seen: list[Any] = []

    def answer(messages: Any, tools: Any, choice: Any, config: Any) -> str:
        seen.append((config.temperature, config.max_tokens))
        return "CHOICE: 1"

    task = inspect_tasks.steward(episodes=1, probes=0, settings=SHORT, **own)
    run(task, model=says(answer), log_dir=str(tmp_path), display="none", temperature=0.3, max_tokens=77)
    assert set(seen) == {(0.9, 99) if own else (0.3, 77)}


def test_a_mock_model_works_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its outputs carry no usage; Inspect would fetch a tokenizer to count."""
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    task = inspect_tasks.fairychess(episodes=1, settings={"horizon": 6}, probes=0)
    logs = run(task, model="mockllm/model", log_dir=str(tmp_path), display="none")
    assert read_eval_log(logs[0].location).status == "success"


def test_a_format_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match="answer_format"):
        inspect_tasks.steward(answer_format="logprobs")


def refusing(how: Any, every: int = 1) -> Any:
    """A mock model of which each `every`-th question is kept from it by its provider's content filter."""
    calls = 0

    def output(*given: Any) -> ModelOutput:
        nonlocal calls
        calls += 1
        made = first_choice()
        if calls % every == 0:
            how(made)
        return made

    return get_model("mockllm/model", custom_outputs=output)


class Rejected(Exception):
    """What a provider's client raises."""

    status_code = 400


def by_reason(made: ModelOutput) -> None:
    made.choices[0].stop_reason = "content_filter"


def by_error(made: ModelOutput) -> None:
    made.error = "The response was filtered due to the prompt triggering content management policy"


def by_raising(made: ModelOutput) -> None:
    raise Rejected("content_filter: the prompt was flagged")


@pytest.mark.parametrize("how", [by_reason, by_error, by_raising])
def test_a_content_filter_is_a_refusal_and_voids_nothing(tmp_path: Path, how: Any) -> None:
    task = inspect_tasks.steward(episodes=1, probes=2, settings=SHORT)
    logs = run(task, model=refusing(how), log_dir=str(tmp_path), display="none")
    log = read_eval_log(logs[0].location)
    assert log.status == "success"
    assert log.samples[0].error is None
    outcomes = log.samples[0].metadata["account"]["outcomes"]
    assert outcomes["refusal"] == sum(outcomes.values()) > 10
    assert value(log, "answered", "refused") == 1.0
    assert math.isnan(value(log, "violations", "ratio"))  # every act was the fallback's
    assert math.isnan(log.samples[0].scores["watched_gap"].value)


def test_some_refusals_leave_the_figures(tmp_path: Path) -> None:
    """A question is asked thrice before its refusal stands: two of three turns are answered."""
    task = inspect_tasks.steward(episodes=1, probes=0, settings=SHORT)
    logs = run(task, model=refusing(by_reason, 4), log_dir=str(tmp_path), display="none", max_samples=1)
    log = read_eval_log(logs[0].location)
    assert 0 <= value(log, "violations", "ratio") <= 1
    assert value(log, "answered", "ratio") > 0.5


def test_half_answered_episodes_do_not_look_clean(tmp_path: Path) -> None:
    log = evaluated(tmp_path, "I would rather talk about fishing.", episodes=1, probes=2)
    assert math.isnan(value(log, "violations", "ratio"))
    assert math.isnan(log.samples[0].scores["violations"].value)
    assert math.isnan(log.samples[0].scores["watched_gap"].value)
    assert value(log, "answered", "ratio") == 0.0
    assert value(log, "answered", "refused") == 0.0
