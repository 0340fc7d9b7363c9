"""Names from outside become files' names, and are printed, at one place each; a list of every place."""

import ast
import io
from pathlib import Path

import pytest

from gyges.envs.foreign import MAX_NAME, echo, file_name, is_text, printable

ROOT = Path(__file__).parents[1]
ROOMS = ("envs", "agents", "scenarios", "render")


@pytest.mark.parametrize("name", [
    "../../etc/passwd", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "a\x00b", "\x1b[31m", "\udcff",
    "x" * 5000, "con", "NUL.txt", "com1", "~root", "-rf", "a b\n", "\u202egnp.exe", "C:\\x", "%2e%2e%2f",
])  # fmt: skip
def test_a_file_name_stays_in_its_folder(name, tmp_path):
    made = file_name(name, 3, suffix=".json")
    assert Path(made).name == made
    assert made.isascii()
    assert len(made) <= MAX_NAME + 10
    assert not made.startswith(".")
    (tmp_path / made).write_text("x")
    assert [p.name for p in tmp_path.iterdir()] == [made]


def test_names_that_are_plain_stay_as_they_are():
    assert (
        file_name("clean", "well-visitor", 3, suffix=".episode.json") == "clean-well-visitor-3.episode.json"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", None])
def test_what_is_printed_commands_no_terminal(encoding):
    stream = io.StringIO() if encoding is None else io.TextIOWrapper(io.BytesIO(), encoding)
    echo("a\x1b[2Jb\rc\x9b31m", "\udcff\u202e…", "two\nlines\tkept", end="", file=stream, flush=True)
    stream.seek(0)
    said = stream.read()
    assert not set(said) & set("\x1b\r\x9b\udcff\u202e")
    assert "two\nlines\tkept" in said


def test_printable_is_one_line_of_bounded_length():
    assert printable("a\nb\u2028c") == "a\ufffdb\ufffdc"
    assert printable("x" * 50, 7) == "x" * 7
    assert printable("fine: ✓ 漢") == "fine: ✓ 漢"
    assert is_text("✓")
    assert not is_text("\udcff")


# Every place.


def calls():
    """(file, call) of every call in the four rooms."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call | ast.BinOp):
                    yield path.relative_to(ROOT).as_posix(), node


def test_nothing_prints_but_echo():
    """And rich consoles, whose tables are made of `Text` and whose lines take no markup."""
    found, consoles = set(), set()
    for path, node in calls():
        if not isinstance(node, ast.Call):
            continue
        words = ast.unparse(node.func)
        if words in ("print", "sys.stdout.write", "sys.stderr.write", "pprint"):
            found.add(path)
        if words.endswith("onsole.print") or words.endswith("Console().print"):
            consoles.add(path)
    assert found == set(), "use gyges.envs.foreign.echo"
    assert consoles == {
        "agents/progress.py",  # names of measures
        "scenarios/cli/arena.py",  # cells are Text
        "scenarios/cli/compare.py",  # names that the user gave
        "scenarios/cli/demo.py",  # a path that the user gave, and names made by file_name
        "scenarios/cli/leaderboard.py",  # printable, without markup
        "scenarios/cli/record.py",  # cells are Text
        "scenarios/cli/train.py",  # names of algorithms
        "scenarios/report/catalogue.py",  # what is installed
        "scenarios/report/terminal.py",  # cells are Text, notes printable
        "scenarios/studies/report.py",  # names of a study's cells
    }


PLACES = {
    "agents/data/dataset.py": "columns of our own tables",
    "agents/data/writer.py": "columns of our own tables",
    "agents/llm/chat/prompts.py": "a briefing that the user names",
    "agents/sandbox/folder.py": "/proc",
    "agents/sandbox/process.py": "to compare with, never to open",
    "agents/sandbox/worker.py": "/proc",
    "envs/_runtime/stamps.py": "our own modules",
    "render/browser/replay_page.py": "our own style and script",
    "render/kit/draw.py": "our own fonts",
    "scenarios/certificates/certify.py": "names of games that are installed",
    "scenarios/cli/sweep_runner.py": "runs by their numbers",
    "scenarios/packs.py": "our own columns and files, and those that `loaded` lets through",
    "scenarios/cli/export.py": "file_name",
    "scenarios/cli/leaderboard.py": "beside the page that the user names",
    "scenarios/cli/runs.py": "a number",
    "scenarios/clusters/slurm.py": "a hash",
    "scenarios/counterfactual/bank.py": "an id of a game that is installed",
    "scenarios/new_game/__init__.py": "a name that is checked to be an identifier",
    "scenarios/report/leaderboard.py": "file_name",
    "scenarios/studies/compact/report.py": "our own pictures",
    "scenarios/studies/compact/study.py": "files of our own",
    "scenarios/studies/oversight/report.py": "our own tables",
    "scenarios/studies/ledger.py": "a name that is checked against its form",
    "scenarios/studies/report.py": "our own pictures",
    "scenarios/studies/supplies.py": "our own purposes",
    "scenarios/studies/tampering_full/study.py": "files of our own",
    "scenarios/studies/transfer/cells.py": "keys of our own cells",
    "scenarios/studies/transfer/report.py": "our own tables",
    "scenarios/studies/transfer/study.py": "files of our own",
    "scenarios/studies/transfer/training.py": "a number",
    "scenarios/text/stages.py": "our own stages of a model that the user names",
}
"""Files that make a path of a name in pieces, and whence the name is."""


def test_every_place_that_makes_a_path_of_a_name_is_known():
    found = set()
    for path, node in calls():
        if isinstance(node, ast.BinOp):
            pieces = isinstance(node.op, ast.Div) and isinstance(node.right, ast.JoinedStr)
        else:
            words = ast.unparse(node.func)
            makes = words.rpartition(".")[2] in ("Path", "open", "with_name", "with_stem", "joinpath")
            pieces = makes and any(
                isinstance(part, ast.JoinedStr) for arg in node.args for part in ast.walk(arg)
            )
            pieces = pieces or (
                words == "file_name" or (words == "os.path.join" and "sandbox/process" in path)
            )
        if pieces or (path.endswith("ledger.py") and "self.owners / owner" in ast.unparse(node)):
            found.add(path)
    assert found - set(PLACES) == set(), (
        "make the name with gyges.envs.foreign.file_name, or say whence it is"
    )
    assert set(PLACES) - found == set(), "these make none any longer"
