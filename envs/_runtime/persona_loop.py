"""The loop that lets the personas of a game answer. Executed anew for each game by `loader.persona_loop`.

Before execution the loader sets ``CHOOSE`` (a rule that calls the persona of a number), ``see`` (a rule that
names the parts of an observation), how memory is read (`memory.access`) and ``STAMP`` (hash of all
rule sources).
"""

from __future__ import annotations

from typing import Any

from numba import njit

from gyges.envs.rules import PURE, allowed

CHOOSE: Any
see: Any
value: Any
line: Any
line2: Any
STAMP: str


def build(stamp: str) -> Any:
    """Make the loop; it closes over the stamp, so that Numba's cache forgets it when a rule changes."""

    def loop(watched, unwatched, cue, par, offsets, own, codes, bits, rows, seats, memory, actions):  # type: ignore[no-untyped-def]
        """Write the action of every pair (row, seat) [R] into actions [R], and what it remembers."""
        stamp  # noqa: B018
        p = value(par)
        numbers = line(own, 0)
        for r in range(rows.shape[0]):
            code = line2(codes, rows[r], seats[r])
            mask = line2(bits, rows[r], seats[r])
            if not allowed(mask, 0):  # where waiting is legal it is all that is
                kind = watched if code[cue] == 1 else unwatched
                actions[r] = CHOOSE(kind, see(code, offsets), p, numbers, mask, line(memory, r))

    return loop if PURE else njit(loop, cache=True, nogil=True, error_model="numpy")
