"""Which edge a search follows: Gumbel AlphaZero, and UCT for searches without a network. Imports Numba.

Danihelka et al., "Policy improvement by planning with Gumbel" (ICLR 2022): at the root sequential halving
among few candidates drawn without replacement, below it the edge whose share of visits lags most behind the
improved policy. Values run from -1 to 1 and are those of the player to move at a node.

Trees are arrays: ``[R, N]`` by row and node, ``[R, E]`` by row and edge; the edges of a node follow each
other from ``first`` on, ``count`` of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

from gyges.envs.fairychess.engine.layout import NOTHING

F = TypeVar("F", bound=Callable[..., Any])
VISITS, SCALE = 50.0, 0.1
"""A value counts (VISITS + the most visits of an edge) * SCALE logits."""
UCT = 1.0
"""How much UCT explores."""


def compiled(function: F) -> F:
    """Compile a function of arrays."""
    return njit(function, cache=True, nogil=True, error_model="numpy")  # type: ignore[no-any-return]


@compiled
def weight(visits: Any, r: int, low: int, high: int) -> float:
    """Logits that a value of 1 counts."""
    most = 0
    for e in range(low, high):
        most = max(most, visits[r, e])
    return (VISITS + most) * SCALE


@compiled
def mixed_value(own: float, logit: Any, visits: Any, total: Any, r: int, low: int, high: int) -> float:
    """The value that stands for edges without visits: the network's, mixed with what visits found."""
    tried, prior, found = 0, 0.0, 0.0
    for e in range(low, high):
        if visits[r, e] > 0:
            p = math.exp(logit[r, e])
            tried += visits[r, e]
            prior += p
            found += p * total[r, e] / visits[r, e]
    if tried == 0 or prior <= 0.0:
        return own
    return (own + tried * found / prior) / (1 + tried)


@compiled
def improved(out: Any, own: float, logit: Any, visits: Any, total: Any, r: int, low: int, high: int) -> float:
    """Write the improved policy into out[: high - low]; its value by completed values is returned."""
    scale = weight(visits, r, low, high)
    rest = mixed_value(own, logit, visits, total, r, low, high)
    top = -math.inf
    for e in range(low, high):
        q = total[r, e] / visits[r, e] if visits[r, e] > 0 else rest
        out[e - low] = logit[r, e] + scale * q
        top = max(top, out[e - low])
    together, value = 0.0, 0.0
    for e in range(low, high):
        p = math.exp(out[e - low] - top)
        out[e - low] = p
        together += p
        value += p * (total[r, e] / visits[r, e] if visits[r, e] > 0 else rest)
    for j in range(high - low):
        out[j] /= together
    return value / together


@compiled
def at_root(wanted: int, own: float, noise: Any, logit: Any, visits: Any, total: Any, r: int, low: int,
            high: int) -> int:  # fmt: skip
    """The candidate to follow: the best among the edges that have `wanted` visits; of equals the first.

    Asked after the search with the most visits that an edge has, it is the move to play.
    """
    scale = weight(visits, r, low, high)
    rest = mixed_value(own, logit, visits, total, r, low, high)
    best, most = -1, -math.inf
    for e in range(low, high):
        if visits[r, e] == wanted and logit[r, e] > -1e30:
            q = total[r, e] / visits[r, e] if visits[r, e] > 0 else rest
            score = noise[r, e - low] + logit[r, e] + scale * q
            if score > most:
                best, most = e, score
    return best


@compiled
def below(out: Any, own: float, logit: Any, visits: Any, total: Any, r: int, low: int, high: int) -> int:
    """The edge whose share of the visits lags most behind the improved policy."""
    improved(out, own, logit, visits, total, r, low, high)
    tried = 0
    for e in range(low, high):
        tried += visits[r, e]
    best, most = low, -math.inf
    for e in range(low, high):
        score = out[e - low] - visits[r, e] / (1 + tried)
        if score > most:
            best, most = e, score
    return best


@compiled
def by_uct(noise: Any, visits: Any, total: Any, r: int, low: int, high: int, root: bool, logit: Any) -> int:
    """UCT: edges without visits first, at the root in the order of noise, then the upper bound."""
    tried = 0
    for e in range(low, high):
        tried += visits[r, e]
    best, most = low, -math.inf
    for e in range(low, high):
        if logit[r, e] <= -1e30:
            continue
        if visits[r, e] == 0:
            score = 1e6 + (noise[r, e - low] if root else 0.0)
        else:
            score = total[r, e] / visits[r, e] + UCT * math.sqrt(math.log(tried) / visits[r, e])
        if score > most:
            best, most = e, score
    return best


@compiled
def descend(
    wanted: Any, uct: bool, noise: Any, scratch: Any, first: Any, count: Any, done: Any, value: Any,
    child: Any, logit: Any, visits: Any, total: Any, origin: Any, edge: Any, leaf: Any,
) -> None:  # fmt: skip
    """Go down every row's tree: to an edge that leads nowhere yet, or to a node where the game is over.

    Writes the edge and its node's number, or -1 and the node that was reached again.
    """
    for r in range(first.shape[0]):
        node = 0
        while True:
            low = first[r, node]
            high = low + count[r, node]
            if uct:
                e = by_uct(noise, visits, total, r, low, high, node == 0, logit)
            elif node == 0:
                e = at_root(wanted[r], value[r, 0], noise, logit, visits, total, r, low, high)
            else:
                e = below(scratch, value[r, node], logit, visits, total, r, low, high)
            if child[r, e] < 0:
                origin[r], edge[r] = node, e
                break
            node = child[r, e]
            if done[r, node] != 0:
                origin[r], edge[r], leaf[r] = node, -1, node
                break


