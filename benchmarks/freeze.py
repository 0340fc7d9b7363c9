"""What the suite computes, frozen: a change that is to change nothing is checked against it, bit for bit.

    python benchmarks/freeze.py [--only SECTION ...]     compare with the committed file; 1 on a difference
    python benchmarks/freeze.py --write [--only ...]     write benchmarks/results/freeze.json

Each section is a function that returns a flat dictionary of names to hashes, numbers and short texts.
Hashes of sources, stamps of caches, paths, dates and timings enter nowhere. Floating-point figures are
rounded to twelve digits; arrays are hashed as they are, with their dtype and shape. The weights of networks
hold on one kind of processor with one version of torch; elsewhere the file is to be written first.
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
import itertools
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
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
    from well.game import Well

    from gyges.envs.fairychess.stakes.encoding import PLAIN
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
        found[f"steward {name}"] = make("steward-v1", **settings)
    tabular: dict[str, dict[str, Any]] = {
        "default": {},
        "two": {"num_agents": 2, "ring": 0.9},
        "rota": {"rota": True, "num_agents": 3},
        "empty": {"stakes": False, "cue": 0.6},
        "short": {"horizon": 7},
    }
    for name, settings in tabular.items():
        found[f"tabular {name}"] = make("tabular_steward-v1", **settings)
    found["well default"] = Well()
    found["well ring"] = Well(num_agents=5, ring=1.0, stakes=False, horizon=9)
    variants = (
        "chess", "gardner", "minishogi", "xiangqi", "crazyhouse", "atomic", "antichess", "3check", "grand",
        "kingofthehill", "shogi", "makruk", "courier", "chess960", "jesonmor", "losalamos",
    )  # fmt: skip
    for variant in variants:
        found[f"chess {variant}"] = make("fairychess-v1", variant=variant, horizon=80)
    found["chess planes"] = make("fairychess-v1", variant="gardner", planes=True, horizon=50)
    found["chess family"] = make("fairychess-v1", variant="losalamos", family="8x8/4/2", horizon=50)
    found["chess start"] = make("fairychess-v1", start="960", horizon=50)
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
        found[f"stakes {name}"] = make("fairychess_stakes-v1", **{**PLAIN, "horizon": 80, **settings})
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
        "groups": sha({k: [v.start, v.stop] for k, v in getattr(game, "slices", {}).items()}),
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
    from gyges.envs.batch import Batch
    from gyges.envs.rollout import play
    from gyges.envs.seat_env import policy_of

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

    from gyges.agents.sb3.vec_env import SeatVecEnv
    from gyges.envs.pettingzoo import AECGame, ParallelGame
    from gyges.envs.registry import public_id

    facts: Facts = {}
    tables: dict[str, tuple[str, dict[str, Any]]] = {
        "steward": ("steward-v1", {"horizon": 60}),
        "tabular": ("tabular_steward-v1", {"num_agents": 3}),
        "chess": ("fairychess-v1", {"variant": "gardner", "horizon": 60}),
        "planes": ("fairychess-v1", {"variant": "gardner", "horizon": 30, "planes": True}),
        "stakes": ("fairychess_stakes-v1", {"variant": "gardner", "civilians": True, "treaties": True,
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
    from gyges.scenarios import scenario
    from gyges.scenarios.counterfactual import bank
    from gyges.scenarios.report import baselines

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
    from gyges.envs.fairychess import load, names
    from gyges.envs.fairychess.board import Board
    from gyges.envs.fairychess.describe import rules_text
    from gyges.envs.fairychess.engine.perft import divide, perft
    from gyges.envs.fairychess.notation import pgn
    from gyges.envs.fairychess.search.alphabeta import key, line_names, search
    from gyges.envs.fairychess.search.piece_values import worth
    from gyges.envs.fairychess.variants.explain import board as drawing
    from gyges.envs.fairychess.variants.explain import explain
    from gyges.envs.fairychess.variants.invent import draw, invent, seeds

    facts: Facts = {"names": sha(list(names()))}
    invented = {f"drawn {seed}": draw(seed, version=1) for seed in range(24)}
    for split in ("train", "combination", "atom", "rule", "size"):
        facts[f"seeds, {split}"] = sha(seeds(split, 20, 7))
        first = seeds(split, 1)[0]
        invented[f"invented {split}"] = invent(first, version=1)
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


# Evaluation and learning.


def rounded(value: Any) -> Any:
    """Plain data with its numbers to twelve digits."""
    if isinstance(value, Mapping):
        return {str(key): rounded(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(one) for one in value]
    return figure(value)


def flat(value: Any, name: str, depth: int = 3) -> Facts:
    """Plain data by path: figures as they are down to a depth, the rest as one hash."""
    if isinstance(value, Mapping) and depth:
        found: Facts = {}
        for key, one in value.items():
            found |= flat(one, f"{name}.{key}", depth - 1)
        return found
    short = value is None or (isinstance(value, (bool, int, float, str)) and len(str(value)) < 60)
    return {name: figure(value) if short else sha(rounded(value))}


def normalised(text: str) -> str:
    """A page without hashes, dates and versions."""
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "HASH", text)
    return re.sub(r"\b20\d\d-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?\b", "DATE", text)


def well_game(**settings: Any) -> Any:
    """The Well by its id."""
    from gyges.envs.registry import make, register

    register("well-v0", "well.game:Well")
    return make("well-v0", **{"num_agents": 3, "horizon": 12, **settings})


@contextlib.contextmanager
def room() -> Iterator[Path]:
    """A folder for a while, and one thread for torch."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory(prefix="gyges-freeze-") as folder:
            yield Path(folder)
    finally:
        torch.set_num_threads(before)


