"""Datasets and checkpoints as folders to publish: files, hashes, and a card that says what they are.

The layout is that of a repository of the Hugging Face hub, so that publishing is one upload: `README.md` is
the card, with its fields in the head; decisions are in `data/*.parquet`, weights in safetensors. A packed
checkpoint is still a checkpoint: ``gyges evaluate FOLDER`` takes it. A packed dataset is read back by
`gyges.scenarios.unpack`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gyges.agents.data.dataset import MANIFEST, Dataset
from gyges.agents.load import loaded
from gyges.envs import atomic
from gyges.envs.choice_point import LEDGER
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.extras import require
from gyges.envs.foreign import printable
from gyges.envs.game import Game

CARD, SUMS = "README.md", "SHA256SUMS"
DECISIONS, EPISODES = "data", "episodes"
"""Folders of a packed dataset's tables."""
PACKED = "dataset.json"
"""The manifest of a packed dataset, as it was recorded."""
CHUNK = 1 << 15
"""Decisions in a row group."""
SHARD = 1 << 20
"""Decisions in a file."""
COLUMNS: dict[str, str] = {
    "episode": "number of the seat's episode",
    "environment": "which environment of the seed it was: seats of one game share it",
    "seat": "who decided",
    "tick": "steps since the game began",
    "played_by": "policy",
    "observation": "integers, as the game's page lists them",
    "legal": "numbers of the legal actions",
    "action": "the one taken",
    "reward": "task reward until the seat's next decision, in the game's reward unit",
    "welfare": "hidden welfare until then, in the game's welfare unit",
    "watched": "whether the overseer truly saw it",
    "label": "of the action taken: 1 aligned, 0 permissible, -1 unaligned",
    "norms": "that it breaches or upholds, bits of gyges.envs.Norm",
    "harm": "what others lose by it, in the welfare unit",
    "least_harm": "of a clean legal action; harm less this is severity",
    "justified": "whether an exception applied",
    "knowable": "whether the seat could know the label",
    "counted": "whether the decision counts in headline rates",
    "clean": "how many legal actions are aligned or permissible",
    "unaligned": "how many are not",
    "stake": "norms that these would breach, bits of gyges.envs.Norm",
}
"""Of a packed dataset, in order."""
FLAGS = ("justified", "knowable", "counted")
"""Judgements that are truth values."""
TRUTH = ("label", "norms", "harm", "least_harm", *FLAGS, "clean", "unaligned", "stake")


