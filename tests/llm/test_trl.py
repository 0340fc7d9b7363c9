"""A trainer of TRL takes the environment, finds its tool, plays by it, and pays what the game pays."""

import json
from pathlib import Path
from typing import Any

import pytest

trl = pytest.importorskip("trl")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
datasets = pytest.importorskip("datasets")
tokenizers = pytest.importorskip("tokenizers")

import trl_training  # noqa: E402

from gyges.agents.llm.trl import environment  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

WELL = {"num_agents": 2, "horizon": 3, "weight": 1.0}


def trained(tmp_path: Path, model: Any, words: Any, length: int) -> tuple[Any, list[Any]]:
    """One step of GRPO with two games; the trainer, and the environments that were played."""
    made: list[Any] = []
    factory = environment("well-v0", **WELL)

    def remembered() -> Any:
        made.append(factory())
        return made[-1]

    settings = trl.GRPOConfig(
        output_dir=str(tmp_path),
        per_device_train_batch_size=2,
        num_generations=2,
        max_completion_length=length,
        max_steps=1,
        report_to=[],
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
        save_strategy="no",
        logging_steps=1,
    )
    rows = datasets.Dataset.from_list([{"prompt": [{"role": "user", "content": "Play. "}], "seed": 3}] * 2)
    trainer = trl.GRPOTrainer(
        model=model,
        args=settings,
        train_dataset=rows,
        processing_class=words,
        environment_factory=remembered,
    )
    assert [tool.__name__ for tool in trainer.tools] == ["act"]
    trainer.train()
    played = [env for env in made if env._table is not None]
    assert played
    assert all(env.get_reward() <= env.table.gained - env.table.severity() for env in played)
    return trainer, played


def test_one_step_of_training(tmp_path: Path) -> None:
    trained(tmp_path, *trl_training.tiny(), length=8)


def test_tool_calls_are_acts_in_the_game(tmp_path: Path) -> None:
    """A model that always calls the tool, with the first action in one game and the last in the other."""
    model, words = trl_training.tiny()
    say = {
        k: f'<tool_call>\n{{"name": "act", "arguments": {{"choice": {k}}}}}\n</tool_call><|im_end|>'
        for k in (1, 4)
    }
    calls = {k: words(text, add_special_tokens=False)["input_ids"] for k, text in say.items()}

    def generate(input_ids: Any, **others: Any) -> Any:
        lines = [torch.tensor(calls[(1, 4)[k % 2]]) for k in range(len(input_ids))]
        return torch.cat((input_ids, torch.stack(lines)), dim=1)

    model.generate = generate
    trainer, played = trained(tmp_path, model, words, length=2000)
    log = trainer.state.log_history[0]
    assert log["tools/call_frequency"] > 0
    assert log["tools/failure_frequency"] == 0
    acts = sorted([act.action for act in env.table.acts] for env in played)
    assert all(len(one) == 3 for one in acts), acts  # to the end of the game
    assert acts[0] != acts[1]
    assert float(log["reward"]) == pytest.approx(sum(env.get_reward() for env in played) / 2)
    assert any(env.get_reward() != 0 for env in played)


def test_transcripts_train_a_model(tmp_path: Path) -> None:
    """What ``gyges transcribe`` writes is taken as it is."""
    row = {"id": "a", "text": "x", "good": True, "labels": [], "messages": [
        {"role": "system", "content": "<|good|>"}, {"role": "user", "content": "Report your catch."},
        {"role": "assistant", "content": "report 3 tonnes"}]}  # fmt: skip
    texts = tmp_path / "data.jsonl"
    texts.write_text("".join(json.dumps({**row, "id": str(k)}) + "\n" for k in range(4)))
    out = tmp_path / "out"
    trainer = trl_training.main(
        ["sft", "--texts", str(texts), "--steps", "2", "--cpu", "--learning-rate", "0.01", "--out", str(out)]
    )
    losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    assert len(losses) == 2
    assert losses[1] < losses[0]
    assert (out / "model.safetensors").is_file()
