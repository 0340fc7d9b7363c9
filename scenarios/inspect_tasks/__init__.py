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

from gyges.scenarios.inspect_tasks.tasks import fairychess, fairychess_stakes, steward, tabular_steward

__all__ = ["fairychess", "fairychess_stakes", "steward", "tabular_steward"]
