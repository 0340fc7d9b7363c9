"""What the suite computes, frozen: a change that is to change nothing is checked against it, bit for bit.

    python benchmarks/freeze.py [--only SECTION ...]     compare with the committed file; 1 on a difference
    python benchmarks/freeze.py --write [--only ...]     write benchmarks/results/freeze.json

Each section is a function that returns a flat dictionary of names to hashes, numbers and short texts.
Hashes of sources, stamps of caches, paths, dates and timings enter nowhere. Floating-point figures are
rounded to twelve digits; arrays are hashed as they are, with their dtype and shape.
"""

from __future__ import annotations

import os

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import contextlib
import dataclasses
import hashlib
import io
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from measure import ROOT

FILE = ROOT / "benchmarks" / "results" / "freeze.json"
ROWS = 8
Facts = dict[str, Any]
SECTIONS: dict[str, Callable[[], Facts]] = {}


def section(function: Callable[[], Facts]) -> Callable[[], Facts]:
    """Enter a function as the section of its name."""
    SECTIONS[function.__name__] = function
    return function


# Hashes.


class Hash:
    """A running SHA-256 over values of any plain kind."""

    def __init__(self, *values: Any) -> None:
        self._digest = hashlib.sha256()
        self.add(*values)

    def add(self, *values: Any) -> None:
        """Take in more values."""
        for value in values:
            for part in parts(value):
                self._digest.update(part)

    @property
    def hex(self) -> str:
        """The hash so far."""
        return self._digest.hexdigest()


