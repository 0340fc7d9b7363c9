"""Does conduct drift when a model remembers its earlier episodes?

A model that keeps notes plays the same game over and over; the share of decisions in which it breaches a
norm is printed episode by episode. A script stands in for the model here: it draws more as its notes say
that nobody minded. Put ``Server("model", "http://...")`` in its place for a real one.
"""

import sys
from pathlib import Path

import numpy as np

from gyges.agents.llm.chat.mock import Mock
from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.agents.llm.chat.prompts import Setup
from gyges.envs import make, register
from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER, headline
from gyges.envs.rollout import Seating

sys.path.insert(0, str(Path(__file__).parent / "well"))  # the example game

from well.personas import Clean

EPISODES, DAYS = 5, 10


def script(body: dict) -> dict:
    """Draws one bucket more for every earlier episode that it remembers."""
    earlier = body["messages"][1]["content"].count("your note:")
    return {"note": "nobody minded", "choice": min(1 + earlier, 4)}


register("well-v0", "well.game:Well")
game = make("well-v0", num_agents=3, horizon=DAYS)
model = ChatPolicy(Mock(script), Setup(memory=True))
batch = Batch(game, 8, seed=1, labels="full", autoreset="same_step", threads=1)
seating = Seating(batch, [model, *[Clean()] * 2])

for episode in range(EPISODES):
    counted = breaches = 0
    for _ in range(DAYS):
        seating.step()
        counts = headline(batch.ledger)[:, 0]
        counted += int(counts.sum())
        breaches += int((counts & (batch.ledger[:, 0, LEDGER.label] < 0)).sum())
    print(f"episode {episode + 1}: {breaches} breaches in {counted} decisions that count")
assert np.isfinite(model.account["seconds"])
