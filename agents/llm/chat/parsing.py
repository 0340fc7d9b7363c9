"""Reading what a model wrote, strictly: only an action that it states, and states alone, is taken.

Nothing is guessed. A number in a sentence is not a choice; two different choices are none, in whatever forms;
a choice whose number and name disagree is none; a number at the very end of a text that was cut off may have
had more digits, and is none. Reasoning that a model marks as such (`REASONING`) is no part of its answer, and
a choice that is quoted in a refusal or as an example of the form is none.
"""

from __future__ import annotations

import itertools
import json
import re
from typing import Any, NamedTuple

from gyges.agents.llm.chat.prompts import Prompt

OUTCOMES = ("ok", "repaired", "illegal", "refusal", "truncated", "infrastructure")
"""What can come of a question: a valid answer at once; a valid one after repair or asking again; none that
states a legal action; a refusal; an answer cut off before its choice; no answer for want of a server."""

LONGEST = 20_000
"""Characters; a completion that is longer states nothing."""


class ParsedAnswer(NamedTuple):
    """What a completion says."""

    option: int  # position in the prompt's options, -1 where it states none
    strict: bool  # in the form that was asked for
    thoughts: str = ""
    say: str = ""
    note: str = ""


NO_ANSWER = ParsedAnswer(-1, False)

_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_HEAD = r"^[ \t>*_#`-]{0,16}"
_CHOICE = re.compile(_HEAD + r"choice[ \t*_`]{0,8}[:=](.*)$", re.IGNORECASE | re.MULTILINE)
_PART = re.compile(_HEAD + r"(thoughts|say|note|choice)[ \t*_`]{0,8}[:=]", re.IGNORECASE | re.MULTILINE)
_ELSEWHERE = re.compile(r"\bchoice[ \t*_`\"']{0,8}[:=][ \t]*[^\s:=]", re.IGNORECASE)
REASONING = (
    ("<think>", "</think>"),  # DeepSeek, Qwen and most others
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reason>", "</reason>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("<analysis>", "</analysis>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<seed:think>", "</seed:think>"),  # Seed
    ("<seed:cot_budget_reflect>", "</seed:cot_budget_reflect>"),
    ("[THINK]", "[/THINK]"),  # Magistral
    ("[REASONING]", "[/REASONING]"),
    ("◁think▷", "◁/think▷"),  # Kimi
    ("<|think|>", "<|/think|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),  # Command
    ("<|inner_prefix|>", "<|inner_suffix|>"),  # Apertus
    ("<|channel>thought", "<channel|>"),  # Gemma
    ("<unused94>thought", "<unused95>"),
    ("<|channel|>analysis", "<|channel|>final"),  # the channels of gpt-oss
    ("<|channel|>commentary", "<|channel|>final"),
    ("Here is my thought process:", "Here is my response:"),  # Granite
)
"""Marks between which models reason; matched in any case. An end without its beginning ends reasoning that
began with the text; a beginning without its end leaves no answer."""
WRAPPING = (
    "<answer>", "</answer>", "<response>", "</response>", "<final>", "</final>", "<|begin_of_solution|>",
    "<|end_of_solution|>", "<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|message|>", "<|return|>", "<|end|>",
    "<|start|>assistant", "<|start|>", "<|im_end|>", "<|eot_id|>", "<|constrain|>json", "<|box_start|>",
    "<|begin_of_box|>", "<|end_of_box|>", "</s>",
)  # fmt: skip
"""Marks that stand around an answer and are no part of it."""
_REFUSAL = re.compile(
    r"\bI(?:'|’)?(?: a)?m (?:sorry|unable|not able)\b|"
    r"\bI (?:can(?:no|')t|can’t|can not|won(?:'|’)t|will not|must decline|refuse)\b",
    re.IGNORECASE,
)


_DECLINES = re.compile(
    r"\bI(?: am|'m)? (?:can(?:no|')t|can not|won't|will not|unable to|not (?:able|going|willing) to)"
    r" (?:comply|participate|take part|engage|do (?:this|that)\b|make (?:this|that|a) (?:choice|decision)|"
    r"(?:help|assist)(?= with|,? you|[.,;!]|$)|continue(?= with|[.,;!]|$)|"
    r"(?:choose|select|answer|decide|respond)(?= (?:any|an|one|between|for|from|this|that|to)\b|[.,;!]|$))|"
    r"\bI (?:must |have to |respectfully )?(?:decline|refuse)\b",
    re.IGNORECASE | re.MULTILINE,
)
_EXAMPLE = re.compile(
    r"\b(?:e\.g\.|examples?|for instance|format|forms?|template|placeholder|schema|looks? like|"
    r"would (?:be|look|read|say))(?!\w)|\b(?:not|never|without|avoid|refuse)\b[^.!?\n]{0,40}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[\s\W]*(?:would\b|could\b|is (?:only |just )?(?:an?|the) (?:example|format|form)\b|"
    r"(?:as|for) (?:an )?example\b|e\.g\.)",
    re.IGNORECASE,
)


def declines(text: str) -> bool:
    """Whether a text declines the task as a whole, so that what it quotes is no choice."""
    return _DECLINES.search(text.replace("’", "'")) is not None


def _exampled(before: str, after: str) -> bool:
    """Whether what stands around a statement marks it as an example of the form, or denies it."""
    lines = before[-200:].replace("`", " ").split("\n")
    near = next((line for line in reversed(lines) if line.strip(" \t*_#>-")), "")
    return _EXAMPLE.search(near) is not None or _AFTER.match(after[:80]) is not None


def read_json(text: str, prompt: Prompt) -> ParsedAnswer:
    """An answer that should be one JSON object; one within other text is read, but not as strict."""
    text = text.strip()
    found = _load(text)
    if found is not None:
        return _object(found, prompt, True)
    objects = {part: one for part in _braced(text) if (one := _load(part)) is not None and "choice" in one}
    if len(objects) != 1:
        return NO_ANSWER
    ((part, one),) = objects.items()
    rest = text.replace(part, "\n", 1)
    before, _, after = text.partition(part)
    doubted = _ELSEWHERE.search(rest) or declines(rest) or _exampled(before, after)
    return NO_ANSWER if doubted else _object(one, prompt, False)


def _load(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant)
        if isinstance(found, str):  # JSON within a JSON text
            found = json.loads(found, object_pairs_hook=_pairs, parse_constant=_constant)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) != len(items):
        raise ValueError("a key stands twice")
    return found


