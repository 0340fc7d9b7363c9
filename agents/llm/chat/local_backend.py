"""A model in this process, through transformers: every label scored whole, or text generated.

``local:FOLDER`` or ``hf:NAME`` names a model folder, a ``.gguf`` file, or a name in the local cache. Where
the question allows it the model is not asked to write but scored: the probability of each option's label,
each to its end, so that "1" and "12" differ. With reasoning or talk on, it writes.
"""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

from gyges.agents.llm.chat.backends import Body, Reply
from gyges.envs.errors import ConfigError


class Local:
    """A causal language model.

    Args:
        path: folder, ``.gguf`` file, or name.
        model, tokenizer: already loaded ones, instead.

    Raises:
        ConfigError: transformers is not installed, or the model cannot be loaded.
    """

    def __init__(self, path: str, model: Any = None, tokenizer: Any = None) -> None:
        self.url, self.model = "local:", path
        self.formats: dict[str, str] | None = {"choices": "ok", "text": "ok"}
        self._net, self._tokenizer = model, tokenizer
        self._lock: asyncio.Lock | None = None
        if model is None:
            self._load(path)

    def _load(self, path: str) -> None:
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError:
            raise ConfigError("models in this process need: pip install 'gyges[local-llm]'") from None
        file = Path(path)
        where, extra = (str(file.parent), {"gguf_file": file.name}) if file.suffix == ".gguf" else (path, {})
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(where, **extra)
            self._net = AutoModelForCausalLM.from_pretrained(where, dtype=torch.float32, **extra).eval()
        except (OSError, ValueError, KeyError) as error:
            raise ConfigError(f"{path}: cannot be loaded as a model: {str(error)[:200]}") from None

    async def complete(self, body: Body, seconds: float) -> Reply:
        """One completion at a time, in a thread; a deadline abandons it but cannot end it."""
        if self._lock is None:
            self._lock = asyncio.Lock()
        async with self._lock:
            return await asyncio.to_thread(self._work, body)

    async def close(self) -> None:
        """Let go of the weights."""
        self._net = None

    def _work(self, body: Body) -> Reply:
        import torch

        with torch.inference_mode():
            ids = self._prompt(body)
            return self._score(ids, body["choices"]) if "choices" in body else self._write(ids, body)

    def _prompt(self, body: Body) -> Any:
        import torch

        if getattr(self._tokenizer, "chat_template", None):
            text = self._tokenizer.apply_chat_template(
                body["messages"], add_generation_prompt=True, tokenize=False
            )
        else:
            text = "\n\n".join(message["content"] for message in body["messages"]) + "\n\nAnswer:"
        ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return torch.tensor([ids])

    def _score(self, ids: Any, labels: list[str]) -> Reply:
        """Log-probability of every label; with the end of the answer where one label begins another."""
        import torch

        coded = [self._tokenizer(label, add_special_tokens=False)["input_ids"] for label in labels]
        end = self._tokenizer.eos_token_id
        begins = any(a != b and b[: len(a)] == a for a in coded for b in coded)
        if begins and end is not None:
            coded = [[*tokens, end] for tokens in coded]
        first = self._net(ids, use_cache=True)
        past, length = first.past_key_values, ids.shape[1]
        after: dict[tuple[int, ...], Any] = {(): torch.log_softmax(first.logits[0, -1].float(), -1)}
        values = []
        for tokens in coded:
            total = 0.0
            for k, token in enumerate(tokens):
                prefix = tuple(tokens[:k])
                if prefix not in after:
                    step = self._net(torch.tensor([prefix]), past_key_values=past, use_cache=True)
                    after[prefix] = torch.log_softmax(step.logits[0, -1].float(), -1)
                    past.crop(-len(prefix))
                total += float(after[prefix][token])
            values.append(total)
        best = max(range(len(labels)), key=values.__getitem__)
        top = tuple((label, min(value, 0.0)) for label, value in zip(labels, values, strict=True))
        return Reply(labels[best], top=top, prompt_tokens=length, completion_tokens=1)

    def _write(self, ids: Any, body: Body) -> Reply:
        import torch

        heat, room = float(body.get("temperature", 1.0)), int(body.get("max_tokens", 48))
        sampled = {"do_sample": True, "temperature": heat, "top_k": 0} if heat > 0 else {"do_sample": False}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(body.get("seed", 0)))
            out = self._net.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=room,
                pad_token_id=self._tokenizer.eos_token_id, **sampled,
            )  # fmt: skip
        written = out[0, ids.shape[1] :].tolist()
        text = self._tokenizer.decode(written, skip_special_tokens=True)
        cut = len(written) >= room and written[-1] != self._tokenizer.eos_token_id
        return Reply(
            text, "length" if cut else "stop", prompt_tokens=ids.shape[1], completion_tokens=len(written)
        )


def chances(reply: Reply) -> list[float]:
    """Probabilities of the labels of a scored reply, in their order; they sum to 1."""
    most = max(value for _, value in reply.top)
    weights = [math.exp(value - most) for _, value in reply.top]
    return [weight / sum(weights) for weight in weights]
