"""Runs the tutorials again and writes their outputs into them.

python docs/tutorials/execute.py [NAME ...]

A notebook runs in an empty folder, in a kernel of its own. What is written depends on
its code alone: there are no times in it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

FOLDER = Path(__file__).parent


def executed(path: Path) -> Any:
    """A notebook with the outputs that its code gives now.

    Raises:
        CellExecutionError: a cell raised.
    """
    notebook = nbformat.read(path, as_version=4)
    paths = [
        str(FOLDER.parents[1] / "src"),
        *filter(None, [os.environ.get("PYTHONPATH")]),
    ]
    inline = "module://matplotlib_inline.backend_inline"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "MPLBACKEND": inline,
    }
    with tempfile.TemporaryDirectory() as folder:
        kernel = AsyncKernelManager(transport="ipc", ip=f"{folder}/kernel")
        beside = {"metadata": {"path": folder}}
        NotebookClient(notebook, kernel, timeout=600, resources=beside).execute(
            env=environment
        )
    for number, cell in enumerate(code_cells(notebook), start=1):
        cell.execution_count = number
        cell.metadata.pop("execution", None)
        cell.outputs = _plain(cell.outputs, number)
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def _plain(outputs: Any, number: int) -> list[Any]:
    """Without warnings; what is printed in one piece, since how it is cut is chance."""
    found: list[Any] = []
    for output in outputs:
        if output.output_type != "stream":
            if "execution_count" in output:
                output.execution_count = number
            found.append(output)
        elif output.name == "stdout":
            if found and found[-1].output_type == "stream":
                found[-1].text += output.text
            else:
                found.append(output)
    return found


def code_cells(notebook: Any) -> list[Any]:
    """The cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(notebook: Any) -> list[list[str]]:
    """What each code cell shows, pictures by their words alone."""
    return [
        [
            output.get("text") or output.data.get("text/plain", "")
            for output in cell.outputs
        ]
        for cell in code_cells(notebook)
    ]


def main() -> None:
    """Run the named notebooks, or all."""
    named = [FOLDER / f"{name}.ipynb" for name in sys.argv[1:]]
    for path in named or sorted(FOLDER.glob("*.ipynb")):
        text = nbformat.writes(executed(path), indent=1)
        path.write_text(text + "\n", encoding="utf-8")
        print(path.name)


if __name__ == "__main__":
    main()