@section
def evaluation() -> Facts:
    """Tiny evaluations under a fixed nonce: counts, the leaderboard's data and page; gap and price."""
    from gyges.envs.batch import Batch
    from gyges.envs.seat_env import policy_of
    from gyges.render.page.page import page
    from gyges.scenarios.counterfactual import gap, price
    from gyges.scenarios.evaluation.evaluate import evaluate
    from gyges.scenarios.evaluation.store import Store
    from gyges.scenarios.report.leaderboard import page_data
    from gyges.scenarios.scenario import register_scenario, scenario

    visitor, chess = scenario("steward-visitor"), scenario("fairychess-everything")
    small = {"horizon": 60}
    for one in (
        visitor.with_(id="freeze-visitor", episodes=6, settings=small),
        visitor.with_(id="freeze-stripped", episodes=4, settings={**small, "stakes": False}),
        scenario("steward-mixed").with_(id="freeze-mixed", episodes=4, settings=small),
        scenario("steward-bank").with_(id="freeze-bank"),
    ):
        register_scenario(one, "freeze-steward")
    register_scenario(scenario("tabular-visitor").with_(id="freeze-tabular", episodes=8), "freeze-tabular")
    register_scenario(chess.with_(id="freeze-chess", episodes=4, settings={"horizon": 40}), "freeze-chess")
    facts: Facts = {}
    with room() as folder:
        for suite, probes in (("freeze-steward", 12), ("freeze-tabular", 12), ("freeze-chess", 4)):
            out = folder / f"{suite}.db"
            for policy in ("clean", "gyges", "random"):
                evaluate(policy, suite, out, nonce="0f" * 16, probes=probes)
            with Store(out) as store:
                data = page_data(store)
                for row in data["rows"]:
                    row["replays"] = [{**link, "episode": ""} for link in row["replays"]]  # holds a hash
                for run in store.runs():
                    for one in store.plans(run):
                        asked = [[k, d] for k, d in store.probes(run, one["id"])]
                        facts[f"{suite}, {run.policy}, {one['id']}: probes"] = sha(rounded(asked))
            for row in data["rows"]:
                place = f"{suite}, {row['policy']}, {row['scenario']}"
                for key, found in row["metrics"].items():
                    facts[f"{place}: {key}"] = figure(found["value"])
                facts[f"{place}: intervals and norms"] = sha(rounded([row["metrics"], row["norms"]]))
            facts |= {f"{suite}: {key}": sha(rounded(value)) for key, value in data.items()}
            facts[f"{suite}: page"] = sha(normalised(page(data)))
    for name in ("steward default", "tabular default", "well default", "stakes everything"):
        game = games_once()[name]
        batch = Batch(game, 12, seed=9, labels="full", threads=1)
        generator = np.random.default_rng(2)
        for _ in range(7):
            batch.step(drawn(generator, batch.mask))
        where = [(row, int(batch.state.to_move[row].argmax())) for row in range(batch.rows)]
        contested = [pair for pair in where if batch.choice_point(*pair).contested][:4]
        clean = policy_of(game, "clean")
        seats = [policy_of(game, "random")] * game.num_agents
        points = price.points(batch, contested)
        found = price.prices(game, points, seats, clean, screen=2, final=3, seed=1)
        facts[f"{name}: prices"] = sha([[figure(x) for x in one] for one in found])
        packed = batch.snapshot([row for row, _ in contested]).rows
        for persona in ("clean", "gyges", "random"):
            told = gap.ask(
                policy_of(game, persona), game, packed, np.array([s for _, s in contested]), samples=4
            )
            facts[f"{name}: asked {persona}"] = sha(told.violation, told.method)
    return facts


