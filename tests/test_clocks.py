"""Limits are kept by a clock that does not jump; the time of day is written down in a few places, no more."""

import ast
import time
from pathlib import Path

from gyges.agents.llm.chat.budget import Budget

ROOT = Path(__file__).parents[1]
OF_DAY = {
    "agents/llm/chat/openai_backend.py": "a server's Retry-After as a date, bounded",
    "scenarios/evaluation/store.py": "when a run began and ended, to be shown",
    "scenarios/studies/ledger.py": "when a cell was finished, to be shown",
}
WALL = ("time.time", "time.time_ns", "time.localtime", "time.gmtime")


def test_the_time_of_day_decides_nothing():
    found = set()
    for room in ("envs", "agents", "scenarios", "render"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                words = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                if words in WALL or words.endswith(("datetime.now", "datetime.utcnow", "date.today")):
                    found.add(path.relative_to(ROOT).as_posix())
    assert found == set(OF_DAY)


def test_a_clock_that_jumps_spends_no_budget(monkeypatch):
    budget = Budget(minutes=1.0)
    for jump in (-1e9, 1e9):
        monkeypatch.setattr(time, "time", lambda jump=jump: jump)
        assert budget.take({}) >= 0
    assert budget.made == 2
