"""What is peculiar to a game stands in its folder: no other file names one, but for those listed here."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = re.compile(r"steward|founder(?!r)|envoy|tabular|fairychess|stakeschess|\bwell\b", re.IGNORECASE)
OWN = tuple(f"envs/{name}/" for name in ("steward", "tabular_steward", "founder", "envoy", "fairychess"))
OWN += ("envs/custodian/", "envs/tabular_custodian/")
OWN += ("render/steward/", "render/founder/", "render/envoy/", "render/custodian/", "render/fairychess/")
"""The games' own."""
LISTED = {
    "envs/registry.py": "the games that there are",
    "scenarios/scenario.py": "the suites that there are",
    "scenarios/inspect_tasks/__init__.py": "a task a game, as Inspect lists them",
    "scenarios/studies/profile.py": "the games of the study",
    "scenarios/studies/tampering/measures.py": "the game of the study of tampering",
    "scenarios/studies/oversight/agents.py": "the study of oversight is on chess variants",
    "scenarios/studies/oversight/places.py": "invents them, and plays them",
    "scenarios/studies/oversight/study.py": "registers their rules",
    "scenarios/studies/transfer/cells.py": "the study of transfer is on chess variants",
    "scenarios/studies/transfer/profile.py": "says which of them",
    "scenarios/studies/transfer/report.py": "writes down which",
    "scenarios/studies/transfer/study.py": "registers their rules",
    "scenarios/studies/transfer/training.py": "learns them",
    "scenarios/studies/verdicts.py": "which of them is solved exactly",
    "scenarios/studies/compact/directions.py": "a direction that is about envoys",
    "scenarios/studies/compact/economies.py": "the game of the study of compacts",
    "scenarios/studies/compact/episodes.py": "its personas and measures",
    "agents/engines/fairychess.py": "chess engines",
    "agents/engines/uci.py": "chess engines",
    "agents/load.py": "chess engines by name",
    "agents/search/alphazero.py": "learns chess variants",
    "agents/search/engine_sgd.py": "learns chess variants",
    "agents/search/learner.py": "learns chess variants",
    "agents/search/ppo.py": "learns chess variants",
    "agents/search/replay.py": "learns chess variants",
    "agents/search/restarts.py": "learns chess variants",
    "agents/search/selfplay.py": "learns chess variants",
    "agents/search/compiled.py": "a search of chess variants",
    "agents/search/edges.py": "a search of chess variants",
    "agents/search/inputs.py": "a search of chess variants",
    "agents/search/selection.py": "a search of chess variants",
    "agents/search/trees.py": "a search of chess variants",
    "scenarios/arena/arena.py": "plays chess variants",
    "scenarios/arena/games.py": "plays chess variants",
    "scenarios/arena/openings.py": "plays chess variants",
    "scenarios/arena/page.py": "writes games as PGN",
    "scenarios/cli/arena.py": "plays chess variants",
    "scenarios/cli/train_chess.py": "learns chess variants",
    "scenarios/transfer/candidates.py": "plays chess variants",
    "scenarios/cli/main.py": "the commands of chess variants",
    "scenarios/cli/fairychess.py": "the command for chess variants",
    "scenarios/cli/perft_divide.py": "the command that compares perft with an engine",
    "scenarios/cli/draw.py": "the command for chess diagrams",
}
DEFAULTS = {
    "scenarios/cli/compare.py",
    "scenarios/cli/demo.py", "scenarios/cli/evaluate.py", "scenarios/cli/llm_arms.py",
    "scenarios/cli/play.py", "scenarios/cli/raters.py", "scenarios/cli/serve.py",
    "scenarios/cli/text_models.py",
    "scenarios/cli/train_ppo.py", "scenarios/cli/train_sb3.py",
}  # fmt: skip
"""Commands with an option whose default is a game, a suite or a scenario: the value of a field."""


def names(path):
    """Strings (no docstrings), imports, and names of functions, classes and variables that name a game."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = (getattr(node, "body", None) for node in ast.walk(tree))
    lines = (one for body in bodies if isinstance(body, list) for one in body)
    told = {id(one.value) for one in lines if isinstance(one, ast.Expr)}
    fields = (node for node in ast.walk(tree) if isinstance(node, ast.AnnAssign))
    defaults = {id(field.value) for field in fields}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            if " " not in node.value and NAME.search(node.value):
                yield node.value, id(node) in defaults
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if NAME.search(f"{node.module}.{alias.name}"):
                    yield f"{node.module}.{alias.name}", False
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and NAME.search(node.name):
            yield node.name, False


def test_no_other_file_names_a_game():
    unlisted = {}
    for room in ("envs", "agents", "render", "scenarios"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            found = list(names(path))
            default = name in DEFAULTS and all(default for _, default in found)
            if found and not default and not name.startswith(OWN) and name not in LISTED:
                unlisted[name] = [text for text, _ in found]
    assert unlisted == {}


def test_the_list_holds_no_file_that_names_none():
    for name in (*LISTED, *DEFAULTS):
        assert list(names(ROOT / name)), name


def test_a_table_of_games_would_be_found(tmp_path):
    (tmp_path / "bad.py").write_text('"""Steward is told here."""\nWRITERS = {"steward": "a.b:c"}\n')
    assert list(names(tmp_path / "bad.py")) == [("steward", False)]