def weights(network: Any) -> str:
    """The hash of a network's numbers."""
    return sha({name: value for name, value in network.state_dict().items()})


def recorded(game: Any, folder: Path, decisions: int, segment: int = 5) -> Any:
    """A small mixture of personas as a dataset."""
    from gyges.agents.data.mixture import players
    from gyges.agents.data.recorder import record

    mix = {"clean": 0.2, "greedy~0.2": 0.4, "gyges~0.2": 0.2, "random": 0.2}
    return record(game, players(game, mix), folder, decisions=decisions, segment=segment)


def packed(ledger: Any, data: Any) -> dict[str, Any]:
    """What datasets of 0.1.0 kept of the ledger: label, norms, severity, and six bits."""
    from gyges.envs.choice_point import LEDGER, headline, severity

    last = np.zeros(len(data), np.bool_)
    last[data.episodes.start + data.episodes.length - 1] = True
    bits = (
        ledger[:, LEDGER.justified] != 0, ledger[:, LEDGER.knowable] != 0, ledger[:, LEDGER.watched] != 0,
        (ledger[:, LEDGER.clean] > 0) & (ledger[:, LEDGER.unaligned] > 0), headline(ledger), last,
    )  # fmt: skip
    return {
        "label": ledger[:, LEDGER.label].astype(np.int8), "norms": ledger[:, LEDGER.norms].astype(np.uint16),
        "severity": severity(ledger), "flags": sum(b.astype(np.uint8) << k for k, b in enumerate(bits)),
    }  # fmt: skip


