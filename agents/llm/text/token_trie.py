"""All legal acts of a decision as one tree of tokens, so that they are weighed in a single pass.

Decoding is constrained: at every fork of the tree the next token's probability is renormalised over the
tokens that lead on to some legal act, and an act's probability is the product along its path. Tokens
between forks are certain and cost nothing; the model is asked only where the tree forks.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from gyges.agents.llm.text.transformer import Past, Transformer
from gyges.envs.errors import ConfigError


class TokenTrie:
    """The acts' token sequences, shared beginnings joined.

    Args:
        texts: tokens of each text [S], none of them the beginning of another.
        owner: which act each text belongs to [S]; an act's probability is the sum of its texts'.

    Attributes:
        tokens, depth, sees: the tokens to be laid on the prompt [M], as `Transformer.beyond` takes them.
        at, token, fork: per edge [E] from a fork: the state it is weighed by (0 is the prompt's), its
            token, and the number of its fork.
        paths: which edges each text takes [S, E].
    """

    def __init__(self, texts: Sequence[Sequence[int]], owner: Sequence[int]) -> None:
        self.acts = max(owner) + 1
        self.owner = torch.tensor(owner)
        children: list[dict[int, int]] = [{}]
        parent, token, ways = [-1], [-1], []
        for text in texts:
            here, way = 0, []
            for t in text:
                if t not in children[here]:
                    children[here][t] = len(children)
                    children.append({})
                    parent.append(here)
                    token.append(t)
                here = children[here][t]
                way.append(here)
            ways.append(way)
        if any(children[way[-1]] if way else len(texts) > 1 for way in ways) or len(
            {way[-1] for way in ways if way}
        ) < len([way for way in ways if way]):
            raise ConfigError("one act's words are the beginning of another's, or the same")
        needed = self._needed(children, parent)
        place = {node: k + 1 for k, node in enumerate(needed)}  # 0 is the prompt
        place[0] = 0
        self.tokens = torch.tensor([token[node] for node in needed], dtype=torch.long)
        self.sees = torch.zeros(len(needed), len(needed), dtype=torch.bool)
        depth = []
        for k, node in enumerate(needed):
            while node:
                self.sees[k, place[node] - 1] = True
                node = parent[node]
            depth.append(int(self.sees[k].sum()) - 1)
        self.depth = torch.tensor(depth, dtype=torch.long)
        forks = [node for node in range(len(children)) if len(children[node]) > 1]
        edges = [(node, child) for node in forks for child in children[node].values()]
        self.forks = len(forks)
        self.at = torch.tensor([place[node] for node, _ in edges], dtype=torch.long)
        self.token = torch.tensor([token[child] for _, child in edges], dtype=torch.long)
        self.fork = torch.tensor([forks.index(node) for node, _ in edges], dtype=torch.long)
        number = {child: k for k, (_, child) in enumerate(edges)}
        self.paths = torch.zeros(len(texts), len(edges))
        for s, way in enumerate(ways):
            for node in way:
                if node in number:
                    self.paths[s, number[node]] = 1.0

    @staticmethod
    def _needed(children: list[dict[int, int]], parent: list[int]) -> list[int]:
        """Nodes whose state is read: forks and what leads to them (but the root)."""
        wanted = [len(c) > 1 for c in children]
        for node in range(len(children) - 1, 0, -1):
            if wanted[node]:
                wanted[parent[node]] = True
        return [node for node in range(1, len(children)) if wanted[node]]

    def log_probabilities(self, model: Transformer, end: Tensor, past: Past) -> Tensor:
        """Log-probability of each text, float32 [B, S].

        Args:
            model: who weighs.
            end: the vector of each prompt's last token [B, W].
            past: the prompts.
        """
        states = end[:, None]
        if len(self.tokens):
            tokens = self.tokens.expand(len(end), -1)
            states = torch.cat((states, model.beyond(tokens, self.depth, self.sees, past)), 1)
        weights = model.embed.weight[self.token]
        scores = torch.einsum("bew,ew->be", states[:, self.at].float(), weights.float())
        fork = self.fork.expand(len(end), -1)
        empty = scores.new_full((len(end), self.forks), -torch.inf)
        most = empty.scatter_reduce(1, fork, scores, "amax").gather(1, fork)
        total = torch.zeros_like(empty).scatter_add(1, fork, (scores - most).exp()).gather(1, fork)
        return (scores - most - total.log()) @ self.paths.T

    def probabilities(self, model: Transformer, end: Tensor, past: Past) -> Tensor:
        """Probability of each act, float32 [B, acts]."""
        each = self.log_probabilities(model, end, past).exp()
        return each.new_zeros(len(end), self.acts).index_add(1, self.owner, each)
