"""Policies by name: a persona, ``module:attribute``, a Python file, a checkpoint folder, an engine, a
language model.

`resolve` finds out what a name means and hashes it, without running any of it; `build` makes the
policy, in this process. A class or function is called with the game where it has a parameter named
``game``, else without arguments.
"""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import os
import re
import sys
import types
from pathlib import Path
from typing import Any

from gyges.envs import _json
from gyges.envs.errors import PolicyError, UnknownNameError
from gyges.envs.game import Game
from gyges.envs.policy import Policy
from gyges.envs.registry import load_name

STORED = re.compile(r"(network|training)-[0-9a-f]{16}\.safetensors")
"""Names that a checkpoint's card may give."""
MAX_SOURCE = 4 << 20
"""Largest policy file that is read, 4 MiB."""

CHECKPOINTS: dict[str, str] = {
    "checkpoint.json": "gyges.agents.nn.checkpoint:load_policy",
    "rules-network.json": "gyges.agents.search.player:load_policy",
    "text-model.json": "gyges.agents.llm.text.model:load_policy",
    "sb3.json": "gyges.agents.sb3.policy:load_policy",
}
"""Lazy ``module:function(folder, game) -> Policy`` by the name of a file that such a folder holds."""

SEARCHES = "gyges.agents.search.player"
"""Module with ``digest(name)`` and ``make(name, game)`` of tree searches."""
MODELS = ("llm:", "mock:", "local:", "hf:", "mcp:")
"""How the names of language models begin (`gyges.agents.llm.model_spec`)."""


def register_checkpoint(file_name: str, loader: str) -> None:
    """Let folders that hold a file of this name be loaded as policies."""
    load_name(loader, check_only=True)
    CHECKPOINTS[file_name] = loader


@dataclasses.dataclass(frozen=True)
class Source:
    """What a policy's name stands for.

    Attributes:
        name: short name for tables.
        text: the name as it was given.
        kind: "persona", "module", "file", "checkpoint", "engine", "search" or "model".
        entry: ``module:attribute``, or the path (with ``:attribute``) of a file or folder.
        hash: SHA-256 of the module's file, the file, or the folder's files that are loaded (`loaded`); of
            what these import besides it says nothing.
        trusted: part of this package or of the game itself, and may run in this process.
        code: for a file, what was hashed, so that this and nothing later is run.
    """

    name: str
    text: str
    kind: str
    entry: str
    hash: str
    trusted: bool
    code: bytes = b""


def resolve(text: str, game: Game) -> Source:
    """What `text` stands for in this game; runs nothing of it.

    Raises:
        UnknownNameError: nothing of that name.
        PolicyError: a file too large, or a folder without a known checkpoint.
    """
    if text in game.personas:
        entry = game.personas[text]
        return Source(text, text, "persona", entry, _module_hash(entry), True)
    if text.startswith(MODELS):
        return _model(text, game)
    if re.match(r"(alphabeta|fairy-stockfish)(?![^:@])", text) and hasattr(game, "rows_of"):
        from gyges.agents.engines import fairychess

        return Source(text, text, "engine", text, fairychess.digest(text), True)
    if re.match(r"search:|(mcts|zero|universal)(\?|$)", text) and hasattr(game, "rows_of"):
        digest = load_name(f"{SEARCHES}:digest")(text)
        return Source(text, text, "search", text, digest, True)
    path, attribute = _split(text)
    if path.suffix == ".py":
        return _file(text, path, attribute)
    if path.is_dir():
        return _folder(text, path)
    if ":" in text:
        module = text.partition(":")[0]
        digest = _module_hash(text)
        trusted = module == "gyges" or module.startswith("gyges.")
        return Source(text.partition(":")[2], text, "module", text, digest, trusted)
    raise UnknownNameError(
        f"no policy {text!r}: neither a persona of {game.id} ({', '.join(game.personas)}), "
        "nor 'module:Class', nor 'file.py', nor a checkpoint folder, nor a model as in 'llm:NAME@URL'"
    )


def _model(text: str, game: Game) -> Source:
    from gyges.agents.llm import model_spec

    spec = model_spec.parse(text)
    return Source(spec.name, text, "model", text, model_spec.digest(spec, game), model_spec.trusted(spec))


def _split(text: str) -> tuple[Path, str]:
    """A file's path and the attribute after it."""
    head, _, tail = text.rpartition(":")
    if head.endswith(".py") and tail.isidentifier():
        return Path(head), tail
    return Path(text), ""


def _file(text: str, path: Path, attribute: str) -> Source:
    try:
        with path.open("rb") as file:
            code = file.read(MAX_SOURCE + 1)
    except OSError as error:
        raise UnknownNameError(f"policy file {path} cannot be read: {error.strerror}") from None
    if len(code) > MAX_SOURCE:
        raise PolicyError(f"policy file {path} has more than {MAX_SOURCE} bytes")
    entry = str(path.resolve()) + (f":{attribute}" if attribute else "")
    name = attribute or path.stem
    return Source(name, text, "file", entry, hashlib.sha256(code).hexdigest(), False, code)