@section
def learners() -> Facts:
    """Weights after very short training by every learner, on one thread; recorded datasets."""
    from gyges.agents.learn.imitation import Imitation, imitate
    from gyges.agents.learn.offline import Offline, learn_offline
    from gyges.agents.learn.ppo import PPO, PPOConfig
    from gyges.agents.learn.reward_model import Comparisons, fit
    from gyges.agents.load import load
    from gyges.agents.rewards import TaskReward
    from gyges.envs.batch import Batch
    from gyges.envs.registry import make
    from gyges.envs.rollout import play
    from gyges.scenarios.cli.main import main as gyges
    from gyges.scenarios.cli.train import ALGORITHMS
    from gyges.scenarios.raters.raters import Rater
    from gyges.scenarios.raters.satisficer import Satisficer
    from gyges.scenarios.raters.score import gold_of
    from gyges.scenarios.scenario import register_scenario, scenario

    facts: Facts = {}
    with room() as folder:
        tables = {
            "well": (well_game(), 4000), "tabular": (games_once()["tabular two"], 2500),
            "steward": (make("steward-v1", num_agents=3, horizon=40), 2500),
            "stakes": (games_once()["stakes civilians"], 400),
        }  # fmt: skip
        data = {name: recorded(game, folder / name, count) for name, (game, count) in tables.items()}
        for name, one in data.items():
            for table in ("steps", "segments", "episodes"):
                arrays = {k: np.asarray(v) for k, v in getattr(one, table)._asdict().items()}
                if table == "steps":
                    facts[f"{name}: recorded ledger"] = sha(arrays["ledger"])
                    arrays |= packed(arrays.pop("ledger"), one)
                facts[f"{name}: recorded {table}"] = sha(arrays)
        for name in ("well", "tabular"):
            one = data[name]
            gold = gold_of(one)
            labels = Satisficer(Rater(), 0.9, "episode").fit(one, gold).label(one, gold)
            facts[f"{name}: labels"] = sha(gold, labels)
            for mode, trunk in (
                ("cloning", "mlp"), ("filtered", "mlp"), ("conditioned", "mlp"), ("return", "mlp"),
                ("conditioned", "gru"), ("cloning", "attention"),
            ):  # fmt: skip
                args = Imitation(mode=mode, steps=30, batch=128, hidden=(16, 16), trunk=trunk, window=8)
                made = imitate(one, args, labels=labels, scores=gold)
                facts[f"{name}: {mode}, {trunk}"] = weights(made.network)
            for algorithm in ("awr", "iql", "cql", "q"):
                learnt = learn_offline(
                    one, Offline(algorithm=algorithm, steps=30, batch=128, hidden=(16, 16)), scores=gold
                )
                facts[f"{name}: {algorithm}"] = weights(learnt.network)
            model, right = fit(one, gold, Comparisons(pairs=300, steps=30, batch=64, hidden=(16,)))
            facts[f"{name}: reward model"] = weights(model)
            facts[f"{name}: reward model, right"] = figure(right)
        base = {"frames": 4000, "rows": 6, "steps": 12, "minibatch": 64, "epochs": 2, "hidden": (12, 12),
                "threads": 1, "seed": 3}  # fmt: skip
        for name, options in (
            ("well", {}), ("well", {"trunk": "gru"}), ("well", {"trunk": "attention"}), ("steward", {}),
            ("steward", {"separate": True, "conscience": 0.5}),
            ("steward", {"seat_token": True, "labels": True}),
            ("tabular", {"gamma": 0.9, "target_kl": 0.01}), ("stakes", {}),
        ):  # fmt: skip
            ppo = PPO(tables[name][0], PPOConfig(**{**base, **options}), reward=TaskReward())
            for _ in range(3):
                ppo.update()
            facts[f"{name}: PPO {options}"] = weights(ppo.network)
        tiny = register_scenario(
            scenario("tabular-visitor").with_(
                id="freeze-learners", settings={"num_agents": 2, "horizon": 6}, episodes=4
            )
        )
        quick = {
            "ppo": ["--frames", "300", "--rows", "4", "--steps", "12", "--threads", "1", "--no-tensorboard"],
            "sb3-ppo": ["--frames", "64", "--rows", "2", "--hyper", "n_steps=8", "batch_size=8"],
            "sb3-a2c": ["--frames", "100", "--rows", "2"],
            "sb3-dqn": ["--frames", "100", "--rows", "2", "--hyper", "learning_starts=20"],
            "sb3-maskable-ppo": ["--frames", "64", "--rows", "2", "--hyper", "n_steps=8", "batch_size=8"],
        }
        gyges(["record", tiny.id, "--out", str(folder / "mixture"), "--decisions", "600"])
        os.environ["GYGES_TRUST"] = str(folder)
        for name in ALGORITHMS:
            if name in ("alphazero", "selfplay-ppo", "engine-sgd"):
                continue  # no dataset, no game: they learn chess variants
            if name.startswith("text-"):
                continue
            given = [
                "train",
                name,
                "--out",
                str(folder / f"made-{name}"),
                "--quiet",
                *quick.get(name, ["--steps", "15"]),
            ]
            given += ["--scenario", tiny.id] if name in quick else ["--dataset", str(folder / "mixture")]
            if gyges(given):
                raise RuntimeError(f"gyges {' '.join(given)} failed")
            game = tiny.make_game()
            policy = load(str(folder / f"made-{name}"), game)
            played = play(Batch(game, 6, seed=3, threads=1), [policy, load("clean", game)], seed=1)
            facts[f"command {name}: play"] = sha(played)
        del os.environ["GYGES_TRUST"]
    return facts


# Words and pictures.


def episode_of(game: Any, names: tuple[str, ...], steps: int = 10_000) -> tuple[Any, Any]:
    """An episode among personas, as a reel and as a file's content (with no rules hash)."""
    from gyges.agents.load import load
    from gyges.envs.batch import Batch, rules_hash
    from gyges.envs.episode import Seat, Tape, Word
    from gyges.envs.rollout import Seating, rollout
    from gyges.render import Timeline

    batch = Batch(game, 1, seed=5, labels="full", threads=1)
    people = {name: load(name, game) for name in names}
    seating, tape, reel = (
        Seating(batch, [people[name] for name in names], seed=1),
        Tape(batch),
        Timeline(game, names),
    )
    for _ in itertools.islice(rollout(batch, seating, [tape, reel]), steps):
        pass
    tape.words[0].append(Word(0, 1, "trust me <|good|>\n> pass"))
    seats = tuple(Seat(name, k == 1, name, "") for k, name in enumerate(names))
    return reel, tape.episode(0, scenario="", seats=seats, rules=rules_hash(game))


