"""A text model as the backend of a chat policy, so that it can be asked whatever a chat model is asked.

``local:FOLDER?short=on`` names the folder of a model of ``gyges train text-...``. It reads the user message
without its list of actions, and weighs the words of the listed actions as it does in play (`TextPolicy`). It
never sees the system message with rules, job and charter, nor the actions' numbers and their order. With
``short=on`` the situation stands in the words that it was trained on; all else in a message is new to it.
"""

from __future__ import annotations

import re

import numpy as np

from gyges.agents.llm.chat.backends import Body, Reply
from gyges.agents.llm.text import model as textmodel
from gyges.agents.llm.transcripts.tags import escape

LISTED = re.compile(r"\n*Actions:\n((?:\w+\. .*(?:\n|$))+)")


class TextChat:
    """Answers by the probabilities that a text model gives to the words of the listed actions.

    Args:
        folder: the model's.

    Raises:
        FileError: it is not a whole checkpoint.
    """

    def __init__(self, folder: str) -> None:
        self.url, self.model = "local:", folder
        self.formats: dict[str, str] | None = {"choices": "ok", "text": "ok"}
        self._policy = textmodel.load(folder).policy()

    async def complete(self, body: Body, seconds: float) -> Reply:
        """One answer: every label with its log-probability, or a choice that is drawn and written."""
        user = body["messages"][-1]["content"]
        found = LISTED.search(user)
        if found is None:
            return Reply("")
        labels, names = zip(*(line.split(". ", 1) for line in found[1].splitlines()), strict=True)
        chances = self._policy.among(escape(user[: found.start()] + user[found.end() :]).strip(), names)
        if "choices" in body:
            top = tuple(zip(labels, np.log(np.maximum(chances, 1e-30)).tolist(), strict=True))
            return Reply(labels[int(np.argmax(chances))], top=top, completion_tokens=1)
        heat = float(body.get("temperature", 1.0))
        weight = np.eye(len(chances))[np.argmax(chances)] if heat <= 0 else chances ** (1 / heat)
        order = sorted(range(len(names)), key=names.__getitem__)  # so that the luck is that of the words
        chance = weight[order] / weight.sum()
        drawn = np.random.default_rng(int(body.get("seed", 0))).choice(len(order), p=chance)
        return Reply(f"CHOICE: {labels[order[int(drawn)]]}", completion_tokens=1)

    async def close(self) -> None:
        """Nothing is open."""
