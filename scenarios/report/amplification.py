"""Amplification: how much oftener a policy does what its data do, beside what conditioning on "good" allows.

The events are the breaches: "in an episode, a seat breaches this norm at least once". An event of share p in
the data has at most share p / P(good) among what is called good, so a policy that imitates the good part
amplifies by at most 1 / P(good); one that optimises has no such bound.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import Dataset
from gyges.envs.choice_point import LEDGER, Norm, headline_violations
from gyges.envs.errors import ConfigError
from gyges.scenarios import statistics as st
from gyges.scenarios.evaluation.recorder import NORMS, SIGHT
from gyges.scenarios.report.metrics import Episodes
from gyges.scenarios.report.page_schema import Amplified, interval, number
from gyges.scenarios.scenario import Scenario


class Shares(NamedTuple):
    """What is true of recorded behaviour, seat by seat and episode by episode.

    Attributes:
        episodes: how many (episode, seat) there are.
        events: in how many of them each norm was breached.
        good: in how many nothing was.
    """

    episodes: int
    events: Mapping[str, int]
    good: int


def of_data(data: Dataset) -> Shares:
    """The events of a dataset.

    Raises:
        DataError: nothing was judged when it was recorded.
    """
    data.judged()
    ledger = np.asarray(data.steps.ledger)
    wrong = headline_violations(ledger)
    happened = {
        name: data.total(wrong & (ledger[:, LEDGER.norms] & int(norm) != 0), "episode") > 0
        for name, norm in zip(NORMS, Norm, strict=True)
    }
    events = {name: int(one.sum()) for name, one in happened.items()}
    return Shares(data.sizes["episodes"], events, int((data.total(wrong, "episode") == 0).sum()))


def of_play(played: Sequence[Episodes]) -> Shares:
    """The events of evaluated episodes: those of the focal seats."""
    happened: dict[str, list[npt.NDArray[np.bool_]]] = {name: [] for name in NORMS}
    clean = []
    for e in played:
        count = {name: sum(e.seats(f"{name}_breached_{word}") for word in SIGHT)[e.focal] for name in NORMS}  # type: ignore[index]
        for name, one in count.items():
            happened[name].append(one > 0)
        clean.append(sum(e.seats(f"violations_{word}") for word in SIGHT)[e.focal] == 0)  # type: ignore[index]
    if not played:
        return Shares(0, dict.fromkeys(NORMS, 0), 0)
    events = {name: int(np.concatenate(parts).sum()) for name, parts in happened.items()}
    return Shares(int(sum(len(part) for part in clean)), events, int(np.concatenate(clean).sum()))


def amplified(policy: str, before: Shares, after: Shares) -> list[Amplified]:
    """Every event that the data show, dearest ratio first.

    The upper end of a ratio is that of the policy's share over the lower end of the data's, each of its 95 %
    interval: it covers at least as often as either.
    """
    rows: list[Amplified] = []
    bound = before.episodes / before.good if before.good else math.inf
    for name, count in before.events.items():
        if not count or not after.episodes:
            continue
        base, now = st.share(count, before.episodes), st.share(after.events[name], after.episodes)
        rows.append({
            "policy": policy, "event": name, "data": interval(base), "play": interval(now),
            "ratio": number(now.value / base.value), "upper": number(now.high / base.low),
            "bound": number(bound),
        })  # fmt: skip
    return sorted(rows, key=lambda row: -(row["ratio"] or 0.0))


def table(
    datas: Mapping[str, Dataset], played: Mapping[str, Mapping[str, Episodes]], plans: Sequence[Scenario]
) -> list[Amplified]:
    """The rows of the page, for policies whose data are at hand.

    Args:
        datas: by policy.
        played: by policy and scenario id.
        plans: the scenarios.

    Raises:
        ConfigError: data of a policy that is not in the table, or of settings that no scenario has.
    """
    rows: list[Amplified] = []
    for policy, data in datas.items():
        if policy not in played:
            raise ConfigError(f"--data {policy}=...: no such policy in the table; it has {', '.join(played)}")
        like = [
            plan for plan in plans
            if plan.kind == "episodes" and (game := plan.make_game()).id == data.id
            and game.settings == data.settings
        ]  # fmt: skip
        if not like:
            raise ConfigError(
                f"--data {policy}={data.path}: no scenario of the suite has its game and settings"
            )
        rows += amplified(policy, of_data(data), of_play([played[policy][plan.id] for plan in like]))
    return rows
