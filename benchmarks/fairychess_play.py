"""Random play of fairy chess with observation and bit-packed legal mask.

    python benchmarks/fairychess_play.py [VARIANT ...] [--rows 1,64,256,1024] [--seconds 1.0]
        [--threads 1] [--pgx PYTHON] [--pettingzoo]

A step is one ply: a legal action drawn for every row (from the mask's bits, or from the list of legal
moves that the state carries), the game stepped with automatic reset, both seats' observations and masks
written. Figures are medians of five stretches; `masked` draws from the bits, `listed` from the list,
`planes` shows planes of movement as well. With one thread they are steps per CPU second, so that other
work on the machine does not count; with more, steps per second.

--pgx runs pgx (chess, gardner) with an interpreter that has it, in turn with ours, in CPU seconds of its
process too. --pettingzoo times single environments. `core` repeats the rates that a bare loop over
Fairy-Stockfish's C++ core reached on another day (with observation and mask): no peer of this run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import time

import numpy as np
from numba import njit

from gyges.envs import Batch, make
from gyges.envs.fairychess.encoding import GameTables

CORE = {"chess": 1.00e6, "gardner": 1.67e6, "grand": 0.56e6, "crazyhouse": 0.39e6}
VARIANTS = ("chess", "gardner", "grand", "crazyhouse", "shogi", "xiangqi", "atomic", "dobutsu")


@njit(nogil=True)
def from_mask(bits, to_move, luck, out):  # type: ignore[no-untyped-def]
    """A random set bit of the mask of the seat to move; bits uint64 [B, N, W]."""
    for i in range(bits.shape[0]):
        out[i, 0] = 0
        out[i, 1] = 0
        a = 0 if to_move[i, 0] != 0 else 1
        if to_move[i, a] == 0:
            continue
        total = 0
        for j in range(bits.shape[2]):
            word = bits[i, a, j]
            while word != 0:
                word &= word - np.uint64(1)
                total += 1
        luck[i] = luck[i] * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        k = ((luck[i] >> np.uint64(33)) * np.uint64(total)) >> np.uint64(31)
        for j in range(bits.shape[2]):
            word = bits[i, a, j]
            while word != 0:
                low = word & (~word + np.uint64(1))
                if k == 0:
                    n = 0
                    while (low >> np.uint64(n)) != np.uint64(1):
                        n += 1
                    out[i, a] = 64 * j + n
                    word = np.uint64(0)
                    total = -1
                else:
                    k -= np.uint64(1)
                    word ^= low
            if total < 0:
                break


@njit(nogil=True)
def from_list(packed, many_at, moves_at, turn_at, over_at, cells, choices, cell, slot, luck, out):  # type: ignore[no-untyped-def]
    """A random one of the legal moves that the state lists, as an action."""
    sheet = cells * cells
    for i in range(packed.shape[0]):
        out[i, 0] = 0
        out[i, 1] = 0
        if packed[i, over_at] != 0:
            continue
        luck[i] = luck[i] * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        k = ((luck[i] >> np.uint64(33)) * np.uint64(packed[i, many_at])) >> np.uint64(31)
        move = packed[i, moves_at + np.int64(k)]
        to, origin = cell[move & 127], (move >> 7) & 127
        if move & (1 << 19):
            action = sheet * (1 + choices) + slot[origin] * cells + to
        else:
            action = ((move >> 14) & 31) * sheet + cell[origin] * cells + to
        out[i, packed[i, turn_at]] = action


def player(batch, how):  # type: ignore[no-untyped-def]
    """A function that draws legal actions for every row into an array it returns."""
    game, state = batch.game, batch.state
    out = np.zeros((batch.rows, 2), np.int32)
    luck = np.arange(batch.rows, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(7)
    if how == "masked":
        wide = game.mask_bytes % 8 == 0
        padded = np.zeros((batch.rows, 2, -(-game.mask_bytes // 8) * 8), np.uint8)

        def draw():  # type: ignore[no-untyped-def]
            if not wide:
                padded[..., : game.mask_bytes] = batch.bits
            bits = batch.bits if wide else padded
            from_mask(bits.view(np.uint64), state.to_move, luck, out)
            return out

        return draw
    at = {name: game.fields[name].start for name in ("many", "moves", "info", "over")}
    table, offsets = game.tables()
    part = {n: table[offsets[j] : offsets[j + 1]] for j, n in enumerate(GameTables._fields)}
    cell, slot = part["cell"].copy(), part["slot"].copy()
    family = game.family

    def listed():  # type: ignore[no-untyped-def]
        from_list(batch.packed, at["many"], at["moves"], at["info"], at["over"], family.cells,
                  family.choices, cell, slot, luck, out)  # fmt: skip
        return out

    return listed


def rate(variant, rows, how, seconds, threads):  # type: ignore[no-untyped-def]
    """Steps per second (CPU seconds with one thread), median of five."""
    clock = time.process_time if threads == 1 else time.perf_counter
    game = make("fairychess-v1", variant=variant, planes=how == "planes")
    batch = Batch(game, rows, labels="off", autoreset="next_step", threads=threads)
    draw = player(batch, "listed" if how == "planes" else how)
    for _ in range(max(200 // rows, 3)):
        batch.step(draw())
    found = []
    for _ in range(5):
        steps, begun = 0, clock()
        while clock() - begun < seconds / 5:
            for _ in range(max(1, 256 // rows)):
                batch.step(draw())
                steps += rows
        found.append(steps / (clock() - begun))
    return statistics.median(found)


PGX = """
import sys, time, statistics, jax, jax.numpy as jnp, pgx
from pgx.experimental import auto_reset
name, rows, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
length = 8 if rows <= 1024 else 1
env = pgx.make(name)
step = jax.vmap(auto_reset(env.step, env.init))
def one(carry, _):
    state, key = carry
    key, use, more = jax.random.split(key, 3)
    logits = jnp.where(state.legal_action_mask, 0.0, -1e9)
    action = jax.random.categorical(use, logits, axis=-1)
    state = step(state, action, jax.random.split(more, rows))
    return (state, key), state.observation.sum()
