"""The transformer, and trees of acts laid on kept prompts, against plain passes over whole texts."""

from __future__ import annotations

import pytest
import torch

from gyges.agents.llm.text.token_trie import TokenTrie
from gyges.agents.llm.text.transformer import SHORT, Shape, Transformer, attend, ternary
from gyges.envs.errors import ConfigError

SHAPE = Shape(vocabulary=50, context=64, width=32, layers=2, heads=2)


def model(**changes: object) -> Transformer:
    torch.manual_seed(0)
    made = Transformer(Shape(**{**vars(SHAPE), **changes}), seed=3).eval()  # type: ignore[arg-type]
    with torch.no_grad():
        for p in made.parameters():
            p.mul_(3.0 if p.dim() > 1 else 1.0)  # sharper than fresh weights
    return made


def test_what_comes_later_is_not_seen() -> None:
    made, tokens = model(), torch.randint(50, (3, 20))
    other = tokens.clone()
    other[:, 12:] = torch.randint(50, (3, 8))
    with torch.no_grad():
        a, b = made(tokens), made(other)
    assert torch.allclose(a[:, :12], b[:, :12], atol=1e-5)
    assert not torch.allclose(a[:, 12], b[:, 12], atol=1e-2)


@pytest.mark.parametrize("length", [1, 7, SHORT, SHORT + 1])
def test_attention_in_bfloat16_is_that_in_float32(length: int) -> None:
    torch.manual_seed(5)
    whole = [torch.randn(2, 3, length, 8).bfloat16().float().requires_grad_() for _ in "qkv"]
    half = [x.detach().bfloat16().requires_grad_() for x in whole]
    plain = torch.ones(length, length).tril() == 1
    q, k, v = whole
    weight = (q @ k.transpose(2, 3) / 8**0.5).masked_fill(~plain, -torch.inf).softmax(-1)
    expected, found = weight @ v, attend(*half, None)
    assert found.dtype == torch.bfloat16
    assert torch.allclose(found.float(), expected, atol=0.03)
    pull = torch.randn(expected.shape)
    expected.backward(pull)
    found.backward(pull.bfloat16())
    for a, b in zip(half, whole, strict=True):
        assert a.grad is not None
        assert b.grad is not None
        assert torch.allclose(a.grad.float(), b.grad, atol=0.05 * float(b.grad.abs().max()) + 1e-6)


def test_what_comes_later_is_not_seen_in_bfloat16() -> None:
    made, tokens = model(), torch.randint(50, (3, 20))
    other = tokens.clone()
    other[:, 12:] = torch.randint(50, (3, 8))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        a, b = made(tokens), made(other)
    assert torch.equal(a[:, :12], b[:, :12])
    assert not torch.allclose(a[:, 12], b[:, 12], atol=1e-2)


def test_order_is_seen() -> None:
    made, tokens = model(), torch.tensor([[5, 9, 7, 1], [9, 5, 7, 1]])
    with torch.no_grad():
        out = made(tokens)[:, -1]
    assert not torch.allclose(out[0], out[1], atol=1e-2)


@pytest.mark.parametrize("shape", [SHAPE, Shape(), Shape(vocabulary=300, width=48, layers=3, heads=3)])
def test_parameters_are_counted_before_they_are_made(shape: Shape) -> None:
    with torch.device("meta"):
        assert sum(p.numel() for p in Transformer(shape).parameters()) == shape.parameters


def test_weights_follow_from_the_seed_alone() -> None:
    a = Transformer(SHAPE, seed=1)
    torch.manual_seed(99)
    b = Transformer(SHAPE, seed=1)
    assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))
    assert not torch.equal(a.embed.weight, Transformer(SHAPE, seed=2).embed.weight)


TEXTS = [[4, 5, 6], [4, 5, 7], [4, 8, 6, 9], [10, 3], [4, 8, 11]]


def test_a_tree_gives_what_single_texts_give() -> None:
    """Brute force: every text run by itself, each token renormalised over what may follow."""
    made = model()
    prompts = [[1, 2, 3, 20, 30], [40, 41], [7] * 9]
    tree = TokenTrie(TEXTS, [0, 1, 2, 3, 1])
    length = torch.tensor([len(p) for p in prompts])
    padded = torch.tensor([[*p, *[0] * (9 - len(p))] for p in prompts])
    with torch.no_grad():
        end, past = made.prompt(padded, length)
        got = tree.log_probabilities(made, end, past)
        for j, prompt in enumerate(prompts):
            for s, text in enumerate(TEXTS):
                expected = 0.0
                for k, token in enumerate(text):
                    may = sorted({t[k] for t in TEXTS if len(t) > k and t[:k] == text[:k]})
                    scores = made(torch.tensor([[*prompt, *text[:k]]]))[0, -1]
                    expected += float(scores[token] - scores[may].logsumexp(0))
                assert float(got[j, s]) == pytest.approx(expected, abs=1e-4)
        acts = tree.probabilities(made, end, past)
    assert acts.shape == (3, 4)
    assert torch.allclose(acts.sum(1), torch.ones(3), atol=1e-5)
    assert torch.allclose(acts[:, 1], got[:, [1, 4]].exp().sum(1))


def test_only_where_the_tree_forks_is_the_model_asked() -> None:
    tree = TokenTrie([[1, 2, 3, 4, 5], [1, 2, 3, 6, 7]], [0, 1])
    assert tree.tokens.tolist() == [1, 2, 3]
    assert TokenTrie([[1, 2, 3], [4, 5, 6]], [0, 1]).tokens.tolist() == []


@pytest.mark.parametrize("texts", [[[1, 2], [1, 2, 3]], [[1, 2, 3], [1, 2]], [[1], [1]]])
def test_words_that_cannot_be_told_apart_are_refused(texts: list[list[int]]) -> None:
    with pytest.raises(ConfigError, match="beginning"):
        TokenTrie(texts, [0, 1])


def test_ternary_weights_have_three_values_and_still_learn() -> None:
    made = model(ternary=True)
    assert len(ternary(made.blocks[0].mix.weight).unique()) == 3  # type: ignore[union-attr]
    optimiser = torch.optim.Adam(made.parameters(), 1e-2)
    tokens = torch.arange(40).reshape(1, 40)
    losses = []
    for _ in range(30):
        loss = torch.nn.functional.cross_entropy(made(tokens[:, :-1])[0], tokens[0, 1:])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] / 3


@pytest.mark.parametrize(
    "changes", [{"width": 33}, {"heads": 5}, {"layers": 0}, {"ternary": 1}, {"width": 4096, "layers": 64}]
)
def test_sizes_out_of_range_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        Shape(**{**vars(SHAPE), **changes})
