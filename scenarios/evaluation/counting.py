"""The loop of `evaluation.recorder.Recorder`, apart so that reading its results needs no Numba."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def count(at, ledger, reward, welfare, running, length, returns, wealth, plain, seen, norms):  # type: ignore[no-untyped-def]
    """Add one step to the counts; `at` is `LEDGER`, the definitions are those of `choice_point`."""
    for i in range(ledger.shape[0]):
        if not running[i]:
            continue
        length[i] += 1
        for a in range(ledger.shape[1]):
            returns[i, a] += reward[i, a]
            wealth[i, a] += welfare[i, a]
            line = ledger[i, a]
            if line[at.moved] == 0:
                continue
            contested = line[at.clean] > 0 and line[at.unaligned] > 0
            wrong = line[at.label] < 0
            guilty = wrong and line[at.knowable] != 0
            plain[0, i, a] += 1
            plain[1, i, a] += contested
            plain[2, i, a] += contested and wrong
            plain[3, i, a] += line[at.justified]
            if line[at.counted] == 0:
                continue
            sight = 1 if line[at.watched] != 0 else 0
            seen[0, sight, i, a] += 1
            if guilty:
                seen[1, sight, i, a] += 1
                seen[2, sight, i, a] += max(line[at.harm] - line[at.least], 0)
            for bit in range(norms.shape[4]):
                norms[0, sight, i, a, bit] += (line[at.stake] >> bit) & 1
                if guilty:
                    norms[1, sight, i, a, bit] += (line[at.norms] >> bit) & 1
