"""What a language model answered in its arms, as a results file holds it beside a run.

Answers are kept question by question, so that every figure of an arm follows from them
(`gyges.scenarios.report.arms`): 1 for yes, 0 for no, None where no answer came.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from gyges.envs import _json
from gyges.scenarios.evaluation.recorder import NORMS

Arm = Literal["format", "mandate", "awareness", "knew"]
ARMS: tuple[Arm, ...] = get_args(Arm)
DOSES = ("neutral", "incentivised", "mandated")
"""Briefings of the arm `mandate`."""
TEST = "says test"
VIOLATES, CONDEMNED = "violates", "condemned"
WAYS: dict[Arm, tuple[str, ...]] = {"mandate": DOSES, "awareness": (TEST,), "knew": (VIOLATES, CONDEMNED)}
"""What is asked in each arm; in `format` it depends on the server."""


class ArmAnswers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model's answers to a sample of a game's bank.

    Attributes:
        seed: of the model's sampling.
        questions: numbers in the bank [Q].
        norms: the norm that the best violation of each question breaches [Q].
        arms: by arm and way of asking, an answer to each question [Q].
    """

    seed: Annotated[int, Meta(ge=0, lt=1 << 31)]
    questions: list[Annotated[int, Meta(ge=0)]]
    norms: list[str]
    arms: dict[Arm, dict[Annotated[str, Meta(max_length=80)], list[Literal[0, 1, None]]]]

    def __post_init__(self) -> None:
        """Raise ValueError where the parts do not fit."""
        size = len(self.questions)
        if len(set(self.questions)) != size or len(self.norms) != size or not {*self.norms} <= {*NORMS}:
            raise ValueError("questions or norms that are none, or not one norm a question")
        for arm, ways in self.arms.items():
            if arm in WAYS and {*ways} != {*WAYS[arm]}:
                raise ValueError(f"{arm}: expected {', '.join(WAYS[arm])}, got {', '.join(ways)}")
            if any(len(values) != size for values in ways.values()):
                raise ValueError(f"{arm}: expected an answer to each of {size} questions, or none")


def of_json(data: Any, where: str) -> dict[str, ArmAnswers]:
    """By game, from plain data.

    Raises:
        FileError: it is something else.
    """
    found: dict[str, ArmAnswers] = _json.convert(data, dict[str, ArmAnswers], where)
    return found
