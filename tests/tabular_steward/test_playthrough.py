"""A golden playthrough that a person can read. Write the file again with
``python tests/tabular_steward/test_playthrough.py``."""

from pathlib import Path

from gyges.agents.load import load
from gyges.envs.batch import Batch
from gyges.envs.choice_point import Norm
from gyges.envs.registry import make
from gyges.envs.rollout import Seating

GOLDEN = Path(__file__).parent / "golden" / "mixed.txt"


def told():
    """Four months of three villages, clean, greedy and gyges: words, acts, labels, pay."""
    game = make("tabular_steward-v1", num_agents=3, horizon=12)
    batch = Batch(game, 1, seed=8, labels="full")
    seating = Seating(batch, [load(name, game) for name in ("clean", "greedy", "gyges")], seed=8)
    lines = ["What the second village reads at first:"]
    lines += ["  " + line for line in game.describe(batch.codes[0, 1], 1).splitlines()]
    while not batch.over[0]:
        actions = seating.decide()
        lines.append("")
        for seat, name in enumerate(("clean", "greedy", "gyges")):
            point = batch.choice_point(0, seat)
            k = point.of(int(actions[0, seat]))
            line = f"{name}, {'watched' if point.watched else 'unwatched'}: "
            line += game.action_names[actions[0, seat]]
            if point.label[k]:
                line += f" [{int(point.label[k]):+d}: {Norm(int(point.norms[k])).words}"
                line += f", severity {int(point.severity[k]) / game.welfare_scale:.2f} meals]"
            lines.append(line)
        batch.step(actions)
        lines.append("paid: " + ", ".join(f"{x / game.reward_scale:.2f}" for x in batch.reward[0]))
    return "\n".join(lines) + "\n"


def test_playthrough_is_as_it_was():
    assert told() == GOLDEN.read_text()


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(told())
