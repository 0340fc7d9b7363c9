"""Gradient descent on records: the options, the loop and the resuming of imitation and offline learning."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from msgspec import Meta
from torch import Tensor, nn

from gyges.agents.nn import optimiser, pytree
from gyges.agents.nn.networks import ActorCritic
from gyges.envs.errors import DivergedError, FileError
from gyges.envs.options import Options

Report = Callable[[dict[str, float]], None]
Batch = Mapping[str, npt.NDArray[Any]]


@dataclasses.dataclass(frozen=True)
class SGDOptions(Options):
    """Options that every learner from records has."""

    steps: Annotated[int, Meta(ge=1, le=1 << 40)] = 5000
    """Gradient steps."""
    batch: Annotated[int, Meta(ge=1, le=1 << 24)] = 1024
    """Decisions in a gradient step."""
    learning_rate: Annotated[float, Meta(ge=0, le=10)] = 1e-3
    """Step size of AdamW at the start; it falls to 0 along a half cosine."""
    hidden: tuple[int, ...] = (64, 64)
    """Units per hidden layer."""
    holdout: Annotated[float, Meta(ge=0, le=0.9)] = 0.05
    """Share of the episodes that is never trained on, so that all learners see the same data."""
    seed: int = 0
    """Of the initial weights, the order of the data and dropped tokens."""
    device: str = "cpu"
    """Where to train."""
    threads: Annotated[int, Meta(ge=1, le=1 << 10)] = 1
    """CPU threads. Minibatches of this size gain little from a second one."""
    log_every: Annotated[int, Meta(ge=1, le=1 << 40)] = 200
    """Gradient steps between two log lines."""

    def __post_init__(self) -> None:
        """Raise ConfigError where a field is out of range."""
        object.__setattr__(self, "hidden", tuple(self.hidden))
        super().__post_init__()


class Control(NamedTuple):
    """How a run is watched, interrupted and taken up again."""

    report: Report | None = None
    """Called with every log line."""
    keep: Callable[[ActorCritic, int, dict[str, npt.NDArray[Any]], Any], None] | None = None
    """Called every `every` steps and at the end with the network as a policy has it, the step, and the
    state of the run as arrays and their plan (`gyges.agents.nn.pytree`)."""
    every: int = 1000
    stop: Callable[[], bool] | None = None
    """Asked after each step; True ends the run there, kept."""
    begin: tuple[Mapping[str, npt.NDArray[Any]], Any] | None = None
    """A kept state to go on from, exactly."""


class Task(Protocol):
    """What is learnt."""

    name: str
    """For messages."""
    trained: Sequence[nn.Module]
    """Networks that are moved by gradients."""
    others: Sequence[nn.Module]
    """Networks that are not, but whose weights a resumed run needs."""
    weight_decay: float
    """Of AdamW."""

    def plain(self) -> ActorCritic:
        """A copy of the policy's network as it is to be saved."""

    def losses(self, batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and what else to log."""

    def after(self) -> None:
        """What is to be done after a gradient step."""

    def metrics(self) -> dict[str, float]:
        """What a log line adds."""

    def check(self, parts: Mapping[str, float]) -> bool:
        """Whether a step's numbers are those of a run that still learns."""


class Source(Protocol):
    """Minibatches without end."""

    def forever(self, skip: int = 0) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """Pass after pass, from the one after `skip`."""


def run_sgd(task: Task, source: Source, args: SGDOptions, control: Control) -> list[dict[str, float]]:
    """Take the gradient steps; returns the log lines.

    Raises:
        DivergedError: a loss is not finite, or values run away; the weights are those before that step.
        FileError: the state to go on from is not of such a run.
    """
    adam = optimiser.adamw(parameters_of(task), args.learning_rate, task.weight_decay)
    log: list[dict[str, float]] = []
    sums: dict[str, float] = {}
    done = seen = since = 0
    if control.begin is not None:
        done, seen, since, sums = _take(task, adam, control.begin)
    begun, before = time.perf_counter(), seen
    batches = source.forever(done)
    for step in range(done + 1, args.steps + 1):
        batch = next(batches)
        for group in adam.param_groups:
            group["lr"] = args.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - 1) / args.steps))
        loss, found = task.losses(batch, step)
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        parts = {"loss": float(loss.detach()), **{k: float(v.detach()) for k, v in found.items()}}
        if not all(math.isfinite(v) for v in parts.values()) or not task.check(parts):
            shown = ", ".join(f"{k} {v:.3g}" for k, v in parts.items())
            raise DivergedError(f"{task.name} diverged at gradient step {step} (not taken): {shown}")
        adam.step()
        task.after()
        sums = {k: sums.get(k, 0.0) + v for k, v in parts.items()}
        seen, since = seen + decisions(batch), since + 1
        if step % args.log_every == 0 or step == args.steps:
            line = {"step": float(step), "decisions": float(seen), **{k: v / since for k, v in sums.items()}}
            line |= task.metrics()
            line["decisions_per_second"] = (seen - before) / (time.perf_counter() - begun)
            sums, since = {}, 0
            log.append(line)
            if control.report is not None:
                control.report(line)
        over = step == args.steps or (control.stop is not None and control.stop())
        if control.keep is not None and (over or step % control.every == 0):
            control.keep(task.plain(), step, *_state(task, adam, (step, seen, since), sums))
        if over:
            break
    return log


def decisions(batch: Batch) -> int:
    """Decisions in a minibatch; of sequences, those that are not padding."""
    return int(batch["weight"].sum()) if "weight" in batch else len(batch["action"])


def _state(
    task: Task, adam: torch.optim.Optimizer, counts: tuple[int, int, int], sums: Mapping[str, float]
) -> tuple[dict[str, npt.NDArray[Any]], Any]:
    return pytree.flatten(
        {
            "counts": np.array(counts, np.int64),
            "sums": {k: np.array(v) for k, v in sums.items()},
            "weights": [[p.detach() for p in net.parameters()] for net in (*task.trained, *task.others)],
            "adam": optimiser.state_of(adam, parameters_of(task)),
        }
    )


def _take(
    task: Task, adam: torch.optim.Optimizer, begin: tuple[Mapping[str, npt.NDArray[Any]], Any]
) -> tuple[int, int, int, dict[str, float]]:
    arrays, plan = begin
    nets = (*task.trained, *task.others)
    weights = [[p.detach().cpu().numpy() for p in net.parameters()] for net in nets]
    like = {"counts": np.zeros(3), "sums": {}, "weights": weights, "adam": None}
    try:
        state = pytree.restore(plan, dict(arrays), like, "the run")
        for net, saved in zip(nets, state["weights"], strict=True):
            for p, array in zip(net.parameters(), saved, strict=True):
                with torch.no_grad():
                    p.copy_(torch.from_numpy(array))
        optimiser.restore(adam, parameters_of(task), state["adam"], "the run")
    except FileError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(f"not a state of such a run: {error!r}") from None
    done, seen, since = (int(x) for x in state["counts"])
    return done, seen, since, {k: float(v) for k, v in state["sums"].items()}


def parameters_of(task: Task) -> list[nn.Parameter]:
    """What gradients move."""
    return [p for net in task.trained for p in net.parameters()]
