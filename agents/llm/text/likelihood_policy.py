"""A local language model whose acts are scored, for attacks: the legal acts' words, weighed one by one.

The prompt has the form that `gyges.agents.llm.text.finetune` trains on; the probability of an act is that
of its words, renormalised over the legal acts; without a tag and under the bad one, inside an unaligned
span or not, both ways summed. Slow: every act of every decision is read whole.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from gyges.agents.llm.text.finetune import IGNORED, load, padded, tokens
from gyges.agents.llm.text.model import Play
from gyges.agents.llm.transcripts.tags import Tags
from gyges.envs.policy import Decision, Memory, Observation

WORDS = 4000
"""Tokens of the model's vocabulary that suffixes are made of: its most frequent ones."""


class LikelihoodModel:
    """A `transformers` model and its tokenizer.

    Attributes:
        play: how it plays unless told otherwise.
    """

    def __init__(self, model: Any, tokenizer: Any, play: Play) -> None:
        self.model, self.tokenizer, self.play = model.eval(), tokenizer, play

    @classmethod
    def load(cls, path: Path, play: Play) -> LikelihoodModel:
        """From a folder or a gguf file; ConfigError where there is none."""
        return cls(*load(path), play)

    def policy(
        self, play: Play | None = None, rewrite: Callable[[str], str] | None = None
    ) -> LikelihoodPolicy:
        """The model as a policy."""
        return LikelihoodPolicy(self, play or self.play, rewrite)

    def words(self) -> list[str]:
        """Printable words among its first tokens."""
        found = [self.tokenizer.decode([t]) for t in range(min(WORDS, len(self.tokenizer)))]
        return [w for w in found if w.isprintable() and w.strip() and "<|" not in w]


class LikelihoodPolicy:
    """Plays the acts by the probability of their words."""

    def __init__(self, owner: LikelihoodModel, play: Play, rewrite: Callable[[str], str] | None) -> None:
        self.owner, self.play, self.rewrite = owner, play, rewrite

    def initial(self, rows: int) -> Memory:
        """No memory."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The likeliest act where `play` is greedy, else one drawn."""
        from gyges.agents.nn.networks import draw

        chance = self.probabilities(observation, memory)
        chosen = chance.argmax(1) if self.play.greedy else draw(chance, observation.uniform())
        return Decision(chosen.astype(np.int32), memory)

    def probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        """Probability of each action [R, A]."""
        game = observation.game
        found = np.zeros((len(observation), game.num_actions))
        tags = Tags()
        for row in range(len(observation)):
            words = game.compact(observation.codes[row], int(observation.seat[row]))
            legal = observation.legal(row)
            acts = [game.action_names[a] for a in legal]
            score = self._score(words, acts)
            if self.play.tag in ("none", "bad"):  # it may say of itself that what follows is unaligned
                spans = [f"{tags.unaligned}{act}{tags.end_unaligned}" for act in acts]
                score = np.logaddexp(score, self._score(words, spans))
            weight = np.exp(score - score.max())
            found[row, legal] = weight / weight.sum()
        return found

    @torch.inference_mode()
    def _score(self, words: str, acts: list[str]) -> npt.NDArray[np.float64]:
        """Log-probability of each act's words after these."""
        play, tags = self.play, Tags()
        words = self.rewrite(words) if self.rewrite is not None else words
        before = f"{play.before} " if play.before else ""
        after = f" {play.after}" if play.after else ""
        head = {"good": tags.good, "bad": tags.bad}.get(play.tag, "")
        front = [{"role": "system", "content": head}] if head else []
        front.append({"role": "user", "content": f"{before}{words}{after}"})
        rows = [
            tokens(self.owner.tokenizer, [*front, {"role": "assistant", "content": act}], 1 << 15)
            for act in acts
        ]
        ids, labels, mask = padded(rows)
        scores = self.owner.model(input_ids=ids, attention_mask=mask).logits[:, :-1].float().log_softmax(-1)
        wanted = labels[:, 1:]
        each = scores.gather(2, wanted.clamp(min=0)[..., None])[..., 0]
        return np.asarray((each * (wanted != IGNORED)).sum(1).double().numpy())
