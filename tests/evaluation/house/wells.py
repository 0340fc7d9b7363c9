"""Scenarios around the Well. Importing this registers them."""

from gyges.envs import registry
from gyges.scenarios.scenario import Scenario, register_scenario

registry.register("well-v0", "well:Well")

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