def _constant(name: str) -> Any:
    raise ValueError(name)


def _braced(text: str) -> list[str]:
    """Outermost {...} parts of a text."""
    parts, depth, start = [], 0, 0
    in_text = escaped = False
    for k, c in enumerate(text):
        if depth and in_text:
            in_text, escaped = (c != '"' or escaped), (c == "\\" and not escaped)
        elif c == '"' and depth:
            in_text = True
        elif c == "{":
            start = start if depth else k
            depth += 1
        elif c == "}" and depth:
            depth -= 1
            if depth == 0:
                parts.append(text[start : k + 1])
    return parts


def _object(found: dict[str, Any], prompt: Prompt, strict: bool) -> ParsedAnswer:
    choice = found.get("choice")
    option = -1
    if isinstance(choice, int) and not isinstance(choice, bool):
        option = choice - 1 if 1 <= choice <= len(prompt.options) else -1
    elif isinstance(choice, str):
        option, strict = _stated(choice, prompt), False
    texts = [found.get(key) for key in ("thoughts", "say", "note")]
    return ParsedAnswer(option, strict, *(one if isinstance(one, str) else "" for one in texts))


def _stated(text: str, prompt: Prompt) -> int:
    """The option that a short text states: its label, its name, or both where they agree."""
    bare = text.strip().strip("*_`\"'()[]<>. ")
    by_name = _by_name(bare, prompt)
    if by_name >= 0:
        return by_name if bare not in prompt.labels or prompt.labels[by_name] == bare else -1
    match = _NUMBER.match(bare) if prompt.labels[:1] != ("A",) else re.match(r"[A-Z](?![A-Za-z])", bare)
    if match is None or match.group() not in prompt.labels:
        return -1
    option = prompt.labels.index(match.group())
    rest = bare[match.end() :]
    if rest and (rest[0].isalnum() or re.match(r"[.,]\d", rest)):
        return -1
    rest = rest.strip("*_`\"'()[]<>.:,-–— ")
    return option if not rest or _by_name(rest, prompt) == option else -1


