"""A small byte-level vocabulary, learnt from the text itself by byte-pair merges.

Text is first cut into tags, numbers, line ends and the phrases between them; merges happen within these
pieces. A game's stock phrases therefore become single tokens (`` tonnes on the North Bank``), numbers stay
apart from words, and any byte sequence can still be written. Source: R. Sennrich, B. Haddow, A. Birch,
"Neural machine translation of rare words with subword units" (ACL 2016); merging across spaces as in
A. Liu et al., "SuperBPE" (2025).
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from gyges.agents.llm.transcripts.tags import SHAPE, Tags
from gyges.envs.errors import ConfigError, FileError

PIECES = re.compile(rf"{SHAPE.pattern}|\n|\.\d|\d+|[.,;:]?[^\d\n<.,;:]+|.", re.DOTALL)
"""How text is cut before merging."""
BYTES = 256
MAX_SIZE = 1 << 16
CACHED = 1 << 18
"""Pieces whose tokens are remembered."""

Pair = tuple[int, int]


class Vocabulary:
    """Tokens 0 to 255 are bytes, then the tags, then one token for each merge.

    Args:
        merges: pairs of tokens, in the order in which they were learnt.
        tags: names that are always one token.

    Raises:
        ConfigError: a merge of tokens that do not exist yet.
    """

    def __init__(self, merges: Sequence[Pair], tags: Tags | None = None) -> None:
        self.tags = tags or Tags()
        self.merges = [(int(a), int(b)) for a, b in merges]
        self.special = {tag: BYTES + k for k, tag in enumerate(self.tags)}
        first = BYTES + len(self.special)
        self.bytes: list[bytes] = [bytes([k]) for k in range(BYTES)]
        self.bytes += [tag.encode() for tag in self.special]
        self.rank: dict[Pair, int] = {}
        for k, (a, b) in enumerate(self.merges):
            if not all(0 <= x < BYTES or first <= x < first + k for x in (a, b)):
                raise ConfigError(f"merge {k} joins tokens {a} and {b}, of which one does not exist yet")
            self.rank[a, b] = first + k
            self.bytes.append(self.bytes[a] + self.bytes[b])
        self._cache: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self.bytes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and (self.merges, self.tags) == (other.merges, other.tags)

    def __hash__(self) -> int:
        return hash((len(self), self.tags))

    def encode(self, text: str) -> list[int]:
        """Tokens of a text; tags in it become their tokens (escape what is foreign first)."""
        out: list[int] = []
        for piece in PIECES.findall(text):
            found = self._cache.get(piece)
            if found is None:
                special = self.special.get(piece)
                found = self._merge(piece) if special is None else [special]
                if len(self._cache) < CACHED:
                    self._cache[piece] = found
            out += found
        return out

    def _merge(self, piece: str) -> list[int]:
        tokens = list(piece.encode())
        while len(tokens) > 1:
            best = min(itertools.pairwise(tokens), key=lambda p: self.rank.get(p, MAX_SIZE))
            if best not in self.rank:
                break
            tokens = join(tokens, best, self.rank[best])
        return tokens

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens; bytes that are not UTF-8 become the replacement character."""
        return b"".join(self.bytes[int(t)] for t in tokens).decode(errors="replace")

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"tags": list(self.tags), "merges": [list(pair) for pair in self.merges]}

    @classmethod
    def from_json(cls, data: Any, where: str = "vocabulary") -> Vocabulary:
        """What `to_json` wrote.

        Raises:
            FileError: anything else.
        """
        try:
            tags, merges = data["tags"], data["merges"]
            if set(data) != {"tags", "merges"} or len(merges) > MAX_SIZE:
                raise ValueError("unknown parts, or too many merges")
            if len(tags) != len(Tags.names()):
                raise ValueError(f"{len(tags)} tags, not {len(Tags.names())}")
            if not all(type(x) is int for pair in merges for x in pair):
                raise ValueError("merges are pairs of integers")
            return cls([(a, b) for a, b in merges], Tags(*tags))
        except (ConfigError, TypeError, ValueError, KeyError) as error:
            raise FileError(f"{where}: not a vocabulary: {str(error)[:200]}") from None


def join(tokens: Sequence[int], pair: Pair, new: int) -> list[int]:
    """Tokens with every occurrence of a pair replaced, from the left."""
    out: list[int] = []
    k = 0
    while k < len(tokens):
        if k + 1 < len(tokens) and tokens[k] == pair[0] and tokens[k + 1] == pair[1]:
            out.append(new)
            k += 2
        else:
            out.append(tokens[k])
            k += 1
    return out


def learn(texts: Iterable[str], size: int = 1024, tags: Tags | None = None) -> Vocabulary:
    """A vocabulary of at most `size` tokens for these texts.

    Merges the most frequent pair, again and again; ties go to the lower tokens, so that the result
    depends on the texts alone. A pair that occurs once only is not merged.

    Raises:
        ConfigError: a size without room for bytes and tags, or beyond 65,536.
    """
    tags = tags or Tags()
    first = BYTES + len(list(tags))
    if not first <= size <= MAX_SIZE:
        raise ConfigError(f"a vocabulary has {first} to {MAX_SIZE} tokens, not {size}")
    counted = Counter(piece for text in texts for piece in PIECES.findall(text))
    words = [(list(piece.encode()), n) for piece, n in sorted(counted.items()) if piece not in set(tags)]
    number: Counter[Pair] = Counter()
    where: dict[Pair, set[int]] = defaultdict(set)
    for k, (tokens, n) in enumerate(words):
        for pair in itertools.pairwise(tokens):
            number[pair] += n
            where[pair].add(k)
    heap = [(-n, pair) for pair, n in number.items()]
    heapq.heapify(heap)
    merges: list[Pair] = []
    while heap and first + len(merges) < size:
        negative, pair = heapq.heappop(heap)
        if number[pair] != -negative:
            continue  # counted again since
        if negative > -2:
            break
        new = first + len(merges)
        merges.append(pair)
        changed: set[Pair] = set()
        for k in sorted(where.pop(pair)):
            tokens, n = words[k]
            for old in itertools.pairwise(tokens):
                number[old] -= n
                changed.add(old)
            tokens = join(tokens, pair, new)
            words[k] = (tokens, n)
            for fresh in itertools.pairwise(tokens):
                number[fresh] += n
                where[fresh].add(k)
                changed.add(fresh)
        for one in sorted(changed):
            if number[one] > 0:
                heapq.heappush(heap, (-number[one], one))
    return Vocabulary(merges, tags)
