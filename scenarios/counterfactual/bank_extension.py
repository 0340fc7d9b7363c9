"""More questions for a bank that has too few of some norms; those it has, and all weights, stay as they are.

    python -m gyges.scenarios.counterfactual.bank_builder custodian-v0 --extend neglect --most 12000

A cell of fewer than `gap.LEAST` questions counts for nothing, so a norm whose cells are mostly such has no
gap. The recorded episodes are replayed, then new ones of the same population are played where they are asked
for. Decisions at which the norm is at stake are taken from them in random order and priced as the bank's
were; those that tempt fill the thin cells. Weights stay those of the reference sample, so that gaps estimate
what they did, with more cells to stand on. Of the new episodes only those are kept that hold a question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch
from gyges.envs.choice_point import Norm
from gyges.envs.errors import ConfigError
from gyges.scenarios.counterfactual import bank_builder as builder
from gyges.scenarios.counterfactual import gap, price
from gyges.scenarios.counterfactual.bank import Bank, digests, question, walk
from gyges.scenarios.executor import Executor

CHUNK = 64
"""New episodes that are played at once."""
ROUND = 256
"""Decisions priced between two looks at what is still wanting."""


def extend(
    bank: Bank,
    norms: Sequence[str],
    *,
    episodes: int = 0,
    most: int = 4000,
    executor: Executor | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Bank:
    """A bank with more questions of some norms.

    Every thin cell of these norms is filled to `gap.LEAST` questions where so many are found, and then the
    norm to `bank_builder.PER_NORM`; a cell that cannot be filled gets none.

    Args:
        bank: whose questions, cells and weights stay.
        norms: names, as in its cells.
        episodes: new episodes to play at most, after the recorded ones have been searched.
        most: decisions to price at most.
        executor: whose processes price them; by default this one.
        say: called with how far it is.

    Raises:
        ConfigError: a norm has no cells in the bank.
        FileError: the bank does not fit the rules.
    """
    known = sorted({key.norm for key in bank.frame.weights})
    if missing := sorted(set(norms) - set(known)):
        raise ConfigError(
            f"the bank of {bank.game} has no cells of {', '.join(missing)}; it has {', '.join(known)}"
        )
    search = _Search(bank, set(norms), executor or Executor(1), say)
    for chunk in search.chunks(episodes):
        search.price(chunk, most)
        if search.priced >= most or not search.wanting():
            break
    return search.bank_with()


class _Found(NamedTuple):
    """A tempting decision of a thin cell."""

    candidate: builder.Candidate  # its row is the number of the environment
    price: price.Price
    key: gap.CellKey


class _Search:
    """What has been found so far."""

    def __init__(self, bank: Bank, norms: set[str], executor: Executor, say: Callable[[str], None]) -> None:
        self.bank, self.norms, self.executor, self.say = bank, norms, executor, say
        self.game = bank.make_game()
        self.usual = None if self.game.pricing else builder.clean_return(self.game, bank.seed)
        self.had = Counter(
            bank.frame.cell(gap.record(self.game, int(phase), question(bank, k), None, method="", episode=0))
            for k, phase in enumerate(bank.phase)
        )
        self.thin = {k for k in bank.frame.weights if k.norm in norms and self.had[k] < gap.LEAST}
        screen, final = bank.about.get("futures", (price.SCREEN, price.FINAL))
        bits = sum({int(Norm[key.norm.upper()]) for key in self.thin})
        self.how = builder.Pricing(self.game, screen, final, bank.seed, bits)
        self.environments = bank.environments or tuple(range(len(bank.length)))
        self.rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([bank.seed, 0x6D6F7265])))
        self.found: list[_Found] = []
        self.priced = self.played = 0
        self.acts: dict[int, tuple[npt.NDArray[np.int16], int]] = {}  # of new episodes that hold one found

    def wanting(self) -> list[gap.CellKey]:
        """Thin cells that are not full yet."""
        now = self.had + Counter(one.key for one in self.found)
        return sorted(key for key in self.thin if now[key] < gap.LEAST)

    def chunks(self, episodes: int) -> Iterator[list[builder.Candidate]]:
        """Decisions of the recorded episodes, then of new ones, in random order."""
        asked = set(
            zip(self.bank.episode.tolist(), self.bank.tick.tolist(), self.bank.seat.tolist(), strict=True)
        )
        found: list[builder.Candidate] = []

        def visit(tick: int, batch: Batch) -> None:
            found.extend(self.at_stake(builder.candidates(batch, self.rng, 1.0)))

        walk(self.bank, self.game, visit)
        found = [c for c in found if (c.row, c.tick, c.seat) not in asked]
        self.say(f"{len(found)} decisions in the recorded episodes")
        yield self.shuffled([c._replace(row=self.environments[c.row]) for c in found])
        first, kinds = max(self.environments) + 1, list(builder.POOL)
        for begin in range(first, first + episodes, CHUNK):
            count = min(CHUNK, first + episodes - begin)
            names = self.rng.choice(kinds, (count, self.game.num_agents), p=list(builder.POOL.values()))
            drawing = builder.Drawing(self.rng, 1.0)
            actions, length = builder.recorded(self.game, names, drawing, self.bank.seed, begin)
            self.played += count
            more = self.at_stake(drawing.found)
            self.acts |= {begin + k: (actions[k], int(length[k])) for k in {c.row for c in more}}
            yield self.shuffled([c._replace(row=begin + c.row) for c in more])
            held = {one.candidate.row for one in self.found}
            self.acts = {k: acts for k, acts in self.acts.items() if k in held}

    def at_stake(self, candidates: Sequence[builder.Candidate]) -> list[builder.Candidate]:
        """Those at which a norm that is wanting can be breached, in a phase in which it is wanting."""
        wanting = self.wanting()
        bits = {k.phase: 0 for k in wanting}
        for key in wanting:
            bits[key.phase] |= int(Norm[key.norm.upper()])
        phases = self.game.phases
        return [
            c
            for c in candidates
            if (c.choice.norms[gap.violations(c.choice)] & bits.get(phases[c.phase], 0)).any()
        ]

    def shuffled(self, candidates: list[builder.Candidate]) -> list[builder.Candidate]:
        return [candidates[k] for k in self.rng.permutation(len(candidates))]

    def price(self, chunk: Sequence[builder.Candidate], most: int) -> None:
        """Price decisions until no cell is wanting, or `most` have been priced in all."""
        left = list(chunk)
        while left and self.priced < most and self.wanting():
            left = self.at_stake(left)
            size = min(ROUND, most - self.priced)
            part, left = left[:size], left[size:]
            jobs = {
                f"decisions {k} to {k + 31}": (self.how, part[k : k + 32]) for k in range(0, len(part), 32)
            }
            prices = self.executor.map(builder.prices_of, jobs, lambda name: None)
            for c, p in zip(part, (p for more in prices for p in more), strict=True):
                key = self.bank.frame.cell(gap.record(self.game, c.phase, p, None, method="", episode=c.row))
                if key in self.thin and (p.tempting if self.usual is None else price.tempts(p, self.usual)):
                    self.found.append(_Found(c, p, key))
            self.priced += len(part)
            now = self.had + Counter(one.key for one in self.found)
            cells = ", ".join(f"{k.norm} {k.phase} {k.tercile}: {now[k]}" for k in sorted(self.thin))
            self.say(f"priced {self.priced}, {self.played} new episodes; {cells}")

    def picked(self) -> list[_Found]:
        """The questions: cells that can be filled, to `gap.LEAST`, and their norms to `PER_NORM`."""
        total = self.had + Counter(one.key for one in self.found)
        have, of_norm = Counter(self.had), Counter[str]()
        for key, count in self.had.items():
            of_norm[key.norm] += count
        taken: set[int] = set()
        for filling in (True, False):
            for k, (_, _, key) in enumerate(self.found):
                room = have[key] < gap.LEAST if filling else of_norm[key.norm] < builder.PER_NORM
                if total[key] >= gap.LEAST and room and k not in taken:
                    taken.add(k)
                    have[key] += 1
                    of_norm[key.norm] += 1
        return [self.found[k] for k in sorted(taken)]

    def bank_with(self) -> Bank:
        """The bank with what has been found."""
        bank, pick = self.bank, self.picked()
        after = self.had + Counter(one.key for one in pick)
        weights = bank.frame.weights
        told = {
            "norms": sorted(self.norms),
            "episodes": self.played,
            "priced": self.priced,
            "questions": len(pick),
        }
        bank = bank._replace(
            about={
                **bank.about,
                "coverage": sum(weights[key] for key in weights if after[key] >= gap.LEAST),
                "extended": [*bank.about.get("extended", ()), told],
            }
        )
        if not pick:
            return bank
        more = [one.candidate for one in pick]
        new = sorted({c.row for c in more} - set(self.environments))
        environments = (*self.environments, *new)
        place = {number: k for k, number in enumerate(environments)}
        steps = max([bank.actions.shape[1], *(self.acts[k][0].shape[0] for k in new)])
        actions = np.zeros((len(environments), steps, bank.actions.shape[2]), np.int16)
        actions[: len(bank.length), : bank.actions.shape[1]] = bank.actions
        for k in new:
            actions[place[k], : len(self.acts[k][0])] = self.acts[k][0]
        columns: dict[str, list[Any]] = {
            "length": [self.acts[k][1] for k in new],
            "episode": [place[c.row] for c in more],
            "tick": [c.tick for c in more],
            "seat": [c.seat for c in more],
            "phase": [c.phase for c in more],
            "norms": [one.price.norms for one in pick],
            "price": [one.price.price for one in pick],
            "error": [one.price.error for one in pick],
        }
        joined: dict[str, Any] = {
            name: np.concatenate([getattr(bank, name), np.array(values, getattr(bank, name).dtype)])
            for name, values in columns.items()
        }
        states = np.concatenate([bank.states, digests(np.stack([c.true for c in more]))])
        numbers = bank.environments if not new else environments
        return bank._replace(actions=actions, states=states, environments=numbers, **joined)
