"""Networks: masks, memory, seats, conditions, and the policy around them."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
from well.game import Well

from gyges.agents.learn.collector import pick
from gyges.agents.nn.networks import ActorCritic, NetworkPolicy, draw
from gyges.agents.nn.torsos import unpack
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, PolicyError
from gyges.envs.policy import Observation
from gyges.envs.rollout import Seating, play

GAME = Well()
TRUNKS: list[dict[str, Any]] = [
    {"trunk": "mlp"},
    {"trunk": "mlp", "shared": True, "seat_token": True},
    {"trunk": "gru", "hidden": (24, 16)},
    {"trunk": "attention", "hidden": (24, 16), "window": 4},
    {"trunk": "gru", "hidden": (24, 16), "roles": (0, 1, 0)},
]


def network(**options: Any) -> ActorCritic:
    """A network whose policy is far from uniform, so that differences show."""
    net = ActorCritic.for_game(GAME, **options)
    with torch.no_grad():
        for role in net.roles:
            cast(Any, role).policy_head.weight.mul_(300)
    return net


def scene(steps: int, rows: int, seed: int = 0) -> tuple[torch.Tensor, ...]:
    """Features, masks, seats and beginnings of episodes."""
    luck = torch.Generator().manual_seed(seed)
    features = torch.randn(steps, rows, GAME.observation_size, generator=luck)
    mask = torch.rand(steps, rows, GAME.num_actions, generator=luck) < 0.5
    mask[..., 2] = True
    first = torch.rand(steps, rows, generator=luck) < 0.3
    return features, mask, torch.arange(rows) % 3, first


def looks(rows: int) -> Observation:
    """What all seats see at the start."""
    seating = Seating(Batch(GAME, rows, threads=1), [NetworkPolicy(network())] * 3)
    return seating.observation(seating.groups[0])


@pytest.mark.parametrize("options", TRUNKS)
def test_unroll_is_stepping(options: dict[str, Any]) -> None:
    net = network(**options)
    features, mask, seat, first = scene(9, 6)
    whole = net.unroll(features, mask, seat, None, None, first)
    memory = None
    for t in range(9):
        one = net(features[t], mask[t], seat, None, memory, first[t])
        memory = one.memory
        torch.testing.assert_close(whole.logits[t], one.logits)
        torch.testing.assert_close(whole.value[t], one.value)
    torch.testing.assert_close(whole.memory, memory)


@pytest.mark.parametrize("options", [o for o in TRUNKS if o["trunk"] != "mlp"])
def test_memory_matters_and_ends_with_the_episode(options: dict[str, Any]) -> None:
    net = network(**options)
    features, mask, seat, _ = scene(6, 6)
    first = torch.zeros(6, 6, dtype=torch.bool)
    other = features.clone()
    other[1] += 1
    same = net.unroll(features, mask, seat, None, None, first).value
    changed = net.unroll(other, mask, seat, None, None, first).value
    assert (same[2] - changed[2]).abs().min() > 1e-6
    first[2] = True
    again = net.unroll(features, mask, seat, None, None, first).value
    forgot = net.unroll(other, mask, seat, None, None, first).value
    torch.testing.assert_close(again[2:], forgot[2:], rtol=0, atol=0)


def test_attention_looks_back_no_further_than_its_window() -> None:
    net = network(trunk="attention", hidden=(24, 16), window=3)
    features, mask, seat, _ = scene(6, 4)
    first = torch.zeros(6, 4, dtype=torch.bool)
    other = features.clone()
    other[1] += 1
    a, b = (net.unroll(x, mask, seat, None, None, first).value for x in (features, other))
    assert (a[3] - b[3]).abs().min() > 1e-6
    torch.testing.assert_close(a[4:], b[4:], rtol=0, atol=0)


def test_illegal_actions_have_no_probability() -> None:
    net = network()
    features, mask, seat, _ = scene(1, 500)
    share = net(features[0], mask[0], seat).logits.softmax(1).detach()
    assert (share[~mask[0]] == 0).all()
    packed = np.packbits(mask[0].numpy(), axis=1, bitorder="little")
    bits = torch.from_numpy(packed)
    assert (unpack(bits, GAME.num_actions) == mask[0]).all()
    torch.testing.assert_close(net(features[0], bits, seat).logits.softmax(1), share, rtol=0, atol=0)
    for point in (0.0, 1 - 2.0**-24):
        drawn = pick(share, torch.full((500,), point))
        assert mask[0].gather(1, drawn.unsqueeze(1)).all()
    for edge in (0.0, 1 - 2.0**-53):
        found = draw(share.double().numpy(), np.full(500, edge))
        assert mask[0].numpy()[np.arange(500), found].all()


def test_draws_follow_the_probabilities() -> None:
    share = torch.tensor([[0.0, 0.5, 0.0, 0.2, 0.3]])
    points = (torch.arange(20_000) + 0.5) / 20_000
    counts = torch.bincount(pick(share.expand(20_000, 5), points), minlength=5) / 20_000
    torch.testing.assert_close(counts, share[0], rtol=0, atol=2e-4)
    drawn = draw(share.double().expand(20_000, 5).numpy(), points.double().numpy())
    np.testing.assert_allclose(np.bincount(drawn, minlength=5) / 20_000, share[0].numpy(), atol=2e-4)


def test_weights_come_from_the_seed_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one = ActorCritic.for_game(GAME, seed=3)
    assert (torch.get_rng_state() == before).all()
    torch.manual_seed(2)
    two, three = ActorCritic.for_game(GAME, seed=3), ActorCritic.for_game(GAME, seed=4)
    assert all((a == b).all() for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert any((a != b).any() for a, b in zip(one.parameters(), three.parameters(), strict=True))


def test_roles_share_nothing() -> None:
    net = network(roles=(0, 1, 0))
    features, mask, seat, _ = scene(1, 12)
    answer = net(features[0], mask[0], seat)
    answer.value[seat == 1].sum().backward()
    touched = [
        any((p.grad is not None and p.grad.abs().sum() > 0) for p in r.parameters()) for r in net.roles
    ]
    assert touched == [False, True]
    alone = net(features[0][seat == 1], mask[0][seat == 1], seat[seat == 1])
    torch.testing.assert_close(alone.value, answer.value[seat == 1])


def test_seat_and_condition_tokens() -> None:
    net = network(seat_token=True, condition_tokens=2)
    features, mask, _, _ = scene(1, 4)
    features = features[:, :1].expand(1, 4, -1)
    mask = torch.ones_like(mask)
    by_seat = net(features[0], mask[0], torch.tensor([0, 1, 2, 0])).value
    assert by_seat[0] == by_seat[3]
    assert len(by_seat[:3].unique()) == 3
    seats = torch.zeros(4, dtype=torch.int64)
    by_token = net(features[0], mask[0], seats, torch.tensor([0, 1, -1, 0])).value
    assert len(by_token[:3].unique()) == 3
    none = net(features[0], mask[0], seats).value
    torch.testing.assert_close(by_token[2], none[2])
    with pytest.raises(PolicyError, match="no condition tokens"):
        network()(features[0], mask[0], seats, seats)
    with pytest.raises(PolicyError, match="there is no token 2"):
        NetworkPolicy(net, condition=2)


@pytest.mark.parametrize("options", TRUNKS)
def test_policy_plays_and_forks(options: dict[str, Any]) -> None:
    policy = NetworkPolicy(network(**options))
    batch = Batch(GAME, 5, seed=7, threads=1)
    seating = Seating(batch, [policy] * 3, seed=1)
    for _ in range(6):
        seating.step()
    group = seating.groups[0]
    observation, memory = seating.observation(group), group.memory
    kept = memory.copy()
    share = policy.probabilities(observation, memory)
    decision = policy.act(observation, memory)
    assert (memory == kept).all(), "a policy must not write on the memory it is given"
    assert observation.mask[np.arange(15), decision.action].all()
    chosen = share[np.arange(15), decision.action]
    np.testing.assert_allclose(np.exp(decision.extras["log_probability"]), chosen)
    rows = np.array([11, 2, 2, 7])
    fork = policy.act(observation.take(rows), memory[rows])
    np.testing.assert_allclose(
        policy.probabilities(observation.take(rows), memory[rows]), share[rows], atol=1e-6
    )
    assert (fork.action == decision.action[rows]).all()
    np.testing.assert_allclose(fork.memory, decision.memory[rows], atol=1e-6)


def test_greedy_takes_the_mode() -> None:
    observation = looks(6)
    net = network()
    share = NetworkPolicy(net).probabilities(observation, np.zeros((18, 0), np.float32))
    greedy = NetworkPolicy(net, greedy=True)
    memory = greedy.initial(18)
    assert (greedy.act(observation, memory).action == share.argmax(1)).all()
    assert (greedy.probabilities(observation, memory).max(1) == 1).all()


def test_same_play_whatever_the_batch() -> None:
    policy = NetworkPolicy(network(trunk="gru", hidden=(24, 16)))
    many = play(Batch(GAME, 6, seed=5, threads=1), [policy] * 3, seed=2)["returns"]
    one = play(Batch(GAME, 1, seed=5, first_row=4, threads=1), [policy] * 3, seed=2)["returns"]
    np.testing.assert_array_equal(one[0], many[4])


def test_other_games_are_refused() -> None:
    policy = NetworkPolicy(ActorCritic((8,), 5, 3))
    with pytest.raises(
        PolicyError, match=r"takes observations \(8,\) and 5 actions; well-v0 has \(7,\) and 5"
    ):
        policy.act(looks(2), policy.initial(6))
    seats = ActorCritic((7,), 5, 2, seat_token=True)
    with pytest.raises(PolicyError, match="knows 2 seats"):
        NetworkPolicy(seats).act(looks(2), np.zeros((6, 0), np.float32))


@pytest.mark.parametrize(
    "wrong",
    [
        {"trunk": "transformer"}, {"hidden": ()}, {"hidden": (64, 0)}, {"trunk": "gru", "hidden": (8, 8, 8)},
        {"condition_tokens": -1}, {"window": 0}, {"roles": (0, 2, 0)}, {"roles": (0, 1)}, {"seat_token": 1},
        {"hidden": (1 << 14, 1 << 14, 1 << 14)},
    ],
)  # fmt: skip
def test_layouts_that_cannot_be_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        ActorCritic.for_game(GAME, **wrong)


def test_standardised_features() -> None:
    net = network()
    features, mask, seat, _ = scene(1, 50)
    far = features[0] * 7 + 3
    before = net(features[0], mask[0], seat).logits
    net.standardise(torch.full((7,), 3.0), torch.full((7,), 7.0))
    torch.testing.assert_close(net(far, mask[0], seat).logits, before, rtol=1e-4, atol=1e-3)
    assert not any(p is net.shift or p is net.gain for p in net.parameters() if p.requires_grad)
