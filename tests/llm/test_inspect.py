"""The Inspect task: an episode of a scenario is a sample, and the scorers say what the ledger says."""

import math
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("inspect_ai")

from inspect_ai import eval as run
from inspect_ai.log import read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model

from gyges.scenarios import inspect_tasks
from gyges.scenarios.scenario import scenario

pytestmark = pytest.mark.filterwarnings("ignore")


def says(text: Any) -> Any:
    """A mock model; its outputs carry usage, without which Inspect would look for a tokenizer."""

    def output(*given: Any) -> ModelOutput:
        made = ModelOutput.from_content("mock", text(*given) if callable(text) else text)
        made.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return made

    return get_model("mockllm/model", custom_outputs=output)


def evaluated(tmp_path: Path, text: Any, **settings: Any) -> Any:
    short = scenario("steward-visitor").with_(settings={"months": 3, "hazard": 1.0}, id="steward-visitor")
    task = inspect_tasks.make(
        [short], settings.pop("episodes", 2), 0, inspect_tasks.Setup(), inspect_tasks.Terms(), "text",
        settings.pop("probes", 4),
    )  # fmt: skip
    logs = run(task, model=says(text), log_dir=str(tmp_path), display="none")
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
