"""The tutorials: the short ones give, run again, what is committed; all have outputs and are small."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("nbclient", reason="the extra docs is not installed")

import nbformat

FOLDER = Path(__file__).parents[1] / "docs" / "tutorials"
SHORT = ("first-choice-point", "reading-a-replay", "writing-a-game")
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))


@pytest.fixture(scope="module")
def tool():
    """`docs/tutorials/execute.py`."""
    spec = importlib.util.spec_from_file_location("execute_tutorials", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_committed_whole_and_small(tool, name):
    path = FOLDER / f"{name}.ipynb"
    cells = tool.code_cells(nbformat.read(path, 4))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert sum("image/png" in output.get("data", {}) for output in outputs) <= 1
    assert path.stat().st_size < 250_000


@pytest.mark.parametrize("name", SHORT)
def test_short_ones_give_what_is_committed(tool, name):
    path = FOLDER / f"{name}.ipynb"
    committed = tool.texts(nbformat.read(path, 4))
    assert any(committed)
    assert tool.texts(tool.executed(path)) == committed


def test_the_list_names_all():
    text = (FOLDER / "index.md").read_text()
    assert NAMES
    assert all(f"({name}.ipynb)" in text and f"\n{name}\n" in text for name in NAMES)
