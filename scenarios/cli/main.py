"""``gyges``: the table of all commands, and the function that runs one."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import signal
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import NamedTuple

import tyro

from gyges.envs.errors import GygesError, UnknownNameError
from gyges.envs.foreign import echo
from gyges.envs.registry import load_plugins


class Command(NamedTuple):
    """One command.

    Attributes:
        summary: one line for ``gyges --help``.
        run: ``module:function(options) -> exit status``, imported when the command is given; a module that
            begins with a dot lies beside this one.
        options: the dataclass of the same module that tyro reads the options into; "" where the function
            takes the words themselves.
    """

    summary: str
    run: str
    options: str = ""


COMMANDS: dict[str, Command] = {
    "demo": Command("evaluate the game's own personas; leaderboard, page and a replay", ".demo:run", "Demo"),
    "evaluate": Command("let a policy play every scenario of a suite", ".evaluate:run", "Evaluate"),
    "compare": Command("policies on the same episodes with the same luck", ".compare:run", "Compare"),
    "leaderboard": Command("print, publish and verify a results file", ".leaderboard:run", "Leaderboard"),
    "list": Command("say what there is: games, scenarios, suites, personas, norms", ".list:run", "List"),
    "export": Command("write one episode of a results file as an episode file", ".export:run", "Export"),
    "replay": Command("watch an episode file, or turn it into pictures", ".replay:run", "Replay"),
    "play": Command("play a seat yourself", ".play:run", "Play"),
    "fairychess": Command("check variants; compare perft and moves", ".fairychess:run", "FairyChess"),
    "arena": Command("rate policies on chess variants", ".arena:run", "Arena"),
    "draw": Command("draw positions of chess variants as a picture", ".draw:run", "Draw"),
    "record": Command("record behaviour for learners", ".record:run", "Record"),
    "pack": Command("a dataset or a checkpoint as a folder to publish", ".pack:run", "Pack"),
    "unpack": Command("a packed dataset as a recorded one", ".unpack:run", "Unpack"),
    "train": Command("train a policy; its folder can be evaluated", ".train:main"),
    "sweep": Command("train under many settings; find good ones", ".sweep:run", "Sweep"),
    "algorithms": Command("list what `train` can do", ".train:algorithms", "Algorithms"),
    "certify": Command("show a game's dilemma and what its labels mean", ".certify:run", "Certify"),
    "new-game": Command("write a game that plays, to be made yours", ".new_game:run", "NewGame"),
    "raters": Command("audit every rater on the game that is solved exactly", ".raters:run", "Raters"),
    "study": Command("compare learners: rl_vs_sgd", ".study:run", "Study"),
    "serve": Command("let an assistant that calls tools play a seat", ".serve:run", "Serve"),
    "transcribe": Command("write episodes as labelled text", ".transcribe:run", "Transcribe"),
    "llm-check": Command("probe a chat server: what works there", ".llm_check:run", "LLMCheck"),
    "llm-arms": Command("ask a chat model the same questions in several ways", ".llm_arms:run", "LLMArms"),
    "text-measure": Command("violation rates and returns, by tag", ".text_models:measure", "Measure"),
    "text-attacks": Command("attack text models", ".text_models:attack", "Attack"),
    "text-stages": Command("fine-tune text models, attack every stage", ".text_models:stages", "Stages"),
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors that Gyges raises on purpose are printed, without a traceback.

    SIGTERM and SIGHUP end it as Ctrl-C does: what it has open is closed, and nothing temporary is left.
    """
    with _ended_by_signals():
        return _main(arguments)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Within, a signal that would end the process at once unwinds it instead."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def unwind(number: int, frame: FrameType | None) -> None:
        if _finalising(frame):
            later = threading.Timer(0.05, signal.raise_signal, (number,))
            later.daemon = True
            later.start()
            return
        raise SystemExit(128 + number)

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {getattr(signal, name): signal.getsignal(getattr(signal, name)) for name in names}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:  # one that is ignored, as under nohup, stays so
            signal.signal(number, unwind)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _finalising(frame: FrameType | None) -> bool:
    """Whether a frame is within a finaliser or a weak reference's callback: what is raised there is lost."""
    while frame is not None:
        if frame.f_code.co_name == "__del__" or frame.f_code.co_filename == weakref.__file__:
            return True
        frame = frame.f_back
    return False


def _main(arguments: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    who = f"gyges {given[0]}" if given and given[0] in COMMANDS else "gyges"
    try:
        load_plugins()
        if not given or given[0] in ("-h", "--help"):
            echo(overview())
            return 0
        return run(given[0], given[1:])
    except GygesError as error:
        where = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        echo(f"{who}: {error}{where}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        echo(f"{who}: stopped; what was complete is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except OSError as error:
        echo(f"{who}: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        return 2


def overview() -> str:
    """What ``gyges --help`` prints: every command in a line."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(
        ["usage: gyges COMMAND [OPTIONS]", "", *lines, "", "gyges COMMAND --help lists its options."]
    )


def run(name: str, words: Sequence[str]) -> int:
    """Run a command with its arguments.

    Raises:
        UnknownNameError: no such command.
    """
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}"
        raise UnknownNameError(f"no command {name!r}; {hint}")
    command = COMMANDS[name]
    module_name, _, function = command.run.partition(":")
    module = importlib.import_module(module_name, "gyges.scenarios.cli")
    options = getattr(module, command.options) if command.options else None
    given = list(words) if options is None else tyro.cli(options, args=list(words), prog=f"gyges {name}")
    return int(getattr(module, function)(given))


if __name__ == "__main__":
    raise SystemExit(main())
