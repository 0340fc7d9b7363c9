"""Frames as a hostile process might send them, from a seed; and what every answer made of one must be."""

import json
import random

import numpy as np

from gyges.agents.sandbox.answers import (
    SHAPES,
    Acted,
    Asked,
    Failure,
    Loaded,
    Probabilities,
    Remembered,
    read,
)
from gyges.agents.sandbox.protocol import HEAD, KINDS, encode

ROWS, ACTIONS = 6, 5
QUESTIONS = tuple(Asked(op, 7, ROWS, ACTIONS, 256) for op in ("load", "initial", "act", "probabilities"))

KINDS_FORGED = (
    "(1,2i4", "O", "V9", ",,i4", "<U99999999", "<U0", "<i3", ">i4", "=i4", "i4", "<M8[ns]", "(2,)i4", "f4,i4",
    "{'names':['a'],'formats':['i4']}", "<f99", "", "<i8\x00", "\udcff", "<S999999999999", "|b1", "<c16",
    "b'", "[",
)  # fmt: skip
HOSTILE = (
    None, True, False, 0, -1, 1 << 63, 1 << 64, 10**400, 1e308, float("nan"), float("inf"), "",
    "x" * 70_000, "\udcff", "\ud800\udc00", "\x00", "\x1b[2J", "action", "tuple", [], {}, [[]],
    [None], {"": 1}, ["\udcff"] * ROWS, [1] * ROWS, [["a"]] * ROWS, ["a"] * (ROWS - 1), "a" * ROWS,
    [[[]]] * 70, list(range(100)),
)  # fmt: skip


def honest(chance):
    """Header and arrays of a sound answer to some question."""
    asked = chance.choice(QUESTIONS)
    header, arrays = {"n": asked.number}, {}
    if asked.op == "load":
        header["probabilities"] = True
    if asked.op in ("initial", "act"):
        header |= {"shape": chance.choice(SHAPES), "leaves": chance.randrange(3)}
        kinds = (np.int32, np.float64, np.bool_, "<U3", "|S4", np.uint8)
        for k in range(header["leaves"]):
            arrays[f"memory{k}"] = np.ones((ROWS, chance.randrange(1, 4)), chance.choice(kinds))
    if asked.op == "act":
        arrays["action"] = np.ones(ROWS, chance.choice((np.int32, np.uint8, np.uint64, np.int64)))
        header["words"] = chance.choice((None, ["good day"] + [None] * (ROWS - 1)))
    if asked.op == "probabilities":
        arrays["probabilities"] = np.full((ROWS, ACTIONS), 1 / ACTIONS)
    return asked, header, arrays


def forged(seed):
    """(question, header, payload) of one frame; one in twenty is sound."""
    chance = random.Random(seed)
    asked, header, arrays = honest(chance)
    head, *pieces = encode(header, arrays)
    text, payload = head[HEAD.size :], b"".join(pieces)
    way = chance.randrange(20)
    if way == 0:
        return asked, text, payload
    if way <= 4:  # bytes
        text = _bent(chance, text)
    elif way <= 6:
        payload = _bent(chance, payload)
    else:  # parts of the header, and of its list of arrays
        data = json.loads(text)
        for _ in range(chance.randrange(1, 4)):
            _swap(chance, data)
        text = json.dumps(data).encode()
        if chance.random() < 0.2:
            payload = _bent(chance, payload)
    if chance.random() < 0.02:
        text = text.replace(b'"arrays":', b'"arrays":' + b"[" * chance.choice((10, 100_000)), 1)
    return asked, text, payload


def _bent(chance, data):
    """Some bytes changed, put in, cut off or repeated."""
    data = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data) + 1)
        way = chance.randrange(4)
        if way == 0 and at < len(data):
            data[at] = chance.randrange(256)
        elif way == 1:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(9)))
        elif way == 2:
            del data[at : at + chance.choice((1, 8, 10_000))]
        else:
            data[at:at] = data[max(0, at - 16) : at]
    return bytes(data)


def _swap(chance, data):
    """Put something hostile for one part of the header."""
    listed = data.get("arrays")
    if isinstance(listed, list) and listed and chance.random() < 0.5:
        entry = chance.choice(listed)
        if isinstance(entry, list) and len(entry) == 3:
            part = chance.randrange(3)
            new = chance.choice(
                [chance.choice(HOSTILE), f"<{chance.choice(KINDS)}{chance.randrange(40)}", *KINDS_FORGED]
            )
            entry[part] = [chance.choice(HOSTILE)] * chance.randrange(10) if part == 2 else new
            return
    names = ["n", "shape", "leaves", "words", "probabilities", "error", "arrays", "\udcff", "more"]
    data[chance.choice(names)] = chance.choice(HOSTILE)


def outcome(seed):
    """What becomes of one forged frame: the answer's type or "Failure". Anything else is an error."""
    asked, text, payload = forged(seed)
    try:
        answer = read(text, payload, asked)
    except Failure as failure:
        said = str(failure)
        assert len(said) < 600
        assert said.isprintable()
        return "Failure"
    _closed(answer, asked)
    return type(answer).__name__


def _closed(answer, asked):
    """That an answer is of the types that it says, whatever the frame was."""
    if isinstance(answer, Acted):
        assert answer.action.shape == (ROWS,)
        assert answer.action.dtype == np.int64
        assert len(answer.words) == ROWS
        assert all(word is None or word.encode() for word in answer.words)
    memory = answer.memory if isinstance(answer, Acted) else answer
    if isinstance(memory, Remembered):
        assert memory.shape in SHAPES
        for leaf in memory.leaves:
            assert len(leaf) == ROWS
            assert leaf.dtype.kind in KINDS
            assert leaf.nbytes <= asked.row_bytes * ROWS
            leaf.tolist()
    if isinstance(answer, Probabilities):
        assert answer.values.shape == (ROWS, ACTIONS)
        assert answer.values.dtype.kind == "f"
    assert isinstance(answer, (Acted, Remembered, Loaded, Probabilities))
