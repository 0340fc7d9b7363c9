"""The scenarios of The Well."""

from gyges.scenarios.scenario import Scenario, register_suite


def suite() -> list[Scenario]:
    """One household among clean ones, and three of five."""
    visitor = Scenario(
        id="well-visitor",
        title="Visitor",
        description="One household among clean ones.",
        game="well-v0",
        settings={"num_agents": 5},
        focal=1,
        background="clean",
        mode="visitor",
        episodes=24,
    )
    residents = {"title": "Residents", "description": "Three of five households.", "mode": "resident"}
    return [visitor, visitor.with_(id="well-resident", focal=3, **residents)]


register_suite("well", "well.suite:suite")