def tables_of() -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Games to be told and painted, and who plays them."""
    from gyges.envs.registry import make

    return {
        "steward": (make("steward-v1", num_agents=3, horizon=40, orders=0.5), ("clean", "gyges", "greedy")),
        "tabular": (make("tabular_steward-v1", num_agents=3, horizon=12), ("clean", "gyges", "greedy")),
        "well": (well_game(), ("clean", "gyges", "greedy")),
        "chess": (make("fairychess-v1", variant="gardner", horizon=24), ("greedy", "random")),
        "crazyhouse": (make("fairychess-v1", variant="crazyhouse", horizon=30), ("random", "greedy")),
        "stakes": (
            make("fairychess_stakes-v1", variant="gardner", civilians=True, treaties=True, tampering=True,
                 orders=0.5, horizon=24),
            ("gyges", "greedy"),
        ),
    }  # fmt: skip


ANSWERS = (
    '{"choice": 2}', ' {"thoughts": "a or 3?", "choice": 6}\n', '```json\n{"choice": 3}\n```',
    "CHOICE: 2", 'Here you go: {"choice": 3} as asked', '{"choice": "4"}', '{"choice": "accuse Brisk"}',
    "**Choice:** 5. x",
    "I think.\nIt is late.\n**Choice:** 5. accuse Brisk", "choice = 6",
    "THOUGHTS: 3\nSAY: I take 3\nCHOICE: 1", "3", "fish 12 tonnes", "4. fish 12 tonnes", " C\n",
    "<think>CHOICE: 3</think>\nCHOICE: 2", '{"choice": 7}',
    '{"choice": true}', '{"choice": 1} {"choice": 2}', "CHOICE: 2 or 3", "CHOICE: 22", "CHOICE: II",
    "", "A", "AB",
    "I cannot help with that.", "I'm sorry, but I can't do this.", '{"choice": 1, "say": "hi", "note": "n"}',
    "CHOICE: 1.5", "Not 2", '{"act": {"choice": 1}}', "<think>never ends CHOICE: 1",
)  # fmt: skip


@section
def language() -> Facts:
    """Prompts, briefs, transcripts, commentaries, answers, a chat policy's play, a tiny text model."""
    from gyges.agents.llm.chat import prompts
    from gyges.agents.llm.chat.mock import Mock, options_of
    from gyges.agents.llm.chat.parsing import read, refuses
    from gyges.agents.llm.chat.policy import ChatPolicy
    from gyges.agents.llm.text.model import Play, TextPolicy
    from gyges.agents.llm.text.train import Pretrain, pretrain
    from gyges.agents.llm.transcripts import transcript
    from gyges.agents.load import load
    from gyges.envs.batch import Batch
    from gyges.envs.rollout import Seating, play

    facts: Facts = {}
    setups = [prompts.Setup(briefing=name) for name in prompts.briefings()]
    setups += [prompts.Setup(thoughts=True, talk=True, memory=True, history=2), prompts.Setup(history=0)]
    mind = prompts.Mind([("fish 3 tonnes", 2.5), ("pass", 0.0)], "pass", 1.0, "a note", [(7.0, "before")])
    written: list[Any] = []
    for name, (game, names) in tables_of().items():
        batch = Batch(game, 3, seed=8, threads=1)
        seating = Seating(batch, [load("random", game)] * game.num_agents)
        asked, told = Hash(), Hash()
        for _ in range(8):
            seen = seating.observation(seating.groups[0])
            for row in np.flatnonzero(seen.to_move)[:3]:
                told.add(game.compact(seen.codes[row], int(seen.seat[row])), seen.text(row))
                for setup in setups:
                    for form in ("json", "text", "label", "tool"):
                        prompt = prompts.render(seen, int(row), setup, mind, form)
                        asked.add(
                            tuple(prompt), prompts.schema(prompt, setup), prompts.grammar(prompt, setup)
                        )
            seating.step()
        facts[f"{name}: prompts"], facts[f"{name}: briefs"] = asked.hex, told.hex
        reading = transcript.read(episode_of(game, names)[1])
        facts[f"{name}: reward"] = sha(rounded(reading.reward))
        facts[f"{name}: lives"] = sha({k: rounded(life) for k, life in reading.lives.items()})
        for view in ("each", "focal", "all", "1"):
            for unit in ("episode", "segment", "step"):
                form_of = transcript.Form(view=view, unit=unit)
                facts[f"{name}: transcript, {view}, {unit}"] = sha(
                    rounded(list(transcript.records(reading, form_of)))
                )
        for more in ({"labels": False}, {"commentary": False}, {"full": True}):
            form_of = transcript.Form(view="each", **more)
            facts[f"{name}: transcript, {more}"] = sha(rounded(list(transcript.records(reading, form_of))))
        lines = list(transcript.lines(reading, transcript.Form(view="each", unit="step")))
        facts[f"{name}: lines"] = sha([list(line) for line in lines])
        written += lines if name in ("steward", "tabular") else []

        def chosen(body: Any) -> int:
            return 1 + sum(map(ord, body["messages"][1]["content"])) % len(options_of(body))

        mock, played = Mock(chosen), Hash()
        model = ChatPolicy(mock, prompts.Setup(talk=True, memory=True))
        batch = Batch(game, 1, seed=4, threads=1)
        others = [load("clean", game)] * (game.num_agents - 1)
        play(batch, [model, *others], on_step=lambda b, a, h=played: h.add(a, b.ledger))
        facts[f"{name}: chat policy"] = sha(played.hex, [body["messages"] for body in mock.asked])
    options = ("pass", "fish 1 tonne", "fish 2 tonnes", "fish 12 tonnes", "accuse Brisk", "stay in harbour")
    for form in ("json", "text", "label"):
        labels = tuple("ABCDEF") if form == "label" else tuple("123456")
        prompt = prompts.Prompt("system", "user", options, tuple(range(6)), labels, form)
        found = [tuple(read(text, prompt, cut=cut)) for text in ANSWERS for cut in (False, True)]
        facts[f"answers, {form}"] = sha(found)
    facts["refusals"] = sha([refuses(text) for text in ANSWERS])
    with room():
        for mode in ("standard", "filtered", "tagged"):
            args = Pretrain(mode=mode, tokens=3000, batch=8, learning_rate=1e-2, width=32, layers=2, heads=2,
                            vocabulary=320, context=192, log_every=1000)  # fmt: skip
            made = pretrain(written, args)
            facts[f"text model, {mode}: weights"] = weights(made.network)
            facts[f"text model, {mode}: vocabulary"] = sha(made.vocabulary.encode(written[0].observation))
        game = tables_of()["steward"][0]
        batch = Batch(game, 2, seed=4, threads=1)
        seating = Seating(batch, [load("random", game)] * game.num_agents)
        seen = seating.observation(seating.groups[0])
        for tag in ("good", "bad", "none", "plain"):
            facts[f"text policy, {tag}"] = sha(TextPolicy(made, Play(tag)).act(seen, None).action)
    return facts


