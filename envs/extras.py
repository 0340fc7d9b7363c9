"""Optional libraries: which extra of the package brings what a part needs."""

from __future__ import annotations

from importlib.util import find_spec

from gyges.envs.errors import MissingExtraError


def require(extra: str, *modules: str, part: str) -> None:
    """Raise unless every module that a part of the package needs is installed; none is imported.

    Args:
        extra: the extra that brings them, as in ``pip install "gyges[learn]"``.
        modules: top-level names of modules.
        part: what needs them.

    Raises:
        MissingExtraError: at least one is missing.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        needs = ", ".join(missing)
        raise MissingExtraError(f'{part} needs {needs}: pip install "gyges[{extra}]"')
