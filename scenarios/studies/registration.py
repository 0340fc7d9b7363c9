"""Registration: what a study predicts, how it is judged and what it may spend, frozen under one hash
before data.

`gyges study register` writes ``registration.json`` into the study's folder, to be committed before
anything is run. The hash covers the predictions, the code that turns results into verdicts, the profile
and the budgets.
A study goes on only under the registration that its results were begun with; what differs is named.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gyges.envs import atomic
from gyges.envs.errors import FileError
from gyges.scenarios.studies.profile import Profile

NAME = "registration.json"
HERE = Path(__file__).parent
PREDICTIONS = HERE / "predictions.json"
JUDGES = (
    HERE.parent / "statistics.py",
    HERE / "comparisons.py",
    HERE / "verdicts.py",
    HERE / "measure.py",
)
"""The code that verdicts follow from, from recorded results on."""


def facts(plan: Profile, predictions: Path = PREDICTIONS) -> dict[str, Any]:
    """Everything that is registered of a study under a profile."""
    return {
        **common("rl_vs_sgd", predictions, JUDGES, plan),
        "cells": len(plan.cells()),
        "budgets": {mode.name: plan.budget(mode) for mode in plan.modes},
    }


def common(study: str, predictions: Path, judges: Sequence[Path], plan: Any) -> dict[str, Any]:
    """What is registered of every study: its name, its predictions, the code of its verdicts, its profile."""
    return {
        "study": study,
        "predictions": digest_of(predictions),
        "verdict code": {path.name: digest_of(path) for path in judges},
        "profile": dataclasses.asdict(plan),
    }


def digest(registered: dict[str, Any]) -> str:
    """The one hash (SHA-256) of what is registered."""
    return hashlib.sha256(json.dumps(registered, sort_keys=True).encode()).hexdigest()


def register(plan: Profile, folder: Path) -> str:
    """Write the registration of a study that has no results yet; returns its hash.

    Raises:
        FileError: there are results already, or another registration.
    """
    return freeze(facts(plan), folder)


def standing(plan: Profile, folder: Path) -> str:
    """The hash of the registration in a folder, which must be what would be registered now.

    Raises:
        FileError: as `unchanged`.
    """
    return unchanged(facts(plan), folder)


def freeze(now: dict[str, Any], folder: Path) -> str:
    """Write what is registered of any study that has no results yet; returns its hash.

    Args:
        now: what is registered: "study", "profile" with its "name", and what else may not change.
        folder: of the results to come.

    Raises:
        FileError: there are results already, or another registration.
    """
    path = folder / NAME
    if path.exists():
        return unchanged(now, folder)
    if (folder / "results.db").exists():
        raise FileError(f"{folder}: holds results; what is registered after data is no registration")
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"hash": digest(now), "registered": now}, indent=1) + "\n"
    atomic.write_text(path, text)
    return digest(now)


def unchanged(now: dict[str, Any], folder: Path) -> str:
    """The hash of the registration in a folder, which must be of what would be registered now.

    Raises:
        FileError: there is none, it is damaged, or something that it covers has changed since.
    """
    path = folder / NAME
    try:
        data = json.loads(path.read_text("utf-8"))
        was, said = dict(data["registered"]), str(data["hash"])
    except FileNotFoundError:
        raise FileError(
            f"{path}: not there; `gyges study register --of {now['study']} --profile "
            f"{now['profile']['name']} --out {folder}` comes first"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{path}: not a registration: {error!r}") from None
    if digest(was) != said:
        raise FileError(f"{path}: its content is not what its hash says")
    now = json.loads(json.dumps(now))
    changed = [name for name in now if was.get(name) != now[name]]
    if changed:
        raise FileError(f"{path}: {', '.join(changed)} changed since the study was registered")
    return said


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
