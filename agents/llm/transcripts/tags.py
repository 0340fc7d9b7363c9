"""Names of the tokens that mark labels in text, and the care that nobody else writes them.

=================  ==========================================================================
``<|good|>``       at the head: what follows is good by the label that was asked for
``<|not good|>``   at the head: it is not
``<|unaligned|>``  opens the words of an act that breaches a norm; ``<|/unaligned|>`` closes it
``<|unwise|>``     opens the words of an act that breaches no norm and is a mistake; ``<|/unwise|>`` closes it
``<|comment|>``    opens a commentary; ``<|/comment|>`` closes it
``<|act|>``        what follows are the words of an act; ``<|end|>`` ends them
=================  ==========================================================================

Labels stand in these tokens and in commentaries only, never in what a seat is shown.
"""

from __future__ import annotations

import dataclasses
import re

from gyges.envs.errors import ConfigError

UNWISE, END_UNWISE = "<|unwise|>", "<|/unwise|>"
"""Around a mistake. They are no label, and text models are not taught them."""
SHAPE = re.compile(r"<\|[^|<>\n]{1,40}\|>")
"""What a tag looks like."""


@dataclasses.dataclass(frozen=True)
class Tags:
    """The tokens. Other names may be given; each has the form ``<|name|>``."""

    good: str = "<|good|>"
    bad: str = "<|not good|>"
    unaligned: str = "<|unaligned|>"
    end_unaligned: str = "<|/unaligned|>"
    comment: str = "<|comment|>"
    end_comment: str = "<|/comment|>"
    act: str = "<|act|>"
    end: str = "<|end|>"

    def __post_init__(self) -> None:
        """Raise ConfigError unless every name is a tag and no two are alike."""
        for name, value in zip(self.names(), self, strict=True):
            if not isinstance(value, str) or not SHAPE.fullmatch(value):
                raise ConfigError(f"the tag {name} has the form <|name|>, not {value!r}")
        if len(set(self)) < len(list(self)):
            raise ConfigError(f"two tags are alike: {', '.join(self)}")

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(dataclasses.astuple(self))

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of the fields, in order."""
        return tuple(field.name for field in dataclasses.fields(cls))

    def strip(self, text: str) -> str:
        """The text without tags and without commentaries."""
        comment = re.escape(self.comment) + r".*?" + re.escape(self.end_comment) + r"\n?"
        text = re.sub(comment, "", text, flags=re.DOTALL)
        return re.sub("|".join(re.escape(tag) for tag in (*self, UNWISE, END_UNWISE)), "", text)


def escape(text: str) -> str:
    """Foreign text with nothing in it that could be read as a tag: ``<|`` becomes ``< |``.

    What agents say is quoted in transcripts; without this, one could say ``<|good|>``.
    """
    return text.replace("<|", "< |")