play = jax.jit(lambda carry: jax.lax.scan(one, carry, None, length=length))
carry = (jax.jit(jax.vmap(env.init))(jax.random.split(jax.random.PRNGKey(0), rows)), jax.random.PRNGKey(1))
carry, seen = play(carry)
seen.block_until_ready()
found = []
for _ in range(5):
    steps, begun = 0, time.process_time()
    while time.process_time() - begun < seconds / 5:
        carry, seen = play(carry)
        seen.block_until_ready()
        steps += length * rows
    found.append(steps / (time.process_time() - begun))
print(statistics.median(found))
"""


def pgx_rate(python, variant, rows, seconds):  # type: ignore[no-untyped-def]
    """Steps per CPU second of pgx, in a process of another interpreter."""
    name = {"chess": "chess", "gardner": "gardner_chess"}[variant]
    words = [python, "-c", PGX, name, str(rows), str(seconds)]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, env=env)
    return float(done.stdout.split()[-1])


def pettingzoo(variant, seconds):  # type: ignore[no-untyped-def]
    """Microseconds a ply of AEC: last() and step(), without drawing the action; raw and wrapped."""
    from gyges.envs.pettingzoo import fairychess_v1

    found = []
    for maker in (fairychess_v1.raw_env, fairychess_v1.env):
        env, luck = maker(variant=variant), np.random.default_rng(0)
        env.reset(seed=1)
        spent, plies = [], 0
        while sum(spent) < seconds * 1e9:
            begun = time.thread_time_ns()
            seen, _, terminated, truncated, _ = env.last()
            middle = time.thread_time_ns()
            if terminated or truncated:
                env.step(None)
                if not env.agents:
                    env.reset()
                continue
            action = int(luck.choice(np.flatnonzero(seen["action_mask"])))
            again = time.thread_time_ns()
            env.step(action)
            spent.append(middle - begun + time.thread_time_ns() - again)
            plies += 1
        found.append(statistics.median(spent) / 1000)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("variants", nargs="*", default=VARIANTS)
    parser.add_argument("--rows", default="64,256")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--ways", default="listed,masked,planes")
    parser.add_argument("--pgx", metavar="PYTHON")
    parser.add_argument("--pettingzoo", action="store_true")
    chosen = parser.parse_args()
    ways = chosen.ways.split(",")
    columns = ["variant", "rows", *(f"{way}, steps/s" for way in ways), "core, steps/s"]
    columns += ["pgx, steps/s", f"{ways[0]} to pgx"] if chosen.pgx else []
    columns += ["AEC, us a ply", "AEC with order enforced"] if chosen.pettingzoo else []
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|", flush=True)
    for variant in chosen.variants:
        for number, rows in enumerate(int(r) for r in chosen.rows.split(",")):
            figures = [rate(variant, rows, how, chosen.seconds, chosen.threads) for how in ways]
            cells = [variant, f"{rows:,}", *(f"{f:,.0f}" for f in figures)]
            cells.append(f"{CORE[variant]:,.0f}" if variant in CORE else "")
            if chosen.pgx and variant in ("chess", "gardner"):
                peer = pgx_rate(chosen.pgx, variant, rows, chosen.seconds)
                cells += [f"{peer:,.0f}", f"{figures[0] / peer:.0f}"]
            elif chosen.pgx:
                cells += ["", ""]
            if chosen.pettingzoo:
                cells += (
                    [f"{us:.1f}" for us in pettingzoo(variant, chosen.seconds)] if number == 0 else ["", ""]
                )
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
