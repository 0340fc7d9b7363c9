"""A model in this process: labels are scored exactly, and text is drawn by the seed."""

import asyncio
import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

from gyges.agents.llm.chat.local_backend import Local, chances  # noqa: E402
from gyges.agents.llm.chat.policy import ChatPolicy  # noqa: E402
from gyges.agents.llm.chat.prompts import Setup  # noqa: E402
from gyges.envs import make  # noqa: E402
from gyges.envs.batch import Batch  # noqa: E402
from gyges.envs.rollout import play  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def tiny() -> Any:
    """A random model of two layers over single characters."""
    characters = [chr(k) for k in range(32, 127)] + ["\n", "<end>"]
    words = {c: k for k, c in enumerate(characters)}
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token=" "))
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("[\\s\\S]"), "isolated")
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<end>")
    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=8192, eos_token_id=words["<end>"],
    )  # fmt: skip
    return Local("tiny", transformers.LlamaForCausalLM(config).eval(), tokenizer)


def complete(tiny: Local, **body: Any) -> Any:
    tiny._lock = None
    messages = [{"role": "user", "content": "Which?"}]
    return asyncio.run(tiny.complete({"messages": messages, **body}, 60.0))


def test_labels_are_scored_as_the_whole_text_would_be(tiny: Local) -> None:
    labels = [str(k) for k in range(1, 13)]
    found = complete(tiny, choices=labels)
    prompt = tiny._prompt({"messages": [{"role": "user", "content": "Which?"}]})
    for label, value in found.top:
        ids = [*tiny._tokenizer(label)["input_ids"], tiny._tokenizer.eos_token_id]
        with torch.inference_mode():
            logits = tiny._net(torch.cat([prompt, torch.tensor([ids])], 1)).logits[0]
        shares = torch.log_softmax(logits.float(), -1)
        exact = sum(float(shares[prompt.shape[1] - 1 + k, token]) for k, token in enumerate(ids))
        assert value == pytest.approx(exact, abs=1e-4)
    assert math.fsum(chances(found)) == pytest.approx(1.0)


def test_text_is_drawn_by_the_seed(tiny: Local) -> None:
    texts = [complete(tiny, temperature=1.0, max_tokens=12, seed=seed).text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert complete(tiny, temperature=0.0, max_tokens=4).completion_tokens <= 4


def test_it_plays_and_every_act_is_legal(tiny: Local) -> None:
    tiny._lock = None
    policy = ChatPolicy(tiny, Setup(history=1))
    batch = Batch(make("well-v0", num_agents=2, horizon=3), 2, seed=1, threads=1)
    play(batch, [policy, policy])
    assert batch.over.all()
    assert policy.account["outcomes"]["ok"] == 12
    assert policy.account["formats"] == {"choices": 12}
