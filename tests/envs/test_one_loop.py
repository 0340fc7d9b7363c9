"""Play happens in `gyges.envs.rollout` alone: no room grows a second loop over a batch's steps."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("envs", "agents", "scenarios", "render")
STEPPED = ("batch", "fork", "seating", "seats", "_seats", "_seating", "serial", "single", "other", "second")
"""What the rooms call that which advances a game; an optimiser's `step` is another matter."""
ALLOWED = {
    ("envs/rollout.py", "rollout"): "the one loop",
    ("envs/episode.py", "replay"): "plays a record again, to its own length, and refuses what does not fit",
    ("envs/testing.py", "random_play"): "the contract test: random actions without policies, through resets",
    ("envs/testing.py", "check_rows"): "the contract test: a batch and its single rows in lockstep",
    ("envs/testing.py", "check_conservation"): "the contract test: random actions, through resets",
    ("envs/testing.py", "check_blindness"): "the contract test: three batches in lockstep",
    ("envs/testing.py", "check_twin"): "the contract test: two games in lockstep",
    ("envs/testing.py", "_check_refusals"): "the contract test: every action tried once",
    (
        "envs/pettingzoo.py",
        "_drift",
    ): "PettingZoo's caller holds the loop; steps in which nobody moves are taken",
    ("agents/llm/session.py", "_forward"): "whoever acts from outside holds the loop",
    ("agents/llm/trl.py", "get_reward"): "the trainer holds the loop; a broken-off episode is played out",
    ("scenarios/counterfactual/bank.py", "walk"): "plays a record again, to its own length",
    ("scenarios/counterfactual/in_play.py", "_replayed"): "plays a record again, among rows that are asked",
    (
        "scenarios/evaluation/verify.py",
        "_play_again",
    ): "plays records again, and goes on where one does not fit",
    (
        "scenarios/transfer/candidates.py",
        "play",
    ): "a search against itself on a bare chess board: no seats, no batch",
    (
        "scenarios/studies/oversight/places.py",
        "game",
    ): "two searches on a bare chess board: no seats, no batch",
}


def loops(source: str) -> list[str]:
    """Functions of a file with a loop that advances a game, or that lasts until one is over."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside = [node for node in ast.walk(function) if isinstance(node, (ast.For, ast.While))]
            if any(plays(loop) for loop in inside):
                found.append(function.name)
    return found


def plays(loop: ast.For | ast.While) -> bool:
    if isinstance(loop, ast.While) and mentions_over(loop.test):
        return True
    return any(isinstance(node, ast.Call) and advances(node.func) for node in ast.walk(loop))


def mentions_over(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "over" for node in ast.walk(test))


def advances(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute) or function.attr not in ("step", "_step"):
        return False
    owner = function.value
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return name in STEPPED


def test_the_search_sees_the_loops_it_is_for():
    assert loops("def f(batch):\n    while not batch.over.all():\n        g(batch)") == ["f"]
    assert loops("def f(batch):\n    for t in range(9):\n        batch.step(acts[t])") == ["f"]
    assert loops("def f(s):\n    while True:\n        s.seating.step()") == ["f"]
    assert loops("def f(batch):\n    for s in rollout(batch, seating):\n        total += batch.reward") == []
    assert loops("def f():\n    for part in data:\n        optimiser.step()") == []


def test_play_happens_in_one_loop():
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for name in loops(path.read_text(encoding="utf-8"))
    }
    assert found - set(ALLOWED) == set(), "play by gyges.envs.rollout.rollout, with an observer"
    assert set(ALLOWED) - found == set(), "no longer there: take it off the list"