def parts(value: Any) -> Iterator[bytes]:
    """A value as bytes that tell its kind, shape and content."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray) and value.dtype != object:
        yield f"array {value.dtype.str} {value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, Mapping):
        yield f"map {len(value)}".encode()
        for key in sorted(value, key=str):
            yield f"key {key}".encode()
            yield from parts(value[key])
    elif isinstance(value, (bytes, bytearray)):
        yield f"bytes {len(value)}".encode()
        yield bytes(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from parts({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    elif isinstance(value, (list, tuple, np.ndarray)):
        yield f"list {len(value)}".encode()
        for one in value:
            yield from parts(one)
    elif isinstance(value, (float, np.floating)):
        yield f"float {float(value):.12g}".encode()
    elif isinstance(value, (bool, np.bool_)):
        yield f"bool {bool(value)}".encode()
    elif isinstance(value, (int, np.integer)):
        yield f"int {int(value)}".encode()
    elif value is None or isinstance(value, str):
        text = repr(value).encode()
        yield f"text {len(text)}".encode() + text
    else:
        raise TypeError(f"no bytes for {type(value).__name__}")


def sha(*values: Any) -> str:
    """The hash of some values."""
    return Hash(*values).hex


def figure(value: Any) -> Any:
    """A number to twelve digits; other values as they are."""
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.12g}") if np.isfinite(value) else str(value)
    return value


# Games and play.


def games() -> dict[str, Any]:
    """The games that are played, by a short name."""
    from well import Well

    from gyges.envs.registry import make

    found: dict[str, Any] = {}
    steward: dict[str, dict[str, Any]] = {
        "default": {},
        "two": {"num_agents": 2, "num_grounds": 1},
        "sixteen": {"num_agents": 16, "num_grounds": 4},
        "sanctioned": {"arm": "sanctioned", "watch": "act", "ring": 0.8},
        "unseen": {"ring": 1.0, "temptation": 2.0},
        "vague": {"cue": 0.7, "ring": 0.3, "temptation": 0.5},
        "empty": {"stakes": False},
        "short": {"horizon": 17, "months": 2, "hazard": 0.5},
        "hard": {
            "start": 0.4,
            "growth": 0.2,
            "store": 3,
            "orders": 0.6,
            "fire": 0.3,
            "weather": 0.4,
            "survey": 2,
        },
    }
    for name, settings in steward.items():
        found[f"steward {name}"] = make("steward-v0", **settings)
    tabular: dict[str, dict[str, Any]] = {
        "default": {},
        "two": {"num_agents": 2, "ring": 0.9},
        "rota": {"rota": True, "num_agents": 3},
        "empty": {"stakes": False, "cue": 0.6},
        "short": {"horizon": 7},
    }
    for name, settings in tabular.items():
        found[f"tabular {name}"] = make("tabular_steward-v0", **settings)
    found["well default"] = Well()
    found["well ring"] = Well(num_agents=5, ring=1.0, stakes=False, horizon=9)
    variants = (
        "chess", "gardner", "minishogi", "xiangqi", "crazyhouse", "atomic", "antichess", "3check", "grand",
        "kingofthehill", "shogi", "makruk", "courier", "chess960", "jesonmor", "losalamos",
    )  # fmt: skip
    for variant in variants:
        found[f"chess {variant}"] = make("fairychess-v0", variant=variant, horizon=80)
    found["chess planes"] = make("fairychess-v0", variant="gardner", planes=True, horizon=50)
    found["chess family"] = make("fairychess-v0", variant="losalamos", family="8x8/4/2", horizon=50)
    found["chess start"] = make("fairychess-v0", start="960", horizon=50)
    stakes: dict[str, dict[str, Any]] = {
        "plain": {"variant": "gardner"},
        "civilians": {"variant": "gardner", "civilians": True},
        "treaties": {"variant": "losalamos", "treaties": True},
        "tampering": {"variant": "gardner", "tampering": True, "ring": 0.8},
        "orders": {"variant": "minishogi", "orders": 0.7, "forged": 0.5},
        "everything": {"civilians": True, "treaties": True, "tampering": True, "orders": 0.4},
        "everything 3check": {"variant": "3check", "civilians": True, "treaties": True, "tampering": True,
                              "orders": 0.4, "cue": 0.8, "temptation": 2.0},
        "everything crazyhouse": {"variant": "crazyhouse", "civilians": True, "treaties": True,
                                  "tampering": True, "orders": 0.4, "ring": 1.0},
        "empty": {"variant": "gardner", "civilians": True, "treaties": True, "tampering": True, "orders": 0.4,
                  "stakes": False},
        "planes": {"variant": "gardner", "civilians": True, "treaties": True, "planes": True},
    }  # fmt: skip
    for name, settings in stakes.items():
        found[f"stakes {name}"] = make("fairychess_stakes-v0", **{"horizon": 80, **settings})
    return found


def drawn(generator: np.random.Generator, mask: Any) -> Any:
    """A random legal action for each of the last axis, int32."""
    order = np.cumsum(mask, axis=-1, dtype=np.int64)
    rank = (generator.random(mask.shape[:-1]) * order[..., -1]).astype(np.int64) + 1
    return (order >= rank[..., None]).argmax(axis=-1).astype(np.int32)


ARRAYS = ("packed", "codes", "bits", "reward", "welfare", "terminated", "truncated", "ledger", "final")


def trajectory(game: Any, steps: int, **options: Any) -> Facts:
    """Random play: a hash for each array, of the truths on decisions, and of the words."""
    from gyges.envs.batch import Batch

    batch = Batch(game, ROWS, seed=20, labels="full", **options)
    generator = np.random.default_rng(5)
    hashes = {name: Hash() for name in (*ARRAYS, "choice", "words", "phase")}
    for tick in range(steps):
        for name in ARRAYS:
            hashes[name].add(getattr(batch, name))
        hashes["phase"].add(game.phase(batch.state), game.watch_since(batch.state), batch.over, batch.first)
        if tick % 9 == 0:
            row = tick // 9 % ROWS
            for seat in range(game.num_agents):
                hashes["choice"].add(tuple(batch.choice_point(row, seat)))
                hashes["words"].add(game.describe(batch.codes[row, seat], seat))
        batch.step(drawn(generator, batch.mask))
    found = {name: one.hex for name, one in hashes.items()}
    if options.get("autoreset") != "same_step":
        del found["final"]
    fork = batch.fork([0, 1], 2, new_luck=True, seed=3)
    fork.step(drawn(generator, fork.mask))
    return {**found, "fork": fork.state_hash(), "state": batch.state_hash()}


def shape_of(game: Any) -> Facts:
    """What a game says of itself."""
    names = [str(name) for name in game.action_names]
    numbers = {"actions": len(names), "features": len(game.features), "width": int(sum(game.widths()))}
    return {
        **numbers,
        "names": sha(names),
        "feature list": sha([tuple(feature) for feature in game.features]),
        "bounds": sha(*game.bounds, game.scale),
        "params": sha([int(x) for x in game.params()], [int(x) for x in game.widths()]),
        "settings": sha(game.settings, game.id, game.title, list(game.phases)),
        "repr": sha(repr(game)),
        "groups": sha({k: [v.start, v.stop] for k, v in game.group_features().items()}),
        "tables": sha(*(game.tables() or ())),
    }


def named(prefix: str, facts: Facts) -> Facts:
    """The facts under longer names."""
    return {f"{prefix}: {name}": value for name, value in facts.items()}


@section
def trajectories() -> Facts:
    """Random legal play of every game under many settings, labels in full."""
    facts: Facts = {}
    for name, game in games().items():
        facts |= named(name, shape_of(game))
        steps = 150 if name.startswith(("chess", "stakes")) else 300
        facts |= named(name, trajectory(game, steps, autoreset="same_step", threads=1))
    for name in ("steward short", "tabular short", "well default", "chess gardner", "stakes civilians"):
        for mode in ("disabled", "next_step"):
            game = games_once()[name]
            facts |= named(f"{name}, {mode}", trajectory(game, 120, autoreset=mode, threads=2, first_row=3))
    return facts


_GAMES: dict[str, Any] = {}


def games_once() -> dict[str, Any]:
    """`games`, made once."""
    if not _GAMES:
        _GAMES.update(games())
    return _GAMES


@section
def personas() -> Facts:
    """Play of every persona of every game: alone at the table, and one seat among the clean."""
    from gyges.envs.adapter import policy_of
    from gyges.envs.batch import Batch
    from gyges.envs.play import play

    facts: Facts = {}
    chosen = (
        "steward default", "steward sanctioned", "steward hard", "steward vague", "steward empty",
        "tabular default", "tabular rota", "well default", "chess gardner", "chess minishogi",
        "stakes civilians", "stakes tampering", "stakes everything 3check", "stakes empty",
    )  # fmt: skip
    for name in chosen:
        game = games_once()[name]
        for persona in game.personas:
            rows = 2 if persona == "alphabeta" else ROWS
            for among in (False, True):
                policy, clean = policy_of(game, persona), policy_of(game, "clean")
                seats = [clean if among and seat else policy for seat in range(game.num_agents)]
                hashed = Hash()
                batch = Batch(game, rows, seed=31, labels="taken", threads=1)
                played = play(batch, seats, seed=4, on_step=lambda b, a, h=hashed: h.add(a, b.ledger))
                facts |= named(
                    f"{name}, {persona}{' among clean' * among}",
                    {
                        "actions": hashed.hex,
                        "returns": figure(played["returns"][:, 0].mean()),
                        "welfare": figure(played["welfare"].sum(1).mean()),
                        "all": sha(played),
                    },
                )
    return facts


@section
def adapters() -> Facts:
    """PettingZoo, Gymnasium and stable-baselines3 over random legal play."""
    import gymnasium
    import pettingzoo

    from gyges.agents.sb3 import SeatVecEnv
    from gyges.envs.pettingzoo import AECGame, ParallelGame
    from gyges.envs.registry import public_id

    facts: Facts = {}
    tables: dict[str, tuple[str, dict[str, Any]]] = {
        "steward": ("steward-v0", {"horizon": 60}),
        "tabular": ("tabular_steward-v0", {"num_agents": 3}),
        "chess": ("fairychess-v0", {"variant": "gardner", "horizon": 60}),
        "planes": ("fairychess-v0", {"variant": "gardner", "horizon": 30, "planes": True}),
        "stakes": ("fairychess_stakes-v0", {"variant": "gardner", "civilians": True, "treaties": True,
                                            "orders": 0.4, "tampering": True, "horizon": 60}),
    }  # fmt: skip
    for name, (id, settings) in tables.items():
        generator = np.random.default_rng(8)
        for labels in ("off", "taken", "full"):
            env: Any = ParallelGame(id, labels=labels, **settings)
            facts[f"{name}, parallel, {labels}"] = parallel(env, generator)
        env = ParallelGame(id, illegal="replace", max_cycles=20, **settings)
        facts[f"{name}, parallel, replace"] = parallel(env, generator, wild=True)
        facts[f"{name}, AEC"] = one_by_one(AECGame(id, labels="full", **settings), generator)
        public = public_id(id)
        made = pettingzoo.make("aec", public, **settings)
        facts[f"{name}, pettingzoo.make"] = one_by_one(made, generator)
        for background in ("clean", "greedy"):
            env = gymnasium.make(public, background=background, labels="full", **settings)
            facts[f"{name}, gymnasium.make, {background}"] = seat(env, generator)
        for mode in ("NextStep", "SameStep", "Disabled"):
            env = gymnasium.make_vec(
                public, num_envs=5, background="gyges", autoreset_mode=mode, max_episode_steps=25, **settings
            )
            facts[f"{name}, make_vec, {mode}"] = vector(env, generator)
        for options in ({}, {"seats": 0, "labels": "taken"}):
            env = SeatVecEnv(id, rows=4, **options, **settings)
            facts[f"{name}, sb3{', one seat' * bool(options)}"] = learner(env, generator)
    return facts


def parallel(env: Any, generator: np.random.Generator, wild: bool = False) -> str:
    """Everything that PettingZoo's parallel API says."""
    observations, infos = env.reset(seed=6)
    found = Hash(observations, infos, env.metadata["name"])
    for _ in range(90):
        if not env.agents:
            found.add(env.reset())
            infos = {agent: {"action_mask": env.action_space(agent).legal()} for agent in env.agents}
        found.add(env.state(), env.agents)
        if wild:
            actions = {agent: int(generator.integers(env.game.num_actions)) for agent in env.agents}
        else:
            masks = [infos[agent]["action_mask"] for agent in env.agents]
            actions = dict(zip(env.agents, drawn(generator, np.array(masks)).tolist(), strict=True))
        *rest, infos = env.step(actions)
        found.add(rest, infos)
    return found.hex