@compiled
def backup(leaf: Any, edge: Any, origin: Any, parent: Any, came: Any, child: Any, value: Any, visits: Any,
           total: Any) -> None:  # fmt: skip
    """Add every leaf's value along the way to its root, turned at each ply; join new nodes to their edges."""
    for r in range(leaf.shape[0]):
        node = leaf[r]
        if edge[r] >= 0:
            child[r, edge[r]] = node
        v = value[r, node]
        while parent[r, node] >= 0:
            v = -v
            e = came[r, node]
            visits[r, e] += 1
            total[r, e] += v
            node = parent[r, node]


@compiled
def enter(
    rows: Any, leaf: Any, first: Any, count: Any, logits: Any, values: Any, logit: Any, value: Any
) -> None:
    """Give leaves their values and their edges logarithms of probabilities, from flat logits."""
    at = 0
    for j in range(rows.shape[0]):
        r = rows[j]
        node = leaf[r]
        low, n = first[r, node], count[r, node]
        top, together = -math.inf, 0.0
        for k in range(n):
            top = max(top, logits[at + k])
        for k in range(n):
            together += math.exp(logits[at + k] - top)
        shift = top + math.log(together)
        for k in range(n):
            logit[r, low + k] = logits[at + k] - shift
        value[r, node] = values[j]
        at += n


@compiled
def policies(out: Any, found: Any, first: Any, count: Any, value: Any, logit: Any, visits: Any,
             total: Any) -> None:  # fmt: skip
    """The improved policy of every root into out [R, moves], its value into found [R]."""
    for r in range(first.shape[0]):
        low = first[r, 0]
        found[r] = improved(out[r], value[r, 0], logit, visits, total, r, low, low + count[r, 0])


@compiled
def chosen(out: Any, uct: bool, noise: Any, first: Any, count: Any, value: Any, logit: Any, visits: Any,
           total: Any) -> None:  # fmt: skip
    """The edge to play at every root into out [R]."""
    for r in range(first.shape[0]):
        low = first[r, 0]
        high = low + count[r, 0]
        most, best = 0, low
        for e in range(low, high):
            if visits[r, e] > most:
                most, best = visits[r, e], e
        out[r] = best
        if not uct:
            out[r] = at_root(most, value[r, 0], noise, logit, visits, total, r, low, high)


@compiled
def repeats(
    clock: int, folds: int, perpetual: bool, keys: Any, parent: Any, r: int, node: int, past: Any
) -> Any:
    """How often a node's position has stood, and what that decides: 0 nothing, 1 repetition, 2 a win for the
    player to move, to whom the other has given perpetual check, 3 a loss.

    Goes back as far as the clock says along the tree, then along the game before its root, to a key of 0 or
    its beginning. Where perpetual check counts, the lowest bit of a key says whether there was check.
    """
    own = keys[r, node]
    times, mine, theirs, at, j = 1, own & 1, 1, node, past.shape[1]
    for ago in range(1, clock + 1):
        if parent[r, at] >= 0:
            at = parent[r, at]
            key = keys[r, at]
        else:
            j -= 1
            key = past[r, j] if j >= 0 else 0
            if key == 0:
                break
        if ago % 2 == 1:
            theirs &= key & 1
            continue
        if key == own:
            times += 1
            if times == folds:
                if perpetual and mine != theirs:
                    return times, 2 if mine != 0 else 3
                return times, 1
        mine &= key & 1
    return times, 0


@compiled
def grown(
    target: Any, number: Any, outcome: Any, fold: Any, key: Any, clocks: Any, folds: int, perpetual: bool,
    edge: Any, origin: Any, leaf: Any, past: Any, size: Any, used: Any, parent: Any, came: Any, keys: Any,
    first: Any, count: Any, seen: Any, done: Any, value: Any,
) -> None:  # fmt: skip
    """Enter the nodes that rows have grown by (`compiled.expander`)."""
    for r in range(target.shape[0]):
        if target[r] < 0:
            continue
        node = size[r]
        size[r] += 1
        leaf[r] = node
        parent[r, node], came[r, node] = (origin[r], edge[r]) if node > 0 else (-1, -1)
        keys[r, node] = key[r]
        times, decided = repeats(clocks[r], folds, perpetual, keys, parent, r, node, past)
        if node > 0 and outcome[r] == NOTHING and decided != 0:
            number[r] = 0
            outcome[r] = fold[r] if decided == 1 else 1 if decided == 2 else -1
        seen[r, node], first[r, node], count[r, node] = times, used[r], number[r]
        used[r] += number[r]
        done[r, node] = 1 if outcome[r] != NOTHING else 0
        if outcome[r] != NOTHING:
            value[r, node] = outcome[r]
