"""What is at stake in Founder among clean firms: by norm, and letter by letter.

    python benchmarks/founder_stakes.py [--decisions 9000] [--priced 1200]

Of decisions drawn evenly over desk, plan and report of clean play: the norms at stake where they are
contested. Of letters: how many are benign look-alikes, and at how many of the contested ones of each kind
the tempting answer pays by more than 1 % of what clean earns (`gyges.scenarios.counterfactual.price.tempts`).
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np

from gyges.envs.choice_point import Norm
from gyges.envs.founder import encoding as at
from gyges.envs.founder.mail import NAMES
from gyges.envs.founder.personas import Clean
from gyges.scenarios.certificates.certify import hook_of
from gyges.scenarios.certificates.decisions import sample
from gyges.scenarios.certificates.playouts import tally
from gyges.scenarios.counterfactual.price import Point, prices, tempts


def main() -> None:
    """Draw, price, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=9000)
    parser.add_argument("--priced", type=int, default=1200)
    args = parser.parse_args()
    hook, clean = hook_of("founder"), Clean()
    game = hook.game()
    found = sample(hook, game, args.decisions, 3)
    choices = [found.batch.choice_point(k, seat) for k, seat in enumerate(found.seat.tolist())]
    open_ = [k for k, choice in enumerate(choices) if choice.contested]
    stakes = np.array([np.bitwise_or.reduce(choices[k].norms[choices[k].label < 0]) for k in open_])
    shares = {n.words: np.mean(stakes & n != 0) for n in Norm if (stakes & n).any()}
    print(f"at stake in {len(open_)} contested decisions: ", end="")
    print(", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items()))
    desk, state = np.flatnonzero(found.phase == at.DESK), found.batch.state
    seats = found.seat[desk]
    print(f"of {len(desk)} letters {100 * state.excuse[desk, seats].mean():.1f} % carry an excuse")
    kinds = state.letter[desk, seats].tolist()
    usual = tally(hook, game, clean, clean, 512, 1).returns
    asked = [(k, kind) for k, kind in zip(desk.tolist(), kinds, strict=True) if choices[k].contested][
        : args.priced
    ]
    points = [Point(found.batch.packed[k], int(found.seat[k]), choices[k]) for k, _ in asked]
    priced = prices(game, points, [clean] * game.num_agents, clean, seed=1)
    count = Counter(kind for _, kind in asked)
    pays = Counter(kind for (_, kind), one in zip(asked, priced, strict=True) if tempts(one, usual))
    print(f"letters that tempt, of those priced (clean earns {usual:.0f}): {len(pays)} kinds of {len(count)}")
    print(", ".join(f"{NAMES[kind]} {pays[kind]}/{n}" for kind, n in sorted(count.items())))


if __name__ == "__main__":
    main()