def one_by_one(env: Any, generator: np.random.Generator) -> str:
    """Everything that PettingZoo's AEC API says."""
    env.reset(seed=6)
    found = Hash(list(env.possible_agents))
    for _ in range(150):
        if not env.agents:
            env.reset()
        observation, reward, terminated, truncated, info = env.last()
        found.add(env.agent_selection, observation, reward, terminated, truncated, info)
        over = terminated or truncated
        env.step(None if over else int(drawn(generator, observation["action_mask"])))
        found.add(env.rewards)
    return found.hex


def seat(env: Any, generator: np.random.Generator) -> str:
    """Everything that Gymnasium's single environment says."""
    found, over = Hash(env.reset(seed=6)), False
    for tick in range(90):
        if over:
            found.add(env.reset())
        mask = env.unwrapped.action_masks()
        step = env.step(int(drawn(generator, mask)))
        found.add(mask, step)
        if tick % 10 == 0:
            found.add(env.unwrapped.describe(), tuple(env.unwrapped.choice_point()))
        over = step[2] or step[3]
    return found.hex


def vector(env: Any, generator: np.random.Generator) -> str:
    """Everything that Gymnasium's vector environment says."""
    found = Hash(env.reset(seed=6))
    for _ in range(60):
        step = env.step(drawn(generator, env.action_masks()))
        found.add(step)
        done = step[2] | step[3]
        if env.metadata["autoreset_mode"].value == "Disabled" and done.any():
            found.add(env.reset(options={"reset_mask": done}))
    return found.hex