def _folder(text: str, path: Path) -> Source:
    if not any((path / name).is_file() for name in CHECKPOINTS):
        known = ", ".join(sorted(CHECKPOINTS))
        raise PolicyError(f"folder {path} holds no checkpoint; known by their files: {known}")
    digest = hashlib.sha256()
    for file in loaded(path):
        digest.update(str(file.relative_to(path)).encode() + b"\0")
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return Source(path.resolve().name, text, "checkpoint", str(path.resolve()), digest.hexdigest(), False)


def loaded(folder: Path) -> list[Path]:
    """The files of a checkpoint folder that are read when it is loaded, in the order of their names.

    Of a network these are the card and what the card names, so that curves beside them change nothing;
    of other kinds all files.

    Raises:
        PolicyError: the card names other files than a checkpoint has.
        FileError: the card is not JSON.
    """
    card = folder / "checkpoint.json"
    if not card.is_file():
        return sorted(p for p in folder.rglob("*") if p.is_file())
    with card.open("rb") as stream:
        parts = _json.parse(stream.read(MAX_SOURCE), str(card)).get("files")
    names = [part.get("name") for part in parts.values()] if isinstance(parts, dict) and all(
        isinstance(part, dict) for part in parts.values()
    ) else []  # fmt: skip
    if not names or not all(isinstance(name, str) and STORED.fullmatch(name) for name in names):
        raise PolicyError(f"{card}: expected the names of stored networks under 'files'")
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise PolicyError(f"{card}: names {missing[0]}, which is not there")
    return sorted([card, *(folder / name for name in names)])


def _module_hash(entry: str) -> str:
    """SHA-256 of a module's file, found without importing anything of it."""
    module = entry.partition(":")[0]
    spec = None
    path: Any = None
    parts = module.split(".")
    for k in range(len(parts)):
        name = ".".join(parts[: k + 1])
        found = (finder.find_spec(name, path or _here(), None) for finder in sys.meta_path)
        spec = next((one for one in found if one is not None), None)
        if spec is None:
            raise UnknownNameError(f"no module {name!r} (asked for {entry!r})")
        path = spec.submodule_search_locations
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        return ""
    return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()


def _here() -> list[str]:
    """Where top-level modules are looked for: as Python would, then the current folder."""
    return [*sys.path, os.getcwd()]


def build(source: Source, game: Game) -> Policy:
    """Make the policy, in this process.

    Raises:
        PolicyError: it is not a policy. Whatever its own code raises passes through.
    """
    if source.kind == "file":
        path, attribute = _split(source.entry)
        made = _attribute(_execute(path, source.code), attribute, str(path))
    elif source.kind == "model":
        from gyges.agents.llm import model_spec

        return model_spec.make(source.entry, game)
    elif source.kind == "engine":
        from gyges.agents.engines import fairychess

        return fairychess.make(source.entry)
    elif source.kind == "search":
        return load_name(f"{SEARCHES}:make")(source.entry, game)  # type: ignore[no-any-return]
    elif source.kind == "checkpoint":
        folder = Path(source.entry)
        loader = next(loader for name, loader in CHECKPOINTS.items() if (folder / name).is_file())
        return _policy(load_name(loader)(folder, game), source.text)
    else:
        made = load_name(source.entry)
    if callable(made) and not (hasattr(made, "act") and not isinstance(made, type)):
        made = made(game=game) if "game" in _parameters(made) else made()
    return _policy(made, source.text)


def load(text: str, game: Game) -> Policy:
    """Make the policy that `text` stands for, in this process: `resolve` and `build`."""
    return build(resolve(text, game), game)


load_policy = load  # the name that `gyges.agents` offers, where `load` is this module


def _execute(path: Path, code: bytes) -> types.ModuleType:
    module = types.ModuleType(f"gyges_policy_{path.stem}")
    module.__file__ = str(path)
    exec(compile(code, str(path), "exec"), module.__dict__)
    return module


def _attribute(module: types.ModuleType, attribute: str, where: str) -> Any:
    if attribute:
        if not hasattr(module, attribute):
            raise PolicyError(f"{where} has no {attribute!r}")
        return getattr(module, attribute)
    own = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "act")
        and not name.startswith("_")
    }  # fmt: skip
    if len(own) != 1:
        found = ", ".join(own) or "none"
        raise PolicyError(f"{where}: expected one class with an act method, found {found}; use file.py:Class")
    return next(iter(own.values()))


def _parameters(made: Any) -> Any:
    try:
        return inspect.signature(made).parameters
    except (TypeError, ValueError):
        return {}


def _policy(made: Any, text: str) -> Policy:
    if not callable(getattr(made, "act", None)) or not callable(getattr(made, "initial", None)):
        raise PolicyError(f"{text}: a policy has the methods initial(rows) and act(observation, memory)")
    return made  # type: ignore[no-any-return]
