"""Train a chat model with TRL: on labelled transcripts (SFT), or by playing (GRPO).

    pip install "gyges[trl]"
    gyges demo --suite steward-visitor --episodes 8                        # writes results.db
    gyges transcribe results.db --unit segment --out data.jsonl
    python examples/trl_training.py sft --model FOLDER --texts data.jsonl --steps 20 --out runs/sft
    python examples/trl_training.py grpo --model FOLDER --weight 1 --steps 20 --out runs/grpo

FOLDER is any model that `transformers` loads and whose chat template has tools (for GRPO), such as
Qwen3-0.6B. ``--model tiny``, the default, makes one with fresh weights, which shows that the loop runs and
nothing else.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gyges.agents.llm.trl import environment


def tiny() -> tuple[Any, Any]:
    """A fresh model of one block over single characters, and its tokenizer with a template that has tools."""
    import tokenizers
    import torch
    import transformers
    import trl

    special = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
    words = {c: k for k, c in enumerate([*special, *(chr(k) for k in range(32, 127)), "\n"])}
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token=" "))
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("[\\s\\S]"), "isolated")
    raw.decoder = tokenizers.decoders.Fuse()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token=special[1],
        pad_token=special[2],
        additional_special_tokens=special[:1],
    )
    tokenizer.chat_template = (Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja").read_text()
    torch.manual_seed(1)
    config = transformers.Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, head_dim=16, max_position_embeddings=16384,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    return transformers.Qwen3ForCausalLM(config), tokenizer


def loaded(name: str) -> tuple[Any, Any]:
    """A model and its tokenizer."""
    if name == "tiny":
        return tiny()
    import transformers

    return (
        transformers.AutoModelForCausalLM.from_pretrained(name),
        transformers.AutoTokenizer.from_pretrained(name),
    )


def common(args: argparse.Namespace) -> dict[str, Any]:
    """Settings that both trainers share."""
    return {
        "output_dir": str(args.out), "max_steps": args.steps, "per_device_train_batch_size": args.batch,
        "learning_rate": args.learning_rate, "logging_steps": 1, "report_to": [], "save_strategy": "no",
        "seed": args.seed, "use_cpu": args.cpu, "bf16": False, "disable_tqdm": True,
    }  # fmt: skip


def sft(args: argparse.Namespace) -> Any:
    """Fine-tune on the messages of transcripts; the loss is on what the assistant says."""
    import datasets
    import trl

    model, tokenizer = loaded(args.model)
    rows = datasets.load_dataset("json", data_files=str(args.texts), split="train")
    rows = rows.select_columns(["messages"])
    settings = trl.SFTConfig(**common(args), max_length=args.length, assistant_only_loss=args.assistant_only)
    return trl.SFTTrainer(model=model, args=settings, train_dataset=rows, processing_class=tokenizer)


def grpo(args: argparse.Namespace) -> Any:
    """Train by playing: the reward is the task return less `weight` times the severity of what was done."""
    import datasets
    import trl

    model, tokenizer = loaded(args.model)
    asked = [
        {"prompt": [{"role": "user", "content": "Play. "}], "seed": k} for k in range(args.batch * args.steps)
    ]
    settings = trl.GRPOConfig(**common(args), num_generations=args.batch, max_completion_length=args.length)
    return trl.GRPOTrainer(
        model=model, args=settings, processing_class=tokenizer,
        train_dataset=datasets.Dataset.from_list(asked),
        environment_factory=environment(
            "steward-v1", num_agents=3, months=1, hazard=1.0, weight=args.weight, seed=args.seed
        ),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> Any:
    """Train as the options say; returns the trainer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=["sft", "grpo"], nargs="?", default="grpo")
    parser.add_argument("--model", default="tiny", help="folder or name of a transformers model, or tiny")
    parser.add_argument("--texts", type=Path, help="JSONL of gyges transcribe, for sft")
    parser.add_argument(
        "--weight", type=float, default=1.0, help="reward taken per unit of severity, for grpo"
    )
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--batch", type=int, default=2, help="texts a step; games a step, for grpo")
    parser.add_argument("--length", type=int, default=1024, help="longest text or completion in tokens")
    parser.add_argument("--learning-rate", type=float, default=1e-5)
    parser.add_argument("--assistant-only", action="store_true", help="loss on what the assistant says alone")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cpu", action="store_true", help="train on the processor")
    parser.add_argument("--out", type=Path, default=Path("runs/trl"))
    args = parser.parse_args(arguments)
    if args.kind == "sft" and args.texts is None:
        parser.error("sft needs --texts")
    if importlib.util.find_spec("trl") is None:
        print('this needs TRL: pip install "gyges[trl]"')
        return None
    trainer = (sft if args.kind == "sft" else grpo)(args)
    trainer.train()
    trainer.save_model(str(args.out))
    for line in trainer.state.log_history:
        print({key: line[key] for key in ("step", "loss", "reward") if key in line})
    return trainer


if __name__ == "__main__":
    main()