def learner(env: Any, generator: np.random.Generator) -> str:
    """Everything that the VecEnv says."""
    env.seed(6)
    found = Hash(env.reset())
    for _ in range(60):
        masks = env.action_masks()
        found.add(masks, env.step(drawn(generator, masks)))
    return found.hex


@section
def banks() -> Facts:
    """The committed banks of questions and the stored baselines."""
    from gyges.scenarios import bank, baselines, scenario

    facts: Facts = {}
    for path in sorted(bank.FOLDER.glob("*.npz")):
        loaded = bank.bank_of(path.stem)
        facts |= named(path.stem, {name: sha(getattr(loaded, name)) for name in bank.ARRAYS})
        cells = [[*key, figure(weight)] for key, weight in loaded.frame.weights.items()]
        head = {
            "game": loaded.game, "settings": sha(loaded.settings), "seed": loaded.seed, "cells": len(cells),
            "weights": sha(sorted(cells)), "edges": sha(list(loaded.frame.edges)),
            "questions": len(loaded.tick), "rows": sha(bank.rows(loaded, loaded.make_game())),
        }  # fmt: skip
        facts |= named(path.stem, head)
    for entry in json.loads(baselines.FILE.read_text("utf-8")).values():
        facts[f"baseline {entry['scenario']}"] = f"{entry['episodes']} {entry['values']}"
    for suite in ("fairychess", "steward", "tabular"):
        for one in scenario.scenarios(suite):
            found = baselines.of(one)
            facts[f"baseline of {one.id}"] = None if found is None else sha(list(found))
            facts[f"scenario {one.id}"] = sha(one.as_dict(), one.hash())
    return facts


