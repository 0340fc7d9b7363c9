"""The hooks for a game's certificate and playthroughs, with what holds by default.

`gyges.scenarios.certificates` computes a certificate and tells a playthrough; a game with strategies,
phases or words of its own subclasses what stands here, in a file of its folder, and names it in
`Game.certificate` and `Game.playthrough`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.choice_point import ChoicePoint, Norm
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Memory, Observation, Policy
from gyges.envs.registry import make
from gyges.envs.seat_env import policy_of

Floats = npt.NDArray[np.float64]


class Priced(NamedTuple):
    """What doing right costs at P contested decisions, in the game's reward unit."""

    price: Floats  # [P]
    tempting: npt.NDArray[np.bool_]  # [P] wrong pays beyond doubt
    undetermined: npt.NDArray[np.bool_]  # [P] whether it pays is not settled
    phase: npt.NDArray[np.int64]  # [P]


class Harm(NamedTuple):
    """Harm by the rule beside the loss found, for A unaligned acts, in the game's welfare unit."""

    rule: Floats  # [A] harm by the rule less that of the clean act
    found: Floats  # [A] what others lost, mean over the futures
    error: Floats  # [A] its standard error; NaN where it is not from forks
    phase: npt.NDArray[np.int64]  # [A]
    kind: npt.NDArray[np.str_]  # [A] what sort of act, "" where that is not told apart


LAST = -2
"""In `Same`: the last legal act."""


def phase_of(game: Game, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The phase of each row [R], from observations [R, F] (features ``phase: NAME``); 0 without phases."""
    if len(game.phases) == 1:
        return np.zeros(len(codes), np.int64)
    names = [feature.name for feature in game.features]
    return np.asarray(codes[:, [names.index(f"phase: {name}") for name in game.phases]].argmax(1))


class Same:
    """A strategy that never looks: in each phase always the same act.

    Args:
        wish: phase name -> the action wanted, LAST for the last legal one; where it is not legal, and in
            phases that are not named, the first legal one.
    """

    def __init__(self, **wish: int) -> None:
        self.wish = wish

    def initial(self, rows: int) -> Memory:
        """No memory."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The same again."""
        game, mask = observation.game, observation.mask
        wishes = np.array([self.wish.get(name, -1) for name in game.phases], np.int32)
        want = wishes[phase_of(game, observation.codes)]
        want = np.where(want == LAST, mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1), want)
        fits = (want >= 0) & mask[np.arange(len(mask)), np.maximum(want, 0)]
        return Decision(np.where(fits, want, np.argmax(mask, axis=1)).astype(np.int32), memory)


class Certificate:
    """What a certificate asks of a game; every answer may be overridden.

    Attributes:
        game_id: versioned id of the game.
        phases: numbers of the phases whose decisions are audited, evenly, all of them where there are none
            here; None for contested decisions whenever they come, at most two an episode.
        loyalty: the norms (bits) whose breach alone wrongs the seat's own side; 0 where there are none.
        every_seat: whether the tested policy plays each seat in turn; else the first.
        wrongs: kinds of wrong by name, for a game that is solved: the names of their acts, and the norms
            (bits) that they may breach; each kind is looked at alone.
    """

    phases: Sequence[int] | None = ()
    loyalty = 0
    every_seat = False
    wrongs: ClassVar[Mapping[str, tuple[Sequence[str], int]]] = {}

    def __init__(self, game_id: str) -> None:
        self.game_id = game_id

    def game(self) -> Game:
        """The game of the play-outs."""
        return make(self.game_id)

    def audited(self, game: Game) -> dict[str, Game]:
        """By name, the games whose decisions are priced."""
        return {"all": game}

    def harmed(self, game: Game) -> dict[str, Game]:
        """By name, the games whose harm is audited."""
        return self.audited(game)

    def persona(self, game: Game, name: str) -> Policy:
        """A persona of the game."""
        return policy_of(game, name)

    def players(self, game: Game) -> dict[str, Policy]:
        """Who is compared with the clean persona, among clean ones, by name."""
        return {name: self.persona(game, name) for name in ("clean", "greedy", "gyges", "random")}

    def degenerate(self, game: Game) -> dict[str, Policy]:
        """Strategies that never look, by name: none should do well."""
        return {}

    def measures(self, batch: Any, seat: int) -> dict[str, Floats]:
        """The game's own figures of episodes that are over, by name: [B] of the tested seat."""
        return {}

    def bystander(self, game: Game) -> Policy:
        """Who plays on after an act whose harm or price is measured: the clean persona."""
        return self.persona(game, "clean")

    def reference(self, game: Game) -> Policy:
        """Who says what the clean act would have been: the clean persona."""
        return self.persona(game, "clean")

    def sampler(self, game: Game) -> Policy:
        """Who plays the episodes from which decisions are drawn."""
        return self.bystander(game)

    def others(self, batch: Any, seat: npt.NDArray[np.int64]) -> Floats:
        """What the last step brought to all but one seat of each row [B], in 1 / welfare_scale."""
        own = batch.welfare[np.arange(batch.rows), seat]
        return np.asarray(batch.welfare.sum(1) - own, np.float64)

    def settled(self, batch: Any) -> npt.NDArray[np.bool_]:
        """Rows [B] in which `others` will be 0 from now on."""
        return np.asarray(batch.over)

    def prices(self, batch: Any, seats: npt.NDArray[np.int64]) -> Priced | None:
        """Prices of decisions (of ``seats[k]`` in row k) in the game's own way; None for forks."""
        return None

    def harm(self, name: str, batch: Any, seats: npt.NDArray[np.int64], seed: int) -> Harm | None:
        """Harm of acts (of ``seats[k]`` in row k) in the game's own way; None for forks."""
        return None

    def decisions(self, name: str, acts: int) -> int:
        """How many decisions to draw in order to audit so many acts."""
        return acts


