"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gyges.envs.errors import ConfigError


def whole(path: Any, write: Callable[[Path], None]) -> Path:
    """Write a file under a temporary name beside it and move it into place, or leave nothing.

    Raises:
        ConfigError: the folder cannot be written to.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".gyges-", suffix=target.suffix)
        os.close(handle)
    except OSError as error:
        raise ConfigError(f"cannot write {target}: {error.strerror}") from None
    try:
        write(Path(name))
        os.chmod(name, 0o644)
        os.replace(name, target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise ConfigError(f"cannot write {target}: {error}") from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target