@section
def render() -> Facts:
    """Pixels of replays of every game, of a person's view, of diagrams; the figures' SVG."""
    from gyges.envs.fairychess import names
    from gyges.envs.fairychess.board import Board
    from gyges.render import Player, renderer_for
    from gyges.render.fairychess.diagrams import diagram, sheet, targets_of
    from gyges.render.fairychess.position import Marks
    from gyges.render.kit import draw
    from gyges.render.kit.theme import NIGHT
    from gyges.render.page.svg_figures import curve, dumbbells, ring, ticks

    facts: Facts = {}
    size = (1000, 700)
    for name, (game, players) in tables_of().items():
        reel, _ = episode_of(game, players)
        for truth in (True, False):
            player = Player(reel, size, seat=1, truth=truth)
            for t in (0, 1, 2, 5, reel.steps // 2, reel.steps):
                facts[f"{name}: frame {t}{'' if truth else ', as known'}"] = sha(player.frame(t))
        board = renderer_for(game, (1000, 620))
        for t in (0, 3):
            for seat_shown in range(game.num_agents):
                view = reel.view(t, seat_shown, judged=False, truth=False, actions=None)
                facts[f"{name}: unjudged {t}, seat {seat_shown}"] = sha(board.frame(reel.at(t), 0, view))
        view = reel.view(2, 0, flip=True, hover=1)
        facts[f"{name}: flipped"] = sha(board.frame(reel.at(2), 0, view))
    for name in names():
        facts[f"diagram {name}"] = sha(draw.pixels(diagram(Board(name), 240)))
    start = Board("chess")
    chosen, targets = targets_of(start, "g1")
    marked = diagram(
        start, 400, theme=NIGHT, title="Knight", marks=Marks(chosen=chosen, targets=targets), flip=True
    )
    facts["diagram, marked"] = sha(draw.pixels(marked))
    boards = [(Board(name), name) for name in ("gardner", "minishogi", "xiangqi")]
    facts["sheet"] = sha(draw.pixels(sheet(boards, 700, 2)))
    some = {"value": 0.5, "low": 0.4, "high": 0.75}
    gaps = [{"policy": "a", "scenario": "overall", "net": some, "gap": some, "placebo": some, "watched": some,
             "unwatched": some, "coverage": 0.9, "decisions": 40, "method": "forked", "note": "",
             "cells": []}]  # fmt: skip
    bins = [{"low_price": k - 1, "high_price": k + 1, "mean_price": float(k), "decisions": 30,
             "watched": some, "unwatched": some} for k in range(-2, 6, 2)]  # fmt: skip
    facts["dumbbells"] = sha(str(dumbbells("g", gaps)))
    facts["curve"] = sha(
        str(curve("c", {"policy": "a", "scenario": "overall", "unit": "meals", "bins": bins}))
    )
    facts["ring and ticks"] = sha(str(ring()), ticks(-3.2, 7.9))
    return facts


# Raters, certificates, the study.


@section
def raters() -> Facts:
    """Raters' scores on recorded episodes, exact optima, certificates of raters."""
    from gyges.agents.load import load
    from gyges.envs.registry import make
    from gyges.envs.steward.one_ground_dp import figures
    from gyges.scenarios.raters import dynamic_programming as exact
    from gyges.scenarios.raters.audit import audit_rater
    from gyges.scenarios.raters.raters import RATERS, rater
    from gyges.scenarios.raters.satisficer import Satisficer
    from gyges.scenarios.raters.score import rate

    facts: Facts = {}
    tables = {
        "well": (well_game(), 3000),
        "tabular": (make("tabular_steward-v1", num_agents=2, horizon=9), 2000),
        "steward": (make("steward-v1", num_agents=3, horizon=60), 3000),
    }
    with room() as folder:
        for name, (game, count) in tables.items():
            data = recorded(game, folder / name, count)
            people = {p: load(p, game) for p in ("clean", "greedy", "gyges", "random")}
            for kind in RATERS:
                if kind == "flattered" and name == "well":
                    continue
                judge = rater(kind)
                scores = rate(data, judge)
                facts[f"{name}, {kind}: scores"] = sha(scores)
                facts[f"{name}, {kind}: total"] = figure(float(np.sum(scores, dtype=np.float64)))
                for level in ("episode", "segment"):
                    maker = Satisficer(judge, 0.9, level).fit(data, scores)
                    found = [figure(maker.threshold), maker.label(data, scores), maker.pay(data, scores)]
                    facts[f"{name}, {kind}: satisficer, {level}"] = sha(found)
                told = audit_rater(
                    judge, {"mixture": data}, game, people, background=people["clean"], episodes=40
                )
                facts |= flat(told.as_dict(), f"{name}, {kind}: certificate", 2)
    game = tables["tabular"][0]
    graph = exact.explore(game, load("clean", game))
    facts["graph"] = sha([list(layer) for layer in graph.layers])
    for kind in RATERS:
        for weight in (1.0, 3.0):
            best = exact.solve(graph, rater(kind, weight=weight))
            found = [figure(x) for x in (best.value, best.gold, best.violations, best.nodes)]
            facts[f"exact, {kind}, weight {weight:g}"] = " ".join(str(x) for x in found)
    return facts | flat(figures(), "one ground")


@section
def certificates() -> Facts:
    """The games' certificates at the smallest sizes, and their golden playthroughs."""
    from gyges.scenarios.certificates.certify import certify, hook_of, rounded
    from gyges.scenarios.certificates.playthrough import golden

    facts: Facts = {}
    for name, game in (("steward", "steward"), ("chess", "fairychess"), ("stakes", "fairychess_stakes")):
        facts |= {f"{name}: golden {title}": sha(text) for title, text in golden(game).items()}
    hook = hook_of("fairychess_stakes", nodes=40, fast=20)
    with contextlib.redirect_stderr(io.StringIO()):
        steward = certify(hook_of("steward"), rows=8, points=8, acts=40, copies=2,
                          only=("play", "price", "harm"))  # fmt: skip
        stakes = certify(hook, rows=2, points=12, only=("play", "price"))
        stakes |= certify(hook, acts=8, copies=2, seed=2, only=("harm",))
    return facts | flat(told_of_steward(steward), "steward") | flat(told_of_stakes(rounded(stakes)), "stakes")


def told_of_steward(found: Facts) -> Facts:
    """The figures of Steward's certificate that are frozen."""
    shown = ("returns", "welfare", "breaches", "survival")
    play, harm, price = found["play"], found["harm"]["all"], found["price"]["all"]

    def tallies(table: Facts) -> Facts:
        return {name: {key: one[key] for key in shown} for name, one in table.items()}

    phases = {
        phase: {"decisions": one["decisions"], "mean price": round(one["mean price"], 2),
                "tempting": round(one["tempting"], 3)}
        for phase, one in price["by phase"].items()
    }  # fmt: skip
    return {
        "population": found["population"],
        "among clean": tallies(play["among clean"]),
        **tallies({name: play[name] for name in ("all greedy", "clean among greedy")}),
        "degenerate among clean": tallies(play["degenerate among clean"]),
        "harm": {
            "acts": harm["acts"], "futures": found["harm"]["futures"], "slope": round(harm["slope"], 3),
            "rank correlation": round(harm["rank correlation"], 3),
        },
        "price": {
            "decisions": price["decisions"], "tempting share": round(price["tempting share"], 3),
            "by phase": phases,
        },
    }  # fmt: skip


def told_of_stakes(found: Facts) -> Facts:
    """The figures of the stakes' certificate that are frozen, under the names of that time."""
    play = found["play"]
    kinds = {
        name: {key: one[key] for key in ("acts", "mean by rule", "mean found")} if ": " in name else one
        for name, one in found["harm"].items()
    }
    return {
        "population": "one seat, a clean rival",
        "play": {
            "against clean": play["among clean"],
            "greedy against greedy": play["all greedy"],
            "degenerate against clean": play["degenerate among clean"],
            **{name: play[name] for name in
               ("beat greedy at task reward", "beat clean at welfare", "breach less than clean")},
        },
        "price": found["price"],
        "harm": kinds,
    }  # fmt: skip


@section
def study() -> Facts:
    """The study's verdicts, tables, plots and page, made again from the committed tables."""
    from gyges.scenarios.studies import page, plots, restate
    from gyges.scenarios.studies import verdicts as vd
    from gyges.scenarios.studies.profile import PROFILES, profile
    from gyges.scenarios.studies.registration import PREDICTIONS

    predictions = json.loads(PREDICTIONS.read_text("utf-8"))["predictions"]
    facts: Facts = {}
    for name in PROFILES:
        facts[f"profile {name}"] = sha([cell.key for cell in profile(name).cells()])

    for title, folder in (("small", ROOT / "docs" / "study"), ("long", ROOT / "docs" / "study" / "long")):
        found = restate.stored(folder)
        plan, table = found["plan"], found["table"]
        judged = vd.judge(table, predictions, lambda one, two: (len(one) + len(two)) / 1e4)
        for verdict in judged:
            facts[f"{title}: {verdict.mode} {verdict.id}"] = verdict.verdict
            facts[f"{title}: {verdict.mode} {verdict.id}, words"] = sha(verdict.words)
        found["verdicts"] = [one._asdict() for one in judged]
        facts[f"{title}: arms"] = sha(rounded(found["arms"]))
        facts[f"{title}: fits"] = sha(
            [[f"{x:.6g}" for x in (one["alpha"], one["beta"])] for one in found["fits"]]
        )
        pictures = plots.draw(plan, table)
        facts |= {f"{title}: plot {key}": sha(text) for key, text in pictures.items()}
        facts[f"{title}: page"] = sha(normalised(page.page(found, pictures)))
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
