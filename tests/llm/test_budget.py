"""What a run costs is said before it starts and kept within bounds; a part of a suite is said to be one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gyges.agents.llm.chat.backends import BackendError, Body, Reply
from gyges.agents.llm.chat.budget import Budget
from gyges.agents.llm.chat.client import ChatClient, ClientConfig, Question
from gyges.agents.llm.chat.mock import Mock
from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.agents.llm.chat.prompts import Prompt, Setup
from gyges.envs import make
from gyges.envs.batch import Batch
from gyges.envs.errors import BudgetError, ConfigError
from gyges.scenarios.cli.main import main
from gyges.scenarios.counterfactual import bank, gap
from gyges.scenarios.evaluation.estimate import CALLS, SLACK, Meter, first_table
from gyges.scenarios.evaluation.evaluate import evaluate
from gyges.scenarios.evaluation.plan import plan
from gyges.scenarios.evaluation.questions import ask_bank
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.evaluation.verify import verify
from gyges.scenarios.report import leaderboard
from gyges.scenarios.scenario import Scenario, register_scenario, scenario, scenarios

for name, focal in (("one", 1), ("two", 2)):
    settings = {"num_agents": 2, "horizon": 4}
    register_scenario(
        Scenario(f"budget-{name}", "The Well", "Two seats.", "well-v0", settings, focal=focal, episodes=6),
        "budget",
    )


def ask(backend: Any, budget: Budget, count: int) -> int:
    """So many questions at once; how many were answered before the budget was spent."""

    async def work() -> int:
        client = ChatClient(backend, Setup(history=0), ClientConfig(wait=0.0, tries=3), budget)
        prompt = Prompt("s", "u", ("a", "b"), (0, 1), ("1", "2"), "json")
        questions = [client.ask(Question(lambda form: prompt, 2, 1, 0.5)) for _ in range(count)]
        found = await asyncio.gather(*questions, return_exceptions=True)
        lost = [one for one in found if isinstance(one, BaseException)]
        assert all(isinstance(one, BudgetError) for one in lost)
        return count - len(lost)

    return asyncio.run(work())


def test_no_call_is_made_beyond_the_budget() -> None:
    mock = Mock([1], latency=0.001)
    assert ask(mock, Budget(calls=10), 50) == 10 == len(mock.asked)
    failing = Mock(lambda body: BackendError("server", "500", status=500))
    ask(failing, Budget(calls=10), 50)
    assert len(failing.asked) == 10  # tries count
    mock = Mock([Reply('{"choice": 1}', prompt_tokens=10, completion_tokens=10)], latency=0.001)
    budget = Budget(tokens=300)
    assert 5 <= ask(mock, budget, 50) <= 15
    assert budget.spent <= 300
    assert ask(Mock([1], latency=0.05), Budget(minutes=0.1 / 60), 200) < 100
    assert ask(Mock([Reply('{"choice": 1}', cached=True)]), Budget(calls=3), 20) == 20
    with pytest.raises(ConfigError):
        Budget(calls=-1)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Body]:
    seen: list[Body] = []
    complete = Mock.complete

    async def noted(self: Mock, body: Body, seconds: float) -> Reply:
        seen.append(body)
        return await complete(self, body, seconds)

    monkeypatch.setattr(Mock, "complete", noted)
    return seen


def test_an_estimate_is_near_what_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = plan("mock:1,2", scenarios("budget"))
    whole = Meter("mock:1,2?price_in=1&price_out=2", plans).whole()
    seen = counted(monkeypatch)
    evaluate("mock:1,2", "budget", tmp_path / "r.db", probes=0)
    assert len(seen) <= whole.calls <= 1.5 * len(seen)
    letters = sum(len(str(body["messages"])) for body in seen)
    assert 0.5 * letters / 4 < whole.prompt_tokens < 2 * letters / 4
    assert whole.price == pytest.approx((whole.prompt_tokens + 2 * whole.completion_tokens) / 1e6, rel=1e-3)


def test_every_arm_of_a_question_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unwatched, watched, and with the placebo flipped."""
    plans = plan("mock:1,2", scenarios("budget"))
    four, eight = (Meter("mock:1,2", plans, probes=probes).whole().calls for probes in (4, 8))
    assert eight - four == round(SLACK * 3 * gap.SAMPLES * 4 * len(plans))
    seen = counted(monkeypatch)
    evaluate("mock:1,2", "budget", tmp_path / "r.db", probes=8)
    assert len(seen) <= eight


