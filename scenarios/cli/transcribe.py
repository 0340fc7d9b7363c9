"""``gyges transcribe``: episodes as labelled text, to read or to train on.

gyges transcribe episode.episode.json                          # to read
gyges transcribe results.db --out data.jsonl --unit segment    # for `datasets` and TRL
gyges transcribe data/behaviour --compact --out texts.jsonl      # for gyges train text-tagged
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import tyro
from tyro.conf import Positional

from gyges.agents.data.dataset import MANIFEST
from gyges.agents.llm.transcripts import corpus, transcript
from gyges.agents.llm.transcripts.transcript import Form
from gyges.envs.episode import SUFFIX, Episode
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.foreign import echo
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.packs import PACKED
from gyges.scenarios.unpack import dataset


@dataclasses.dataclass(frozen=True)
class Transcribe:
    """Write episodes as labelled text."""

    sources: Positional[tuple[Path, ...]]
    """Episode files, folders of them, results files (.db), or with --compact folders of datasets."""
    out: Path | None = None
    """File to write: .jsonl for records, anything else for text to read. Without it, text to the terminal."""
    compact: bool = False
    """One short line a decision, for small models (`gyges train text-tagged --texts`), always JSONL."""
    most: int | None = None
    """Episodes at most; with datasets, decisions at most."""
    form: tyro.conf.OmitArgPrefixes[Form] = dataclasses.field(default_factory=Form)
    """How."""


def run(args: Transcribe) -> int:
    """Transcribe as the options say.

    Raises:
        FileError: a source that is none, or does not replay. What was written before it stands.
        ConfigError: options that do not go together.
    """
    if not args.sources:
        raise ConfigError("name at least one episode file, folder or results file")
    if args.out is None:
        return _all(args, _Terminal())
    try:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        with args.out.open("w", encoding="utf-8") as file:
            return _all(args, file)
    except OSError as error:
        raise FileError(f"{args.out}: cannot be written: {error.strerror}") from None


class _Sink(Protocol):
    """What text is written to."""

    def write(self, text: str, /) -> object: ...


class _Terminal:
    """The terminal, where what people and models said must command nothing."""

    def write(self, text: str, /) -> None:
        """Print it as it is safe to see."""
        echo(text, end="")


def _all(args: Transcribe, file: _Sink) -> int:
    count = 0
    for source in args.sources:
        if (source / MANIFEST).is_file() or (source / PACKED).is_file():
            count += _dataset(args, source, file)
            continue
        for name, episode in episodes(source):
            if args.most is not None and count >= args.most:
                return 0
            count += 1
            comments = args.form.commentary and not args.compact
            reading = transcript.read(
                episode, commentary=comments, unwise=args.form.unwise and not args.compact
            )
            if args.compact:
                for line in transcript.lines(reading, args.form):
                    _put(file, corpus.row(line, episode.game, args.form.tags))
            else:
                _write(args, reading, name, file)
    if not count:
        raise FileError(f"{', '.join(map(str, args.sources))}: no episodes there")
    return 0


def _write(args: Transcribe, reading: transcript.Reading, name: str, file: _Sink) -> None:
    plain = args.out is None or args.out.suffix != ".jsonl"
    for record in transcript.records(reading, args.form, name):
        if not plain:
            _put(file, record)
            continue
        file.write(f"=== {record['id']}: {record['game']}, {record['name']}, steps "
                   f"{record['steps'][0]} to {record['steps'][1]}\n{record['text']}\n")  # fmt: skip


def _put(file: _Sink, row: dict[str, Any]) -> None:
    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _dataset(args: Transcribe, source: Path, file: _Sink) -> int:
    if not args.compact:
        raise ConfigError(f"{source}: datasets hold decisions, not episodes that replay: use --compact")
    data = dataset(source)
    found = corpus.from_dataset(data, level=args.form.unit, most=args.most)
    for line in found:
        _put(file, corpus.row(line, data.id, args.form.tags))
    return len(found)


def episodes(source: Path) -> Iterator[tuple[str, Episode]]:
    """Names and episodes of a file, a folder of files, or a results file.

    Raises:
        FileError: nothing there, or not what it claims to be.
    """
    if source.is_dir():
        for path in sorted(source.rglob(f"*{SUFFIX}")):
            yield path.name.removesuffix(SUFFIX), Episode.load(path)
        return
    if source.suffix == ".db":
        yield from _stored(source)
        return
    yield source.name.removesuffix(SUFFIX), Episode.load(source)


def _stored(source: Path) -> Iterator[tuple[str, Episode]]:
    if not source.is_file():
        raise FileError(f"{source}: no such file")
    with Store(source) as store:
        for run in store.runs():
            for plan in store.plans(run):
                for result in store.results(run, plan["id"]) if plan.get("kind") != "bank" else ():
                    yield f"{run.id}-{plan['id']}-{result.idx}", store.episode(run, plan["id"], result.idx)
