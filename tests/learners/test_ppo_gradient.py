"""Gradients written by hand against autograd's."""

import pytest
import torch
from well.game import Well

from gyges.agents.learn.ppo import PPO, PPOConfig, advantages
from gyges.agents.learn.ppo_gradient import eligible
from gyges.agents.nn.networks import ActorCritic
from gyges.envs import make


@pytest.mark.parametrize(
    "options", [{}, {"hidden": (24,)}, {"hidden": (16, 12, 8), "seat_token": True, "condition": 1}]
)
@pytest.mark.parametrize("clip", [0.2, 1e-3])
def test_they_are_those_of_autograd(options, clip):
    game = make("steward-v1", num_agents=3)
    config = PPOConfig(rows=8, steps=24, minibatch=100, threads=1, clip=clip, entropy=0.1, seed=5, **options)
    learner = PPO(game, config)
    for _ in range(3):  # away from the first policy, so that ratios differ from 1 below
        learner.update()
    rollout = learner.collector.collect()
    advantage, sample = advantages(rollout, rollout.reward, 0.99, 0.95)
    target = advantage + rollout.value
    with torch.no_grad():
        for p in learner.network.parameters():
            if p.requires_grad:
                p.add_(0.1 * torch.randn(p.shape, generator=torch.Generator().manual_seed(p.numel())))
    learner._prepare(rollout, advantage, target)
    assert learner.manual is not None
    for part in learner._minibatches(sample):
        parts = learner.manual.gradients(part)
        mine = {k: p.grad.clone() for k, p in learner.network.named_parameters() if p.requires_grad}
        loss, other = learner._loss(rollout, advantage, target, sample, part)
        learner.network.zero_grad(set_to_none=False)
        loss.backward()
        assert torch.allclose(torch.stack(parts), torch.stack(other), atol=1e-5, rtol=1e-4)
        assert 0 < float(parts[4]) < 1
        for k, p in learner.network.named_parameters():
            if p.requires_grad:
                scale = float(p.grad.abs().max())
                assert torch.allclose(mine[k], p.grad, atol=1e-5 * max(scale, 1e-3), rtol=1e-3), k


def test_other_networks_go_by_autograd():
    game = Well()
    for options in ({"trunk": "gru"}, {"shared": True}, {"roles": (0, 1, 1)}):
        network = ActorCritic.for_game(game, **options)
        assert not eligible(network)
        assert PPO(game, PPOConfig(rows=2, steps=4, threads=1), network=network).manual is None
    assert eligible(ActorCritic.for_game(game))