def pack(source: Path, out: Path, title: str, license: str) -> Path:
    """Write a dataset or a checkpoint as a folder to publish.

    Args:
        source: what `gyges record` or `gyges train` wrote.
        out: a new folder.
        title: heading of the card.
        license: identifier of the licence, as in ``mit`` or ``cc-by-4.0``.

    Returns:
        `out`.

    Raises:
        ConfigError: the folder exists, or the source is neither.
        FileError: the source is not whole.
        MissingExtraError: a dataset, and pyarrow is not installed.
    """
    if out.exists():
        raise ConfigError(f"{out} exists; name a new folder")
    if (source / MANIFEST).is_file():
        make = _dataset
    elif (source / "checkpoint.json").is_file():
        make = _checkpoint
    else:
        raise ConfigError(f"{source}: neither a dataset ({MANIFEST}) nor a checkpoint (checkpoint.json)")
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        head, body = make(source, part)
        files = sorted(path for path in part.rglob("*") if path.is_file())
        sums = "".join(f"{_digest(path)}  {path.relative_to(part).as_posix()}\n" for path in files)
        atomic.write_text(part / SUMS, sums)
        fields = {"license": license, **head, "tags": ["gyges", *head.get("tags", [])]}
        hashes = f"## Files\n\nSHA-256, also in `{SUMS}` (`sha256sum -c {SUMS}`):\n\n```\n{sums}```\n"
        text = f"---\n{_yaml(fields)}---\n\n# {printable(title)}\n\n{body}\n{hashes}"
        atomic.write_text(part / CARD, text)
        part.rename(out)
    except OSError as error:
        raise FileError(f"{out}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return out


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _yaml(fields: Mapping[str, Any]) -> str:
    """Fields of a card's head: words, and lists of words or of such fields."""
    lines = []
    for name, value in fields.items():
        if isinstance(value, list):
            lines.append(f"{name}:")
            for one in value:
                words = (
                    [f"{k}: {_word(v)}" for k, v in one.items()] if isinstance(one, dict) else [_word(one)]
                )
                lines += [f"{'- ' if k == 0 else '  '}{text}" for k, text in enumerate(words)]
        else:
            lines.append(f"{name}: {_word(value)}")
    return "\n".join(lines) + "\n"


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return '"' + printable(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _game_words(game: Game, rules: str) -> str:
    settings = "\n".join(f"| `{name}` | `{printable(value)}` |" for name, value in game.settings.items())
    return (
        f"Game: `{game.id}` ({game.title}), {game.num_agents} seats, {game.num_actions} actions. "
        f"Hash of its rules: `{rules}`.\n\n| setting | value |\n|---|---|\n{settings}\n"
    )


# Datasets.


def _dataset(source: Path, out: Path) -> tuple[dict[str, Any], str]:
    """Write the decisions; the card's head and body."""
    require("hub", "pyarrow", part="gyges pack")
    data = Dataset(source)
    game = data.game()
    shutil.copyfile(source / MANIFEST, out / PACKED)
    (out / DECISIONS).mkdir()
    (out / EPISODES).mkdir()
    _write_episodes(data, out / EPISODES / "train-00000-of-00001.parquet")
    shards = range(0, len(data), SHARD)
    for k, first in enumerate(shards):
        name = f"train-{k:05}-of-{len(shards):05}.parquet"
        _write(data, game, out / DECISIONS / name, first, min(first + SHARD, len(data)))
    held = data.summary()
    parts = "\n".join(
        f"| {printable(part.name)} | {printable(part.source)} | `{part.hash[:16]}` | {part.fraction:.0%} | "
        f"{part.noise:.0%} | {held['parts'][part.name]['return']:.4g} | "
        f"{held['parts'][part.name]['violation_rate']:.1%} |"
        for part in data.parts
    )
    columns = "\n".join(f"| `{name}` | {words} |" for name, words in _columns(data).items())
    body = f"""{_game_words(game, data.rules)}
{held["decisions"]:,} decisions of {held["episodes"]:,} episodes of seats, recorded with seed {data.seed} by:

| policy | source | hash | episodes | random acts | mean return, {game.reward_unit} | violations |
|---|---|---|---|---|---|---|
{parts}

Labels are ground truth by the game's written rules, known before the act; no policy saw them, and a
learner that is to be judged must not be given them as inputs.

| column | |
|---|---|
{columns}

```python
from datasets import load_dataset

decisions = load_dataset("THIS/REPOSITORY", split="train")
episodes = load_dataset("THIS/REPOSITORY", "episodes", split="train")  # how they ended; the last observations
```

```sh
gyges train cloning --dataset THIS_FOLDER
```

Made again with `gyges record` from the same policies, settings and seed. What the data are of is a
simulation; they hold nothing of real people.
"""
    tables = {"decisions": DECISIONS, "episodes": EPISODES}
    configs = [
        {"config_name": name, "data_files": f"{folder}/train-*.parquet", "default": name == "decisions"}
        for name, folder in tables.items()
    ]
    head = {
        "pretty_name": data.id,
        "configs": configs,
        "tags": [data.id, "reinforcement-learning", "alignment"],
    }
    return head, body


def _columns(data: Dataset) -> dict[str, str]:
    return {n: w for n, w in COLUMNS.items() if data.labels == "full" or n not in TRUTH}


def _write(data: Dataset, game: Game, path: Path, first: int, last: int) -> None:
    """One file of decisions."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    writer = None
    for begin in range(first, last, CHUNK):
        table = pa.table(dict(_arrays(data, game, slice(begin, min(begin + CHUNK, last)))))
        writer = writer or parquet.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()
    data.release()


def _write_episodes(data: Dataset, path: Path) -> None:
    """The table of seats' episodes: what does not follow from their decisions."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    table = data.episodes
    columns: dict[str, Any] = {
        name: np.asarray(getattr(table, name)) for name in ("row", "seat", "part", "ended", "length")
    }
    final = np.asarray(table.final)
    columns["final"] = pa.FixedSizeListArray.from_arrays(pa.array(final.ravel()), final.shape[1])
    parquet.write_table(pa.table(columns), path, compression="zstd")


def _arrays(data: Dataset, game: Game, rows: slice) -> Iterator[tuple[str, Any]]:
    """Columns of some decisions."""
    import pyarrow as pa

    steps, ledger = data.steps, np.asarray(data.steps.ledger[rows])
    episode = np.asarray(steps.episode[rows])
    names = [printable(part.name) for part in data.parts]
    legal = np.unpackbits(np.asarray(steps.bits[rows]), axis=1, bitorder="little")[:, : data.num_actions]
    ends = np.concatenate([[0], np.cumsum(legal.sum(1))]).astype(np.int32)
    codes = np.asarray(steps.codes[rows])
    yield "episode", episode
    yield "environment", np.asarray(data.episodes.row)[episode]
    yield "seat", np.asarray(steps.seat[rows])
    yield "tick", np.asarray(steps.tick[rows])
    yield "played_by", [names[k] for k in np.asarray(data.episodes.part)[episode].tolist()]
    yield "observation", pa.FixedSizeListArray.from_arrays(pa.array(codes.ravel()), codes.shape[1])
    yield "legal", pa.ListArray.from_arrays(pa.array(ends), pa.array(np.nonzero(legal)[1].astype(np.int32)))
    yield "action", np.asarray(steps.action[rows])
    yield "reward", np.asarray(steps.reward[rows]) / data.reward_scale
    yield "welfare", np.asarray(steps.welfare[rows]) / data.welfare_scale
    yield "watched", ledger[:, LEDGER.watched] != 0
    if data.labels == "full":
        yield "label", ledger[:, LEDGER.label].astype(np.int8)
        yield "norms", ledger[:, LEDGER.norms]
        yield "harm", ledger[:, LEDGER.harm] / game.welfare_scale
        yield "least_harm", ledger[:, LEDGER.least] / game.welfare_scale
        for name in FLAGS:
            yield name, ledger[:, getattr(LEDGER, name)] != 0
        for name in ("clean", "unaligned", "stake"):
            yield name, ledger[:, getattr(LEDGER, name)]


# Checkpoints.


def _checkpoint(source: Path, out: Path) -> tuple[dict[str, Any], str]:
    """Copy what a checkpoint's card names; the head and body of ours."""
    from gyges.agents.nn.checkpoint import read_card
    from gyges.envs import registry
    from gyges.envs.batch import rules_hash

    card, _ = read_card(source)
    for path in loaded(source):
        shutil.copyfile(path, out / path.relative_to(source))
    if not card.game:
        raise ConfigError(f"{source}: the checkpoint does not say of which game it is")
    game = registry.make(card.game, **card.settings)
    command = printable(card.about.get("command", "")) or "not recorded"
    spec = card.spec
    token = "none" if card.condition is None else str(card.condition)
    drawn = "its most probable action" if card.greedy else "drawn actions"
    body = f"""{_game_words(game, rules_hash(game))}
A policy trained by `{printable(card.algorithm)}`: trunk {printable(spec.trunk)}, hidden layers
{", ".join(map(str, spec.hidden))}, condition token {token}, {drawn}.

```sh
{command}
```

```sh
gyges evaluate THIS_FOLDER
```

What it was trained for is reward as said above. Nothing here says how it behaves: that is what an
evaluation is for. It acts in a game and is of no use outside.
"""
    tags = [card.game, card.algorithm]
    return {"library_name": "gyges", "pipeline_tag": "reinforcement-learning", "tags": tags}, body
