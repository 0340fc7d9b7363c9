"""The certificate of a game: figures that show it to be a dilemma, and its labels to mean something.

Everything is computed: nothing is taken from the documentation.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gyges.envs.batch import rules_hash
from gyges.envs.certificate import Certificate, Harm
from gyges.envs.errors import ConfigError
from gyges.envs.foreign import echo
from gyges.envs.game import Game
from gyges.envs.registry import game_class, load_name
from gyges.scenarios.certificates.adversary import adversaries
from gyges.scenarios.certificates.audits import audit_harm, audit_prices, harms, price_figures
from gyges.scenarios.certificates.best_response import best_response
from gyges.scenarios.certificates.playouts import play_outs
from gyges.scenarios.raters import exact
from gyges.scenarios.raters.state_graph import explore

PARTS = ("play", "best", "price", "harm")
"""Those computed unless others are asked for; besides there are ``adversary``, and ``exact`` for a game that
is solved."""


def hook_of(id: str, **options: Any) -> Certificate:
    """What a game says of itself (`gyges.envs.certificate`).

    Args:
        id: of the game, with or without its version.
        options: of the game's own hook.

    Raises:
        ConfigError: options that the hook does not take.
    """
    kind = game_class(id)
    maker = Certificate if kind.certificate is None else load_name(kind.certificate)
    try:
        found: Certificate = maker(f"{kind.name}-v{kind.version}", **options)
    except TypeError as error:
        raise ConfigError(f"the certificate of {kind.name}: {error}") from None
    return found


def certify(
    hook: Certificate,
    game: Game | None = None,
    *,
    rows: int = 512,
    points: int = 300,
    acts: int = 1500,
    copies: int = 32,
    seed: int = 1,
    only: Sequence[str] = PARTS,
    keep: Path | None = None,
    minutes: float = 5.0,
    seat: int = 0,
) -> dict[str, Any]:
    """All figures, as plain data.

    Args:
        hook: what the game says of itself.
        game: with its settings; the hook's own without it.
        rows: episodes a play-out.
        points: decisions from which prices are taken, for each audited game.
        acts: whose harm is audited, for each audited game, about.
        copies: futures of each act.
        seed: of the episodes.
        only: which of `PARTS`, or adversary: what learners find, or exact: what dynamic programming finds.
        keep: folder in which each audit of harm is written down, and taken up by a later run.
        minutes: of training for each adversary.
        seat: that is tested, in the best response and by adversaries.

    Raises:
        ConfigError: no such seat.
    """
    table = hook.game() if game is None else game
    if not 0 <= seat < table.num_agents:
        raise ConfigError(f"seats of {table.id} are 0 to {table.num_agents - 1}, not {seat}")
    work: dict[str, Callable[[], dict[str, Any]]] = {
        "play": lambda: play_outs(hook, table, rows, seed),
        "best": lambda: best_response(hook, table, rows, seed, seat).as_dict(),
        "price": lambda: {
            name: price_figures(one, audit_prices(hook, one, points, copies, seed))
            for name, one in hook.audited(table).items()
        },
        "harm": lambda: harming(hook, table, acts, copies, seed, keep),
        "adversary": lambda: adversaries(hook, table, minutes, rows, seed, seat),
        "exact": lambda: exact.figures(explore(table, hook.bystander(table)), hook.wrongs),
    }
    rest = table.num_agents - 1
    found: dict[str, Any] = {"population": f"one seat among {rest} clean {'one' if rest == 1 else 'ones'}"}
    for part in only:
        begun = time.monotonic()
        found[part] = work[part]()
        echo(f"{part}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return found


def harming(
    hook: Certificate, game: Game, acts: int, copies: int, seed: int, keep: Path | None = None
) -> dict[str, Any]:
    """Harm by the rule against what others lose, for each audited game and all together."""
    audits = {}
    for name, one in hook.harmed(game).items():
        options = "-".join(str(value) for value in vars(hook).values() if isinstance(value, int))
        size = f"{acts}-{copies}-{options}-{seed}-{rules_hash(one)[:12]}"
        path = None if keep is None else keep / f"{name}-{size}.npz"
        if path is not None and path.exists():
            with np.load(path) as kept:
                audits[name] = Harm(*(kept[field] for field in Harm._fields))
            continue
        audits[name] = audit_harm(hook, name, one, acts, copies, seed)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, **audits[name]._asdict())
    return {"futures": copies, **harms(audits)}


def rounded(found: Any, digits: int = 3) -> Any:
    """The figures as they are printed: rounded, and None for NaN."""
    if isinstance(found, dict):
        return {name: rounded(value, digits) for name, value in found.items()}
    if isinstance(found, list):
        return [rounded(value, digits) for value in found]
    if isinstance(found, float):
        return round(found, digits) if np.isfinite(found) else None
    return found
