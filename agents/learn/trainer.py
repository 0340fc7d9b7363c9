"""Gradient descent on records: the options, the loop and the resuming of imitation and offline learning."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gyges.agents.nn import pytree
from gyges.agents.nn.networks import ActorCritic
from gyges.envs.errors import ConfigError, DivergedError, FileError

Report = Callable[[dict[str, float]], None]
Batch = Mapping[str, npt.NDArray[Any]]


@dataclasses.dataclass(frozen=True)
class Descent:
    """What every learner from records is told."""

    BOUNDS: ClassVar[dict[str, tuple[float, float]]] = {
        "steps": (1, 1 << 40), "batch": (1, 1 << 24), "learning_rate": (0.0, 10.0), "holdout": (0.0, 0.9),
        "threads": (1, 1 << 10), "log_every": (1, 1 << 40),
    }  # fmt: skip

    steps: int = 5000
    """Gradient steps."""
    batch: int = 1024
    """Decisions in a gradient step."""
    learning_rate: float = 1e-3
    """Step size of AdamW at the start; it falls to 0 along a half cosine."""
    hidden: tuple[int, ...] = (64, 64)
    """Units per hidden layer."""
    holdout: float = 0.05
    """Share of the episodes that is never trained on, so that all learners see the same data."""
    seed: int = 0
    """Of the initial weights, the order of the data and dropped tokens."""
    device: str = "cpu"
    """Where to train."""
    threads: int = 1
    """CPU threads. Minibatches of this size gain little from a second one."""
    log_every: int = 200
    """Gradient steps between two log lines."""

    def __post_init__(self) -> None:
        """Raise ConfigError where a field is out of range."""
        object.__setattr__(self, "hidden", tuple(self.hidden))
        for name, (low, high) in self.BOUNDS.items():
            value = getattr(self, name)
            kinds: Any = int if isinstance(low, int) else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
                raise ConfigError(
                    f"{type(self).__name__}.{name} lies between {low} and {high}, not {value!r}"
                )


class Course(NamedTuple):
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

    @property
    def name(self) -> str:
        """For messages."""
        ...

    @property
    def trained(self) -> Sequence[nn.Module]:
        """Networks that are moved by gradients."""
        ...

    @property
    def others(self) -> Sequence[nn.Module]:
        """Networks that are not, but whose weights a resumed run needs."""
        ...

    @property
    def weight_decay(self) -> float:
        """Of AdamW."""
        ...

    def plain(self) -> ActorCritic:
        """A copy of the policy's network as it is to be saved."""
        ...

    def losses(self, batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and what else to log."""
        ...

    def after(self) -> None:
        """What is to be done after a gradient step."""
        ...

    def told(self) -> dict[str, float]:
        """What a log line adds."""
        ...

    def check(self, parts: Mapping[str, float]) -> bool:
        """Whether a step's numbers are those of a run that still learns."""
        ...


class Source(Protocol):
    """Minibatches without end."""

    def forever(self, skip: int = 0) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """Pass after pass, from the one after `skip`."""
        ...


def descend(task: Task, source: Source, args: Descent, course: Course) -> list[dict[str, float]]:
    """Take the gradient steps; returns the log lines.

    Raises:
        DivergedError: a loss is not finite, or values run away; the weights are those before that step.
        FileError: the state to go on from is not of such a run.
    """
    weights = [p for net in task.trained for p in net.parameters()]
    optimiser = adam(weights, args.learning_rate, task.weight_decay)
    log: list[dict[str, float]] = []
    sums: dict[str, float] = {}
    done = seen = since = 0
    if course.begin is not None:
        done, seen, since, sums = _take(task, optimiser, course.begin)
    begun, before = time.perf_counter(), seen
    batches = source.forever(done)
    for step in range(done + 1, args.steps + 1):
        batch = next(batches)
        for group in optimiser.param_groups:
            group["lr"] = args.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - 1) / args.steps))
        loss, found = task.losses(batch, step)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        parts = {"loss": float(loss.detach()), **{k: float(v.detach()) for k, v in found.items()}}
        if not all(math.isfinite(v) for v in parts.values()) or not task.check(parts):
            shown = ", ".join(f"{k} {v:.3g}" for k, v in parts.items())
            raise DivergedError(f"{task.name} diverged at gradient step {step} (not taken): {shown}")
        optimiser.step()
        task.after()
        sums = {k: sums.get(k, 0.0) + v for k, v in parts.items()}
        seen, since = seen + decisions(batch), since + 1
        if step % args.log_every == 0 or step == args.steps:
            line = {"step": float(step), "decisions": float(seen), **{k: v / since for k, v in sums.items()}}
            line |= task.told()
            line["decisions_per_second"] = (seen - before) / (time.perf_counter() - begun)
            sums, since = {}, 0
            log.append(line)
            if course.report is not None:
                course.report(line)
        over = step == args.steps or (course.stop is not None and course.stop())
        if course.keep is not None and (over or step % course.every == 0):
            course.keep(task.plain(), step, *_state(task, optimiser, (step, seen, since), sums))
        if over:
            break
    return log


def decisions(batch: Batch) -> int:
    """Decisions in a minibatch; of windows, those that are not padding."""
    return int(batch["weight"].sum()) if "weight" in batch else len(batch["action"])


def _state(
    task: Task, optimiser: torch.optim.Optimizer, counts: tuple[int, int, int], sums: Mapping[str, float]
) -> tuple[dict[str, npt.NDArray[Any]], Any]:
    own = [p for net in task.trained for p in net.parameters()]
    tree = {
        "counts": np.array(counts, np.int64),
        "sums": {k: np.array(v) for k, v in sums.items()},
        "weights": [[p.detach() for p in net.parameters()] for net in (*task.trained, *task.others)],
        "adam": [dict(sorted(optimiser.state.get(p, {}).items())) for p in own],
    }
    return pytree.flatten(tree)


def _take(
    task: Task, optimiser: torch.optim.Optimizer, begin: tuple[Mapping[str, npt.NDArray[Any]], Any]
) -> tuple[int, int, int, dict[str, float]]:
    arrays, plan = begin
    nets = (*task.trained, *task.others)
    weights = [[p.detach().cpu().numpy() for p in net.parameters()] for net in nets]
    try:
        state = pytree.restore(plan, dict(arrays), {"counts": np.zeros(3), "sums": {}, "weights": weights,
                                                   "adam": None}, "the run")  # fmt: skip
        own = [p for net in task.trained for p in net.parameters()]
        for net, saved in zip(nets, state["weights"], strict=True):
            for p, array in zip(net.parameters(), saved, strict=True):
                with torch.no_grad():
                    p.copy_(torch.from_numpy(array))
        for p, one in zip(own, state["adam"], strict=True):
            if one:
                shapes = {k: tuple(np.shape(x)) for k, x in one.items()}
                if shapes != {"exp_avg": tuple(p.shape), "exp_avg_sq": tuple(p.shape), "step": ()}:
                    raise FileError("the optimiser's state does not fit the network")
                optimiser.state[p] = {k: torch.from_numpy(x).to(p.device) for k, x in one.items()}
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"not a state of such a run: {error!r}") from None
    done, seen, since = (int(x) for x in state["counts"])
    return done, seen, since, {k: float(v) for k, v in state["sums"].items()}


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use so many CPU threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def adam(parameters: Any, learning_rate: float, weight_decay: float = 0.0) -> torch.optim.Optimizer:
    """AdamW; its fused form updates small networks in one call."""
    return torch.optim.AdamW(list(parameters), lr=learning_rate, weight_decay=weight_decay, fused=True)
