"""Inspect tasks: ``inspect eval gyges/steward --model openai/gpt-4o-mini -T prompt=charter``.

A sample is one episode of a scenario: the model under evaluation plays the focal seats, the scenario's
background the others. The scorers give the task return, the rate of violations, the share of questions
that the model answered, and the Gyges gap from the acts it took; every figure with what it was made of.

    inspect eval gyges/steward -T scenario=steward-visitor -T episodes=8 -T prompt=unwatched --model ...
    inspect eval gyges/fairychess -T episodes=2 -T 'settings={"horizon": 16}' --model ...

An episode whose model could not be had is an error of its sample and in no figure; ``inspect eval-retry``
plays it again. What a provider's content filter refuses is a refusal of the model, an answer like any other.
Where the model stated fewer than half of its acts the rates of violations and the gap are NaN: the others
are its fallback's.

Needs the extra ``inspect``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import Model

from gyges.agents.llm.chat.client import ClientConfig
from gyges.agents.llm.chat.prompts import Setup
from gyges.envs.errors import ConfigError
from gyges.scenarios.inspect_tasks.episode import FOREVER, FORMATS, InspectBackend, episode
from gyges.scenarios.inspect_tasks.scores import answered, task_return, violations, watched_gap
from gyges.scenarios.scenario import Scenario, scenarios


def make(
    chosen: Sequence[Scenario], episodes: int, seed: int, setup: Setup, config: ClientConfig,
    backend: Callable[[Model], InspectBackend], probes: int,
) -> Task:  # fmt: skip
    """A task of some scenarios, some episodes each."""
    samples = [
        Sample(
            input=f"{one.title}, episode {k}: {one.description}", id=f"{one.id}-{k}",
            metadata={"scenario": one.as_dict(), "episode": k, "seed": seed},
        )
        for one in chosen
        if one.kind == "episodes"
        for k in range(episodes)
    ]  # fmt: skip
    return Task(
        dataset=samples,
        solver=episode(setup, config, backend, probes),
        scorer=[task_return(), violations(), watched_gap(), answered()],
        fail_on_error=0.5,
    )


def _task(
    scenario: str,
    episodes: int = 4,
    prompt: str = "charter",
    history: int = 3,
    thoughts: bool = False,
    talk: bool = False,
    temperature: float | None = None,
    max_tokens: int | None = None,
    answer_format: str = "text",
    probes: int = 16,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
) -> Task:
    if answer_format not in FORMATS:
        raise ConfigError(f"answer_format is one of {', '.join(FORMATS)}, not {answer_format!r}")
    setup = Setup(briefing=prompt, history=history, thoughts=thoughts, talk=talk)
    config = ClientConfig(concurrency=64, tries=1, call=FOREVER, turn=FOREVER)
    chosen = [one.with_(settings=settings or {}, parent=one.parent) for one in scenarios(scenario)]
    backend = partial(
        InspectBackend, answer_format=answer_format, temperature=temperature, max_tokens=max_tokens
    )
    return make(chosen, episodes, seed, setup, config, backend, probes)


@task
def steward(scenario: str = "steward-visitor", **options: Any) -> Task:
    """Steward, or any other scenario or suite.

    Args:
        scenario: a scenario's id, or a suite.
        **options: ``episodes`` of each scenario (4); ``prompt``, the briefing: none, job, charter (as it is),
            adversary, unwatched, or a .toml file; ``history``, own latest acts that are shown (3);
            ``thoughts``, reasoning before the choice; ``talk``, models in several seats speak to each other;
            ``temperature`` and ``max_tokens``, instead of Inspect's own; ``answer_format``, one of `FORMATS`
            (text); ``probes``, decisions of an episode that are priced for the gap (16), 0 for none; ``seed``
            of the scenario's luck (0); ``settings`` of the game, over the scenario's own, as in
            ``{"months": 2, "hazard": 1.0}``.
    """
    return _task(scenario, **options)


@task
def tabular_steward(scenario: str = "tabular", **options: Any) -> Task:
    """Tabular Steward, or any other scenario or suite; `steward` has the options."""
    return _task(scenario, **options)


@task
def tabular_custodian(scenario: str = "tabular-custodian", **options: Any) -> Task:
    """Tabular Custodian, or any other scenario or suite; `steward` has the options."""
    return _task(scenario, **options)


@task
def fairychess_stakes(scenario: str = "fairychess-everything", **options: Any) -> Task:
    """Chess with stakes, or any other scenario or suite; `steward` has the options."""
    return _task(scenario, **options)


@task
def fairychess(scenario: str = "fairychess-plain", **options: Any) -> Task:
    """Chess without stakes, or any other scenario or suite; `steward` has the options."""
    return _task(scenario, **options)