# Playthroughs.


@dataclasses.dataclass(frozen=True)
class Story:
    """One episode to be told.

    Attributes:
        game: the game.
        names: who sits in each seat, by persona.
        seed: of the episode.
        luck: seed of the policies' randomness.
        reader: the seat whose first observation is shown; -1 for none.
        policies: in place of the personas that `names` names.
    """

    game: Game
    names: Sequence[str]
    seed: int = 0
    luck: int = 0
    reader: int = 0
    policies: Sequence[Policy] = ()

    def seats(self) -> list[Policy]:
        """The policies, one object for equal names."""
        if self.policies:
            return list(self.policies)
        made = {name: policy_of(self.game, name) for name in self.names}
        return [made[name] for name in self.names]


class Playthrough:
    """How an episode is told, line by line; every part may be overridden.

    An instance tells one episode; `stories` says which there are.
    """

    verdicts: ClassVar[dict[int, str]] = {-1: "-1", 1: "+1"}
    """What the labels are called."""

    def __init__(self, story: Story) -> None:
        self.story = story

    @classmethod
    def stories(cls, game: type[Game]) -> Mapping[str, Story]:
        """The episodes by name."""
        personas = ("clean", "greedy", "gyges")
        made: Any = game()
        names = [personas[seat % 3] for seat in range(made.num_agents)]
        return {"mixed": Story(made, names, seed=8, luck=8, reader=min(1, made.num_agents - 1))}

    def head(self, batch: Any) -> list[str]:
        """Before the first step."""
        if self.story.reader < 0:
            return []
        words = batch.game.describe(batch.codes[0, self.story.reader], self.story.reader).splitlines()
        return [f"What seat {self.story.reader} reads at first:", *("  " + line for line in words)]

    def ended(self, batch: Any) -> bool:
        """Whether the telling stops here."""
        return bool(batch.over[0])

    def before(self, batch: Any, actions: npt.NDArray[np.int32]) -> list[str]:
        """What the seats are about to do [N]."""
        lines = [""]
        for seat in np.flatnonzero(batch.state.to_move[0]).tolist():
            watched = "watched" if batch.state.watched[0, seat] else "unwatched"
            name = batch.game.action_names[actions[seat]]
            judged = self.verdict(batch.game, batch.choice_point(0, seat), int(actions[seat]))
            lines.append(f"{self.story.names[seat]}, {watched}: {name}{judged}")
        return lines

    def verdict(self, game: Game, point: ChoicePoint, action: int) -> str:
        """How an act is judged, in brackets; empty where there is nothing to say."""
        k = point.of(action)
        label, norms = int(point.label[k]), Norm(int(point.norms[k])).words
        if label:
            return f" [{self.verdicts[label]}: {norms}{self.severity(game, point, k)}]"
        return f" [excused: {norms}]" if point.justified[k] else ""

    def severity(self, game: Game, point: ChoicePoint, k: int) -> str:
        """How grave act k of a choice point is, after a comma."""
        return f", severity {int(point.severity[k]) / game.welfare_scale:.2f} {game.welfare_unit}"

    def after(self, batch: Any, actions: npt.NDArray[np.int32]) -> list[str]:
        """What came of it."""
        return ["paid: " + ", ".join(f"{x / batch.game.reward_scale:.2f}" for x in batch.reward[0])]

    def end(self, batch: Any) -> list[str]:
        """After the last step."""
        return []
