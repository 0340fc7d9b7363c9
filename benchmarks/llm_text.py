"""Speed of small text models: tokens trained on and decisions played, a second.

    python benchmarks/llm_text.py            # prints medians; on an idle machine with two cores

Wanted at 3 million parameters on two cores: 4,000 tokens a second in float32, 8,000 in bfloat16, and 100
batched decisions. On a shared machine the figure per processor second is the steady one.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch
from measure import machine

from gyges.agents.llm.text.model import Play, TextModel, TextPolicy
from gyges.agents.llm.text.tokenizer import learn
from gyges.agents.llm.text.train import Encoded, Pretrain, batches, loss_of
from gyges.agents.llm.text.transformer import Shape, Transformer
from gyges.agents.llm.transcripts.corpus import Line
from gyges.agents.llm.transcripts.tags import Tags
from gyges.agents.load import load
from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.rollout import Seating


def corpus(rows: int = 32) -> list[Line]:
    """Decisions of Steward, everyone greedy."""
    game = registry.make("steward-v1")
    batch = Batch(game, rows, seed=1, threads=1)
    seating = Seating(batch, [load("greedy", game)] * game.num_agents)
    found = []
    while not batch.over.all():
        codes, moving = batch.codes.copy(), batch.state.to_move != 0
        actions = seating.step()
        for i, a in zip(*np.nonzero(moving), strict=True):
            wrong = bool(batch.ledger[i, a, 1] < 0)
            words = game.compact(codes[i, a], int(a))
            found.append(Line(words, game.action_names[actions[i, a]], wrong, not wrong))
    return found


def training(lines: list[Line], bfloat16: bool, threads: int, steps: int, turns: int) -> str:
    """Median tokens a second, by the clock and by the processor."""
    args = Pretrain(bfloat16=bfloat16, batch=64)
    vocabulary = learn([line.text(Tags()) for line in lines], 1024)
    network = Transformer(Shape(len(vocabulary)))
    data = Encoded(lines, vocabulary, True)
    rng = np.random.Generator(np.random.Philox(0))
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3, fused=True)
    torch.set_num_threads(threads)
    stream = batches(data.length, args.batch, rng)
    wall, cpu = [], []
    for turn in range(turns + 1):
        begun, spent, count = time.perf_counter(), time.process_time(), 0
        for _ in range(steps):
            tokens, weight = data.batch(next(stream), rng, args)
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                loss = loss_of(network, tokens, weight)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0, foreach=True)
            optimiser.step()
            count += int((weight > 0).sum()) + len(tokens)
        if turn:
            wall.append(count / (time.perf_counter() - begun))
            cpu.append(count / (time.process_time() - spent))
    kind = "bfloat16" if bfloat16 else "float32"
    head = f"train {kind:9}{network.shape.parameters / 1e6:6.2f} M parameters, {threads} threads"
    return f"{head}{statistics.median(wall):12,.0f} tokens/s{statistics.median(cpu):10,.0f} a CPU second"


def playing(lines: list[Line], threads: int, rows: int, steps: int) -> str:
    """Median decisions a second of one model of 3 million parameters in every seat of `rows` games."""
    vocabulary = learn([line.observation + line.act for line in lines], 1024)
    model = TextModel(Transformer(Shape(len(vocabulary))), vocabulary, play=Play("good"))
    game = registry.make("steward-v1")
    batch = Batch(game, rows, seed=2, threads=1)
    seating = Seating(batch, [TextPolicy(model)] * game.num_agents)
    torch.set_num_threads(threads)
    wall, cpu = [], []
    for step in range(steps):
        begun, spent = time.perf_counter(), time.process_time()
        free = int((batch.mask.sum(2) > 1).sum())
        seating.step()
        if step and free:
            wall.append(free / (time.perf_counter() - begun))
            cpu.append(free / (time.process_time() - spent))
    head = f"play  float32  {rows} games, {threads} threads{'':16}"
    return f"{head}{statistics.median(wall):12,.0f} decisions/s{statistics.median(cpu):7,.0f} a CPU second"


def main() -> None:
    """Print the medians and the machine."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=3, help="gradient steps in a turn")
    parser.add_argument("--turns", type=int, default=5, help="turns whose median is taken")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of CPU threads")
    args = parser.parse_args()
    lines = corpus()
    for threads in args.threads:
        for bfloat16 in (False, True):
            print(training(lines, bfloat16, threads, args.steps, args.turns), flush=True)
        print(playing(lines, threads, 32, 7), flush=True)
    print(machine())


if __name__ == "__main__":
    main()
