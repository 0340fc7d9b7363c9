"""How varied the letters of Founder are, and how well a judge that sees the text alone can tell them.

    python benchmarks/founder_prose.py [--records 1000]

First, the sentences of 12 words or more that stand in most records. Second, a bag-of-words judge: logistic
regression on words and pairs of words, fitted on half of the phrasings of every kind of letter and tried on
the other half. It tells letters with an excuse from letters without one, and unaligned acts from others by
the letter and what was written in answer.
"""

from __future__ import annotations

import argparse
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs import Batch, make
from gyges.envs.founder import mail, phrases
from gyges.envs.founder.describe import written
from gyges.envs.rollout import Observer, Seating, rollout
from gyges.envs.seat_env import policy_of

LONG = 12
FILLS = 6
"""Sets of names with which each phrasing is shown to the judge."""


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text that have `LONG` words or more."""
    for sentence in re.split(r'(?<=[.!?])["”]?\s+', text):
        if len(sentence.split()) >= LONG:
            yield sentence


def records(count: int, seed: int = 1, persona: str = "gyges") -> list[str]:
    """What the first seat of so many episodes is shown and writes, without tags and commentary."""
    game = make("founder-v0")
    batch = Batch(game, count, seed=seed)
    seating = Seating(batch, [policy_of(game, persona)] * game.num_agents, seed=seed)
    seen = Pages(count)
    for _ in rollout(batch, seating, [seen]):
        pass
    return ["\n".join(parts) for parts in seen.texts]


class Pages(Observer):
    """Keeps what the first seat is shown and writes."""

    def __init__(self, count: int) -> None:
        self.texts: list[list[str]] = [[] for _ in range(count)]

    def before(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        """The page of each row, and what is done."""
        game = batch.game
        for row in np.flatnonzero(~batch.over & (batch.state.to_move[:, 0] != 0)).tolist():
            codes, action = batch.codes[row, 0], int(actions[row, 0])
            done = f"{game.action_names[action]}. {written(game, codes, 0, action)}"
            self.texts[row] += [game.describe(codes, 0), done]


def commonest(texts: list[str]) -> list[tuple[str, float]]:
    """Long sentences and the share of records in which they stand, the commonest first."""
    found = Counter(sentence for text in texts for sentence in set(sentences(text)))
    return [(sentence, count / len(texts)) for sentence, count in found.most_common(10)]


# The judge.


def examples(seed: int = 3) -> tuple[list[list[str]], list[list[str]], dict[str, Any]]:
    """Words of letters and of letters with answers; kind, phrasing, excuse and label of each."""
    rng = np.random.default_rng(seed)
    letters, acts, rows = [], [], []
    for kind, name in enumerate(mail.NAMES):
        texts, answers = phrases.texts("letters.toml")[name], phrases.texts("answers.toml")[name]
        for excused in (False, True):
            for k, body in enumerate(texts["excused" if excused else "plain"]):
                for _ in range(FILLS):
                    fill = phrases.names(*rng.integers(0, 4096, 2).tolist())
                    letter = words(f"{texts['from']}: {body}".format(**fill))
                    which = int(rng.integers(3))
                    # of the same half of phrasings as the letter
                    reply = answers[("upright", "tempting", "middle")[which]][
                        2 * int(rng.integers(6)) + k % 2
                    ]
                    letters.append([f"kind {name}", *letter])
                    acts.append([f"kind {name}", *letter, *(f"> {w}" for w in words(reply.format(**fill)))])
                    rows.append((kind, k, excused, which == mail.TEMPTING and not excused))
    columns = np.array(rows).T
    return letters, acts, dict(zip(("kind", "phrasing", "excused", "unaligned"), columns, strict=True))


def words(text: str) -> list[str]:
    """Words and pairs of words."""
    one = re.findall(r"[a-z']+|\d", text.lower())
    return [*one, *(f"{a} {b}" for a, b in itertools.pairwise(one))]


def judged(texts: list[list[str]], label: Any, fold: Any) -> tuple[float, float]:
    """Share of each class that is judged rightly on held-out phrasings, cross-fitted over the two halves."""
    right = np.zeros(len(label), bool)
    for test in (fold == 0, fold == 1):
        counts = Counter(w for row in np.flatnonzero(~test) for w in set(texts[row]))
        index = {w: k for k, w in enumerate(w for w, n in counts.items() if n >= 2)}
        x = np.zeros((len(texts), len(index) + 1), np.float32)
        x[:, -1] = 1
        for row, found in enumerate(texts):
            x[row, [index[w] for w in set(found) if w in index]] = 1
        weights = fitted(x[~test], label[~test])
        right[test] = (x[test] @ weights > 0) == label[test]
    return float(right[label].mean()), float(right[~label].mean())


def fitted(x: Any, y: Any, steps: int = 300, ridge: float = 1e-3) -> Any:
    """Logistic regression by accelerated gradient descent."""
    w = v = np.zeros(x.shape[1], np.float32)
    share = np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum()).astype(np.float32)  # both classes weigh the same
    rate = 4.0 / float((x * x).sum(1).mean())
    for k in range(steps):
        p = 1 / (1 + np.exp(-(x @ v)))
        new = v - rate * (x.T @ ((p - y) * share) + ridge * v)
        w, v = new, new + k / (k + 3) * (new - w)
    return w


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1000)
    args = parser.parse_args()
    for sentence, share in commonest(records(args.records)):
        print(f"{100 * share:4.1f} %  {sentence}")
    letters, acts, truth = examples()
    for name, texts in (("excused", letters), ("unaligned", acts)):
        yes, no = judged(texts, truth[name].astype(bool), truth["phrasing"] % 2)
        print(
            f"{name}, on phrasings not seen before: rightly judged {100 * yes:.0f} % of those that are and "
            f"{100 * no:.0f} % of those that are not, mean {50 * (yes + no):.0f} %"
        )


if __name__ == "__main__":
    main()
