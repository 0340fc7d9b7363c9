"""Where torch computes, and with how many threads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from gyges.envs.errors import ConfigError


def device_of(name: str) -> torch.device:
    """A device by its name.

    Raises:
        ConfigError: the name is neither cpu nor cuda, or torch finds no such device here.
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise ConfigError(f"device is cpu or cuda, not {name!r}")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise ConfigError(f"device {name!r}: torch {torch.__version__} finds {count} CUDA devices here")
    return device


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use so many CPU threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