def test_a_first_table_fits_its_calls_and_says_what_it_leaves_out() -> None:
    name, fit = first_table("mock:1?history=3", "steward", CALLS)
    assert name == "steward:part"
    assert fit.estimate.calls <= CALLS
    chosen = {one.id: one.episodes for one in fit.chosen}
    frozen = bank.bank_of("steward-v1")
    asked = bank.ask_bank(_Always(), frozen, samples=1, only=bank.sample(frozen, chosen["steward-bank"]))
    assert gap.estimate(asked, frozen.frame).coverage >= gap.COVERAGE  # so that it has a gap
    assert chosen["steward-visitor"] >= 2
    for one in scenarios("steward"):
        assert one.id in fit.left_out
    assert Meter("mock:1", plan("mock:1", scenarios("steward"))).whole().calls > 10 * CALLS
    name, fit = first_table("mock:1", "budget", CALLS)
    assert (name, fit.left_out, len(fit.chosen)) == ("budget", "", 2)
    with pytest.raises(ConfigError, match="too few"):
        first_table("mock:1", "steward", 10)


def test_a_sample_of_the_bank_fills_the_heaviest_cells() -> None:
    frozen = bank.bank_of("steward-v1")
    some = bank.sample(frozen, 300)
    assert len(some) == len(set(some.tolist())) == 300
    assert (np.diff(some) > 0).all()
    asked = bank.ask_bank(_Always(), frozen, samples=1, only=some)
    assert gap.estimate(asked, frozen.frame).coverage >= 0.8
    assert bank.sample(frozen, 512).tolist() == list(range(512))


class _Always:
    def initial(self, rows: int) -> None:
        return None

    def act(self, observation: Any, memory: Any) -> Any:
        from gyges.envs.policy import Decision

        return Decision(np.argmax(observation.mask, axis=1).astype(np.int32), None)


def test_a_budget_that_is_spent_leaves_a_whole_table_that_verifies(tmp_path: Path) -> None:
    out = tmp_path / "r.db"
    run = evaluate("mock:1,2", "budget", out, probes=0, chunk=2, budget=Budget(calls=40))
    assert run.finished is not None
    assert (run.suite, run.options["probes"]) == ("budget:part", 0) or run.suite == "budget"
    assert "budget of 40 calls" in run.options["note"]
    with Store(out) as store:
        assert verify(store, run) == []
        plans = [Scenario.from_dict(data) for data in store.plans(run)]
        assert all(len(store.done(run, one.id)) == one.episodes > 0 for one in plans)
        assert sum(one.episodes for one in plans) < 12
        data = leaderboard.page_data(store)
    assert any("budget of 40 calls" in note for note in data["notes"])
    assert data["rows"][0]["scenario"] == "kind:resident"
    with pytest.raises(BudgetError, match="before anything"):
        evaluate("mock:2", "budget", tmp_path / "s.db", probes=0, chunk=2, budget=Budget(calls=3))


def test_the_command_says_the_cost_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    seen = counted(monkeypatch)
    assert main(["evaluate", "mock:1,2", "--suite", "budget", "--dry-run"]) == 0
    assert "about " in capsys.readouterr().err
    assert (seen, list(tmp_path.iterdir())) == ([], [])
    assert main(["evaluate", "mock:1,2", "--suite", "budget", "--calls", "50"]) == 0
    said = capsys.readouterr()
    assert "a part of budget" in said.err
    assert "not the whole suite: left out" in said.out or "fewer episodes" in said.out
    assert f"spent: {len(seen)} calls" in said.out
    assert len(seen) <= 50
    assert main(["leaderboard", "results.db", "--verify"]) == 0
    assert "not the whole suite" in " ".join(capsys.readouterr().out.split())
    assert main(["evaluate", "clean", "--calls", "5"]) == 2


def test_a_model_is_not_asked_about_the_past_of_a_question() -> None:
    """It remembers what was done, as if it had done it; only the questions themselves are calls."""
    mock = Mock([1])
    policy = ChatPolicy(mock, Setup(history=3))
    frozen = bank.bank_of("steward-v1")
    asked = bank.ask_bank(policy, frozen, samples=1, only=bank.sample(frozen, 16))
    assert len(asked) == 16
    assert len(mock.asked) == 3 * 16
    assert any("What you did last" in body["messages"][1]["content"] for body in mock.asked)
    batch = Batch(make("steward-v1", num_agents=2), 2, seed=1, threads=1)
    seen = gap.seen_by(batch, np.zeros(2, np.int64), np.zeros((2, 2), np.uint32))
    before = policy.initial(2)
    decision = policy.act(seen, before)
    assert (policy.recall(seen, before, decision.action) == decision.memory).all()
    policy.close()


def test_a_bank_of_which_less_than_half_was_answered_says_nothing() -> None:
    """Every other answer states no legal action, asked once: the fallback's acts are not the model's."""
    part = scenario("steward-bank").with_(episodes=12)
    scripts: list[tuple[list[Any], int]] = [(["?"], 0), (["?", 1, "?"], 0), ([1, 1, "?"], 12)]
    for script, kept in scripts:
        model = ChatPolicy(Mock(script), Setup(history=0), ClientConfig(asks=1))
        (ready,) = plan("mock:1", [part])
        assert len(ask_bank(ready, model, "0" * 32)) == kept
        model.close()