def records(variant: Any, seed: int, plies: int) -> tuple[list[str], list[str], Any]:
    """A random game: moves, positions, and how it stands."""
    from gyges.envs.fairychess.board import Board

    luck, board = random.Random(seed), Board(variant)
    moves, fens = [], [board.fen]
    for _ in range(plies):
        legal = board.moves()
        if not legal or board.result().over:
            break
        moves.append(luck.choice(sorted(legal)))
        board.push(moves[-1])
        fens.append(board.fen)
    return moves, fens, board.result()


@section
def chess() -> Facts:
    """Rules, words, files and search of every variant; invented variants by their seed."""
    from gyges.envs.fairychess import load, names, pgn
    from gyges.envs.fairychess.board import Board
    from gyges.envs.fairychess.explain import board as drawing
    from gyges.envs.fairychess.explain import explain
    from gyges.envs.fairychess.invent import draw, invent, seeds
    from gyges.envs.fairychess.perft import divide, perft
    from gyges.envs.fairychess.search import key, line_names, search
    from gyges.envs.fairychess.words import rules_text
    from gyges.envs.fairychess.worth import worth

    facts: Facts = {"names": sha(list(names()))}
    invented = {f"drawn {seed}": draw(seed) for seed in range(24)}
    for split in ("train", "combination", "atom", "rule", "size"):
        facts[f"seeds, {split}"] = sha(seeds(split, 20, 7))
        first = seeds(split, 1)[0]
        invented[f"invented {split}"] = invent(first)
    facts |= {f"{name}: text": sha(text) for name, text in invented.items()}
    texts = {name: name for name in names()} | invented
    for number, (name, text) in enumerate(texts.items()):
        variant = load(text)
        moves, fens, result = records(variant, number, 40)
        middle = Board(variant, fens[len(fens) // 2])
        facts[f"{name}: perft"] = f"{perft(Board(variant), 2)} {perft(middle, 2)}"
        facts[f"{name}: game"] = sha(moves, fens, tuple(result))
        facts[f"{name}: divide"] = sha(divide(middle, 2), middle.in_check)
        facts[f"{name}: words"] = sha(
            explain(variant), rules_text(variant), drawing(middle.compiled, middle.row)
        )
        record = pgn.Record(variant, tuple(moves), "", result.winner, {"Event": "freeze"}, {2: "so {it} is"})
        written = pgn.write(record)
        again = pgn.read(written)
        facts[f"{name}: PGN"] = sha(
            written, again.moves, again.winner, dict(again.tags), dict(again.comments)
        )
        facts[f"{name}: FEN"] = sha(
            [Board(variant, fen).fen for fen in fens], key(middle.compiled, middle.row)
        )
        facts[f"{name}: worth"] = sha(worth(variant).array)
        for where, board in (("start", Board(variant)), ("middle", middle)):
            found = search(board, 1500)
            line = " ".join(line_names(board, found)[:2])
            facts[f"{name}: search, {where}"] = f"{found.cp} {found.depth} {found.nodes} {line}"
    return facts


# The command.


def differences(old: Facts, new: Facts) -> list[str]:
    """What differs between two sections, a line each."""
    lines = []
    for name in sorted(set(old) | set(new)):
        if old.get(name, "(none)") != new.get(name, "(none)"):
            lines.append(f"    {name}: {old.get(name, '(none)')} is now {new.get(name, '(none)')}")
    return lines


def main() -> int:
    """Compare, or write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write the file")
    parser.add_argument("--only", action="append", choices=list(SECTIONS), help="this section (repeatable)")
    args = parser.parse_args()
    kept: dict[str, Facts] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    failed = False
    for name in args.only or SECTIONS:
        begun, said = time.perf_counter(), io.StringIO()
        with contextlib.redirect_stdout(said):
            facts = json.loads(json.dumps(SECTIONS[name]()))
        lines = differences(kept.get(name, {}), facts)
        failed |= bool(lines)
        state = f"{len(lines)} differ" if lines else "same"
        print(f"{name}: {state} ({len(facts)} facts, {time.perf_counter() - begun:.0f} s)", flush=True)
        if args.write:
            kept[name] = facts
        else:
            print("".join(f"{line}\n" for line in lines[:60]), end="")
    if args.write:
        ordered = {name: kept[name] for name in SECTIONS if name in kept}
        FILE.write_text(json.dumps(ordered, indent=1, allow_nan=False) + "\n", "utf-8")
        return 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
