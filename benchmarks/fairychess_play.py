"""Random play of fairy chess with observation and bit-packed legal mask, one core.

    python benchmarks/fairychess_play.py [VARIANT ...] [--rows 1,64,256,1024] [--seconds 1.0] [--threads 1]

Each figure is the median of five stretches, in steps per CPU second of this process (all threads).
A step is one ply: a legal action drawn for every row (from the mask, or from the list that the state
carries), the game stepped with automatic reset, both seats' observations and masks written.
`listed` draws from the list, `masked` from the bits.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from numba import njit

from gyges.envs import Batch, make
from gyges.envs.fairychess.spaces import GameTables

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
    fields = batch.state._fields
    at = {name: int(batch._offsets[fields.index(name)]) for name in ("many", "moves", "info", "over")}
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
    """Steps per CPU second, median of five."""
    batch = Batch(make("fairychess-v0", variant=variant), rows, labels="off", autoreset="next_step",
                  threads=threads)  # fmt: skip
    draw = player(batch, how)
    for _ in range(max(200 // rows, 3)):
        batch.step(draw(), validate=False)
    found = []
    for _ in range(5):
        steps, begun = 0, time.process_time()
        while time.process_time() - begun < seconds / 5:
            for _ in range(max(1, 256 // rows)):
                batch.step(draw(), validate=False)
                steps += rows
        found.append(steps / (time.process_time() - begun))
    return statistics.median(found)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("variants", nargs="*", default=VARIANTS)
    parser.add_argument("--rows", default="64,256")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    print(f"{'variant':14}{'rows':>7}{'listed/s':>12}{'masked/s':>12}")
    for variant in chosen.variants:
        for rows in (int(r) for r in chosen.rows.split(",")):
            figures = [
                rate(variant, rows, how, chosen.seconds, chosen.threads) for how in ("listed", "masked")
            ]
            print(f"{variant:14}{rows:>7}" + "".join(f"{f:>12,.0f}" for f in figures), flush=True)


if __name__ == "__main__":
    main()
