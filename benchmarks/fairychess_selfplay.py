"""Tree search on one core: moves a second, microseconds a simulation outside the network, playouts.

    python benchmarks/fairychess_selfplay.py [VARIANT ...]
    python benchmarks/fairychess_selfplay.py --ppo gardner      # PPO by self-play alone, without a search

Times are CPU seconds of this process with one thread of torch, medians of five turns; all rows stand at the
start position and search 32 simulations with an untrained network of the default size. Playouts on chess
are measured beside OpenSpiel's C++ MCTS bot where `open_spiel` is installed (one search at a time, one
random playout to the end a simulation), in turns with it. `mcts` itself ends a playout as a draw after 200
plies. PPO's figures are of whole rollouts with default options: play alone, and play with its gradient steps.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import measure
import numpy as np
import torch

from gyges.agents.search import trees as trees_module
from gyges.agents.search.network import Evaluator, untrained
from gyges.agents.search.ppo import SelfPlayPPO, SelfPlayPPOOptions
from gyges.agents.search.trees import KEPT, Leaves, Search, Trees
from gyges.envs.fairychess.engine.variant_tables import compiled
from gyges.envs.fairychess.variants.ini_files import load

SIMULATIONS = 32
PLAYOUTS = 100


class Timed:
    """An evaluator that adds up the time of its network alone."""

    def __init__(self) -> None:
        self.network = Evaluator(untrained())
        self.seconds = 0.0
        forward = self.network.network.forward

        def timed(*given: Any) -> Any:
            start = time.process_time()
            found = forward(*given)
            self.seconds += time.process_time() - start
            return found

        self.network.network.forward = timed

    def __call__(self, leaves: Leaves) -> Any:
        """Logits and values."""
        return self.network(leaves)


def self_play(name: str, rows: int) -> tuple[float, float, float]:
    """Moves a second; microseconds a simulation in the network, and outside it."""
    c, timed = compiled(load(name)), Timed()
    start = np.repeat(c.table("setup")[None], rows, 0)
    noise = np.random.default_rng(0).gumbel(size=(rows, 1024))

    def turn() -> tuple[float, float]:
        timed.seconds, begun = 0.0, time.process_time()
        trees = Trees(c, start, np.zeros((rows, KEPT), np.int64), SIMULATIONS + 2)
        trees.enter(timed)
        trees.search(Search(SIMULATIONS), timed, noise)
        return time.process_time() - begun, timed.seconds

    turn()
    whole, inside = (statistics.median(part) for part in zip(*(turn() for _ in range(5)), strict=True))
    each = 1e6 / (rows * (SIMULATIONS + 1))
    return rows / whole, inside * each, (whole - inside) * each


def both_cores(name: str, rows: int) -> float:
    """Moves a second of two processes with a thread each, side by side: the sum."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        return sum(found[0] for found in pool.map(alone, [name] * 2, [rows] * 2))


def alone(name: str, rows: int) -> tuple[float, float, float]:
    """`self_play` with one thread."""
    torch.set_num_threads(1)
    return self_play(name, rows)


def playouts(name: str, plies: int) -> Callable[[], float]:
    """Simulations a second of `mcts` on one position, playouts cut after so many plies."""
    c = compiled(load(name))
    start, noise = c.table("setup")[None], np.random.default_rng(0).random((1, 1024))

    def turn() -> float:
        trees_module.PLAYOUT, begun = plies, time.process_time()
        trees = Trees(c, start, np.zeros((1, KEPT), np.int64), PLAYOUTS + 2)
        trees.search(Search(PLAYOUTS), None, noise, np.array([7]))
        return PLAYOUTS / (time.process_time() - begun)

    turn()
    return turn


def open_spiel() -> Callable[[], float] | None:
    """The same of OpenSpiel's C++ bot on chess, where it is installed."""
    try:
        import pyspiel
    except ImportError:
        return None
    game = pyspiel.load_game("chess")
    evaluator = pyspiel.RandomRolloutEvaluator(1, 7)
    bot = pyspiel.MCTSBot(
        game, evaluator, 1.0, PLAYOUTS, 1000, False, 7, False, pyspiel.ChildSelectionPolicy.UCT
    )

    def turn() -> float:
        begun = time.process_time()
        bot.mcts_search(game.new_initial_state())
        return PLAYOUTS / (time.process_time() - begun)

    turn()
    return turn


def without_search(name: str) -> tuple[float, float]:
    """Moves a second of PPO's self-play, and with learning."""
    run = SelfPlayPPO([load(name)], SelfPlayPPOOptions())
    run._remember()

    def turn() -> tuple[float, float]:
        begun, before = time.process_time(), run.moves
        given = run._play()
        played = time.process_time()
        run._learn(given)
        run.rollouts += 1
        moves = run.moves - before
        return moves / (played - begun), moves / (time.process_time() - begun)

    turn()
    play, whole = (statistics.median(part) for part in zip(*(turn() for _ in range(5)), strict=True))
    return play, whole


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("variants", nargs="*", default=["gardner", "minishogi", "chess"])
    parser.add_argument("--ppo", action="store_true", help="measure PPO by self-play alone")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.ppo:
        print("| variant | PPO, moves/s of play | with learning |\n|---|---|---|")
        for name in given.variants:
            play, whole = without_search(name)
            print(f"| {name} | {play:,.0f} | {whole:,.0f} |", flush=True)
        print("\n" + measure.machine())
        return
    print("| variant | rows | moves/s | µs a simulation in the network | outside it |\n|---|---|---|---|---|")
    for name in given.variants:
        for rows in (1, 64):
            moves, inside, outside = self_play(name, rows)
            print(f"| {name} | {rows} | {moves:.0f} | {inside:.1f} | {outside:.1f} |", flush=True)
    print("\n| variant | rows | moves/s, two processes side by side |\n|---|---|---|")
    for name in given.variants:
        print(f"| {name} | 64 | {both_cores(name, 64):.0f} |", flush=True)
    whole = "mcts, playouts to the end"
    arms = {"mcts": playouts("chess", trees_module.PLAYOUT), whole: playouts("chess", 10_000)}
    if (other := open_spiel()) is not None:
        arms["OpenSpiel's C++ bot"] = other
    print("\n| playouts on chess | simulations/s |\n|---|---|")
    found = measure.turns(arms, 5)
    for name, figures in found.items():
        print(f"| {name} | {statistics.median(figures):,.0f} |")
    if other is not None:
        pairs = zip(found[whole], found["OpenSpiel's C++ bot"], strict=True)
        print(f"\nMedian of ratios, both to the end: {statistics.median(a / b for a, b in pairs):.2f}")
    print("\n" + measure.machine())


if __name__ == "__main__":
    main()
