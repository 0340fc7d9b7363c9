"""Trunks of one's own, named by their import paths in tests of learners."""

import torch
from torch import nn


class Residual(nn.Module):
    """A normed layer with a way around it; remembers the last inputs' mean."""

    def __init__(self, spec):
        super().__init__()
        width = spec.hidden[0]
        self.first, self.second = nn.Linear(spec.num_inputs, width), nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.policy_head, self.value_head = nn.Linear(width, spec.num_actions), nn.Linear(width, 1)

    @staticmethod
    def memory_size(spec):
        return 1

    def forward(self, x, memory):
        hidden = torch.relu(self.first(x)) + memory
        hidden = hidden + torch.relu(self.second(self.norm(hidden)))
        return self.policy_head(hidden), self.value_head(hidden).squeeze(1), x.mean(1, keepdim=True)


class Crooked(Residual):
    """Forgets to flatten its values."""

    def forward(self, x, memory):
        logits, value, memory = super().forward(x, memory)
        return logits, value.unsqueeze(1), memory


def function(spec):
    """No class."""
    return Residual(spec)
