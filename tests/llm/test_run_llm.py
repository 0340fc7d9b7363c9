"""The script that installs a small model goes on where it was interrupted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / ".ci" / "run-llm"
PYTHON = """#!/bin/bash
echo "$@" >> "$LOG"
if [ "$2" = pip ] && [ "$BROKEN" = 1 ] && [[ "$*" == *llama-cpp-python* ]]; then exit 1; fi
if [ "$2" = llama_cpp.server ]; then exit 1; fi
if [ "$1" = -c ]; then echo 9; fi
if [[ "$1" == benchmarks/* ]]; then until grep -q llama_cpp.server "$LOG"; do sleep 0.05; done; fi
"""


def run(folder: Path, broken: bool, **more: str) -> list[str]:
    """Run the script with stand-ins for Python; what these were asked to do."""
    log = folder / "log"
    log.write_text("")
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "LOG": str(log), "BROKEN": str(int(broken)), **more}
    done = subprocess.run(["bash", str(folder / ".ci" / "run-llm")], env=environment, capture_output=True)
    assert done.returncode == int(broken)
    return log.read_text().splitlines()


def test_a_build_that_was_interrupted_is_finished(tmp_path: Path) -> None:
    for folder in ("bin", ".ci"):
        (tmp_path / folder).mkdir()
    (tmp_path / ".ci" / "run-llm").write_bytes(SCRIPT.read_bytes())
    (tmp_path / "python").write_text(PYTHON)
    maker = (
        f'#!/bin/bash\nmkdir -p "$3/bin"; cp "{tmp_path}/python" "$3/bin/python"; chmod +x "$3/bin/python"\n'
    )
    (tmp_path / "bin" / "python3").write_text(maker)
    (tmp_path / "bin" / "python3").chmod(0o755)
    broken, again, third = (run(tmp_path, broken) for broken in (True, False, False))
    assert any("llama-cpp-python" in line for line in broken)
    assert not any("llama_cpp.server" in line for line in broken)
    assert any("llama-cpp-python" in line for line in again)
    assert any("llama_cpp.server" in line for line in again)
    assert not any("pip install" in line for line in third)
    given = run(tmp_path, False, GYGES_LLM_VENV=str(tmp_path / ".venv-llm"))
    assert not any("pip install" in line for line in given)
