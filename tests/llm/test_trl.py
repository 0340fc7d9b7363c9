"""A trainer of TRL takes the environment, finds its tool, and pays what the game pays."""

from pathlib import Path
from typing import Any

import pytest

trl = pytest.importorskip("trl")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
datasets = pytest.importorskip("datasets")
tokenizers = pytest.importorskip("tokenizers")

from gyges.agents.llm.trl import environment  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def tokenizer() -> Any:
    """Single characters, with a chat template that TRL knows."""
    special = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
    words = {c: k for k, c in enumerate([*special, *(chr(k) for k in range(32, 127)), "\n"])}
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token=" "))
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("[\\s\\S]"), "isolated")
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=special[:1],
    )
    made.chat_template = (Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja").read_text()
    return made


def test_one_step_of_training(tmp_path: Path) -> None:
    words = tokenizer()
    torch.manual_seed(1)
    config = transformers.Qwen3Config(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=16384,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    made: list[Any] = []
    factory = environment("well-v0", num_agents=2, horizon=3, weight=1.0)

    def remembered() -> Any:
        made.append(factory())
        return made[-1]

    settings = trl.GRPOConfig(
        output_dir=str(tmp_path),
        per_device_train_batch_size=2,
        num_generations=2,
        max_completion_length=8,
        max_steps=1,
        report_to=[],
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
        save_strategy="no",
    )
    rows = datasets.Dataset.from_list([{"prompt": [{"role": "user", "content": "Play. "}], "seed": 3}] * 2)
    trainer = trl.GRPOTrainer(
        model=transformers.Qwen3ForCausalLM(config),
        args=settings,
        train_dataset=rows,
        processing_class=words,
        environment_factory=remembered,
    )
    assert [tool.__name__ for tool in trainer.tools] == ["act"]
    trainer.train()
    played = [env for env in made if env._table is not None]
    assert played
    assert all(env.get_reward() == env.table.gained - env.table.severity() for env in played)
