"""What the profiles of studies share: the choice of one by its name, and seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TypeVar

from gyges.envs.errors import UnknownNameError

Plan = TypeVar("Plan")


def named(profiles: Mapping[str, Plan], name: str) -> Plan:
    """A profile by name; UnknownNameError where there is none."""
    if name not in profiles:
        raise UnknownNameError(f"no profile {name!r} of this study; there are {', '.join(profiles)}")
    return profiles[name]


def seed_of(study: str, purpose: str, *parts: object) -> int:
    """A seed of 62 bits for one purpose in a study."""
    text = f"gyges study {study}:{purpose}:" + ":".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 2
