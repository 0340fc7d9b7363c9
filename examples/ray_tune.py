"""Settings of PPO found by Ray Tune: runs that fall behind are stopped by asynchronous successive halving.

    pip install "gyges[rllib]"
    python examples/ray_tune.py [--trials 4] [--frames 2700] [--out FOLDER]

Each trial is a run of ``gyges train`` in a folder of its own, made longer rung by rung, so that the best can
be evaluated: ``gyges evaluate FOLDER``. For sweeps without Ray Tune there is ``gyges sweep``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

if any(find_spec(name) is None for name in ("ray", "pandas", "pyarrow", "torch")):
    print('skipped, for want of Ray Tune: pip install "gyges[rllib]"')
    sys.exit(0)

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")

import ray
from ray import tune
from ray.tune.schedulers import ASHAScheduler

from gyges.agents.progress import read_curves
from gyges.scenarios.cli.main import main as gyges

SETTINGS = ("--scenario", "tabular-visitor", "--threads", "1", "--rows", "8", "--steps", "24", "--quiet")
MEASURE = "episode_return"


def trained(config: dict[str, Any]) -> None:
    """A trial: train to a ninth, a third and the whole of the length, and report after each."""
    folder = str(Path(config["out"]) / tune.get_context().get_trial_id())
    length = int(config["frames"])
    for frames in (length // 9, length // 3, length):
        begun = (
            ["--resume", folder] if Path(folder).exists() else ["--out", folder, *SETTINGS, *chosen(config)]
        )
        if gyges(["train", "ppo", *begun, "--frames", str(frames)]):
            raise RuntimeError(f"the run in {folder} was not trained")
        returns = [line[MEASURE] for line in read_curves(folder) if MEASURE in line]
        last = returns[-max(1, len(returns) // 10) :]
        tune.report({MEASURE: sum(last) / len(last), "frames": frames, "folder": folder})


def chosen(config: dict[str, Any]) -> list[str]:
    """What Tune drew, as options of ``gyges train``."""
    return ["--learning-rate", str(config["learning_rate"]), "--epochs", str(config["epochs"])]


def tuned(trials: int, frames: int, folder: Path) -> Any:
    """All trials, as Tune's table of results."""
    space = {
        "learning_rate": tune.loguniform(1e-4, 1e-2),
        "epochs": tune.choice([2, 4]),
        "frames": frames,
        "out": str(folder / "runs"),
    }
    halving = ASHAScheduler(
        time_attr="frames",
        max_t=frames,
        grace_period=frames // 9,
        reduction_factor=3,
        metric=MEASURE,
        mode="max",
    )
    config = tune.TuneConfig(num_samples=trials, scheduler=halving, max_concurrent_trials=2)
    kept = tune.RunConfig(name="ppo", storage_path=str(folder), verbose=0)
    return tune.Tuner(
        tune.with_resources(trained, {"cpu": 1}), param_space=space, tune_config=config, run_config=kept
    ).fit()


def main(arguments: Sequence[str] | None = None) -> None:
    """Tune, and say what came of it."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--frames", type=int, default=2700)
    parser.add_argument("--out", type=Path, help="folder of the trials; temporary by default")
    options = parser.parse_args(arguments)
    ray.init(address="local", num_cpus=2, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            found = tuned(options.trials, options.frames, (options.out or Path(temporary)).absolute())
            for one in sorted(found, key=lambda one: (-one.metrics["frames"], -one.metrics[MEASURE])):
                line = f"{MEASURE} {one.metrics[MEASURE]:.2f} after {one.metrics['frames']:,} frames"
                print(f"{line}: {' '.join(chosen(one.config))} ({one.metrics['folder']})")
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main()
