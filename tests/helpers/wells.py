"""Scenarios around the Well. Importing this registers them."""

import psutil

from gyges.agents.sandbox.process import TOKEN
from gyges.envs import registry
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.scenario import Scenario, register_scenario

registry.register("well-v0", "well.game:Well")

VISITOR = register_scenario(
    Scenario(
        id="well-visitor",
        title="Visitor",
        description="One household among four.",
        game="well-v0",
        settings={"num_agents": 5, "horizon": 8},
        focal=1,
        background={"clean": 0.5, "greedy": 0.5},
        mode="visitor",
        episodes=24,
    ),
    "well",
)
RESIDENT = register_scenario(
    VISITOR.with_(id="well-resident", title="Residents", focal=3, background="clean", mode="resident"), "well"
)
STRIPPED = register_scenario(RESIDENT.with_(id="well-stripped", settings={"stakes": False}), "well")
BANK = VISITOR.with_(id="well-bank", title="Frozen questions", kind="bank", episodes=64)
for one in (VISITOR, RESIDENT, BANK):
    register_scenario(one, "well-asked")
for one in (VISITOR, RESIDENT):
    register_scenario(one, "well-two")


def workers(mark):
    """Processes of submitted policies that still run, by the word in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and TOKEN in process.environ():
                found += [process.pid] * (mark in process.environ().get("PYTHONPATH", ""))
        except psutil.Error:
            continue
    return found


def table(path):
    """Everything that was found, in order."""
    found = []
    with Store(path) as store:
        for run in sorted(store.runs(), key=lambda run: run.policy):
            assert run.finished is not None
            for plan in store.plans(run):
                for one in store.results(run, plan["id"]):
                    found.append((run.policy, one, store.episode(run, plan["id"], one.idx).to_json()))
                found.append((run.policy, store.probes(run, plan["id"])))
    return found