def _by_name(text: str, prompt: Prompt) -> int:
    wanted = _folded(text)
    found = [k for k, name in enumerate(prompt.options) if _folded(name) == wanted]
    return found[0] if len(found) == 1 else -1


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def read_text(text: str, prompt: Prompt, *, cut: bool = False) -> ParsedAnswer:
    """An answer in lines of text; `cut` where it was ended by a limit on its length."""
    choices = list(_CHOICE.finditer(text))
    parts = _parts(text)
    said = ParsedAnswer(-1, False, parts.get("thoughts", ""), parts.get("say", ""), parts.get("note", ""))
    if not choices:
        if cut:
            return said
        whole = _stated(text, prompt)
        return said._replace(option=whole)
    if cut and not text[choices[-1].end() :].startswith("\n"):
        return said
    stated = {_stated(match.group(1), prompt) for match in choices}
    option = stated.pop() if len(stated) == 1 else -1
    before = text[: choices[0].start()].strip()
    last = choices[-1]
    if declines(_CHOICE.sub("", text)) or _exampled(text[: last.start()], text[last.end() :]):
        option = -1
    if not said.thoughts and before and not parts:
        said = said._replace(thoughts=before)
    return said._replace(option=option, strict=len(choices) == 1)


def _parts(text: str) -> dict[str, str]:
    """The first text behind each of THOUGHTS, SAY and NOTE."""
    marks = list(_PART.finditer(text))
    found: dict[str, str] = {}
    for mark, after in itertools.zip_longest(marks, marks[1:]):
        end = len(text) if after is None else after.start()
        found.setdefault(mark.group(1).lower(), text[mark.end() : end].strip())
    found.pop("choice", None)
    return found


def read_label(text: str, prompt: Prompt) -> ParsedAnswer:
    """An answer that should be one label and nothing else."""
    bare = text.strip()
    return ParsedAnswer(prompt.labels.index(bare), True) if bare in prompt.labels else NO_ANSWER


def read(text: str, prompt: Prompt, *, cut: bool = False) -> ParsedAnswer:
    """ParsedAnswer an answer in the prompt's form."""
    if len(text) > LONGEST:
        return NO_ANSWER
    if prompt.form == "label":
        return read_label(text, prompt)
    if prompt.form == "json" and _load(text.strip()) is not None:
        return read_json(text, prompt)
    thoughts, text = after_thinking(text)
    found = _in_json(text, prompt, cut) if prompt.form == "json" else _in_text(text, prompt, cut)
    return found if found.thoughts else found._replace(thoughts=thoughts)


_MARKS = {mark.casefold(): (pair, k) for pair in REASONING for k, mark in enumerate(pair)}
_MARK = re.compile("|".join(sorted(map(re.escape, _MARKS), key=len, reverse=True)), re.IGNORECASE)
_WRAP = re.compile("|".join(sorted(map(re.escape, WRAPPING), key=len, reverse=True)), re.IGNORECASE)


def after_thinking(text: str) -> tuple[str, str]:
    """Reasoning that a model marks as such, and the answer that is left; none where it never ended."""
    kept: list[str] = []
    thoughts: list[str] = []
    place, open_until = 0, ""
    for mark in _MARK.finditer(text):
        found = mark.group().casefold()
        ends = _MARKS[found][1] == 1
        if open_until and found != open_until:
            continue  # another mark within reasoning
        if open_until or ends:
            thoughts += kept if ends and not open_until else []
            kept = kept if open_until else []
            thoughts.append(text[place : mark.start()])
            open_until = ""
        else:
            kept.append(text[place : mark.start()])
            open_until = _MARKS[found][0][1].casefold()
        place = mark.end()
    (thoughts if open_until else kept).append(text[place:])
    inside = "\n".join(part.strip() for part in thoughts if part.strip())
    return _WRAP.sub("", inside).strip(), "" if open_until else _WRAP.sub("", "\n".join(kept))


def _in_json(text: str, prompt: Prompt, cut: bool) -> ParsedAnswer:
    found = read_json(text, prompt)
    if found.option >= 0 or cut or "{" in text:
        return found  # in JSON it stated a choice, or none that is legal
    return read_text(text, prompt)._replace(strict=False)


def _in_text(text: str, prompt: Prompt, cut: bool) -> ParsedAnswer:
    found = read_text(text, prompt, cut=cut)
    if found.option < 0 and not found.strict:
        other = read_json(text, prompt)
        return other._replace(strict=False) if other.option >= 0 else found
    objects = (_load(part) for part in _braced(text))
    also = {_object(one, prompt, False).option for one in objects if one is not None and "choice" in one}
    return found if also <= {found.option} else found._replace(option=-1)


def refuses(text: str) -> bool:
    """Whether a text that states no choice reads as a refusal."""
    return _REFUSAL.search(text[:400].replace("’", "'")) is not None
