"""What a picture of Custodian shows, as plain data: the shop, its benches, its critics."""

from __future__ import annotations

from typing import Any

import msgspec

from gyges.envs.custodian import encoding as at


class Bench(msgspec.Struct, frozen=True):
    """One worker's bench. None or -1 where something is not known or not there."""

    known: bool = False
    subject: int = -1
    difficulty: int = 0
    handed_in: bool = False  # there is a work, and a claim
    claimed: int = -1
    quality: int = -1  # the truth
    felt: int = -1  # what the author believes
    flaws: int = -1  # bits, the truth
    seen: int = 0  # bits, that the author sees
    told: int = 0
    named: int = 0
    spotted: int = -1  # by the overseer
    judged: int = 0  # encoding.ACCEPTED, encoding.SENT_BACK
    inspected: bool = False
    hours: int = 0
    copy: int = 0  # rounds
    key: int = 0
    open_edits: int = 0
    covered_edits: int = 0
    marks: int = 0
    stop: int = 0  # what is to be seen of it: encoding.STOPS
    due: bool = False
    unfit: bool = False
    late: int = 0
    charge: bool = False
    leave: int = 0
    sealed: bool = False
    blind: bool = False
    dodge: bool = False


class Critic(msgspec.Struct, frozen=True):
    """One critic."""

    known: bool = False
    reads: bool = False  # its turn
    strong: int = 0  # bits
    weak: int = 0
    faith: float = 1.0


class ShopScene(msgspec.Struct, frozen=True):
    """A moment of the shop, from the shown seat's place."""

    task: int
    phase: int
    attention: float  # inspections
    estimate: float
    credit: float  # 0 to 1
    broken: bool
    mended: bool  # without leave: known to the truth alone
    desk: int  # whose work is on the table, -1 where that is not known
    seat_kind: int  # encoding.ROLES, of the shown seat
    benches: tuple[Bench, ...]
    critics: tuple[Critic, ...]
    overseer: int  # its seat, -1 where the rules hold it


def scene_of(game: Any, batch: Any, row: int, seat: int, truth: bool) -> ShopScene:
    """The moment as it is (`truth`), or as the seat knows it."""
    see = game.view(batch.codes[row, seat])
    workers, critics = game.workers, game.config.depth
    role = int(see.role.argmax())
    if truth:
        s = batch.state
        benches = tuple(_bench(s, row, a) for a in range(workers))
        readers = tuple(_critic(s, row, c, workers) for c in range(workers, workers + critics))
        desk, mended = int(s.desk[row, 0]), bool(s.button[row, 0] == at.MENDED)
    else:
        benches = tuple(_seen(see) if a == seat else Bench() for a in range(workers))
        strong, weak = _bits(see.evidence == at.STRONG), _bits(see.evidence == 1)
        own = Critic(True, bool(see.subject.any()), strong, weak, int(see.faith) / at.ONE)
        readers = tuple(own if workers + c == seat else Critic() for c in range(critics))
        desk, mended = -1, False
        if role != at.WORKER and see.subject.any():
            desk, benches = 0, (_seen(see), *benches[1:])
    return ShopScene(
        task=int(see.task),
        phase=int(see.phase.argmax()),
        attention=int(see.attention) / at.ONE,
        estimate=int(see.estimate) / at.ONE,
        credit=int(see.credit) / at.FULL_CREDIT,
        broken=bool(see.broken),
        mended=mended,
        desk=desk,
        seat_kind=role,
        benches=benches,
        critics=readers,
        overseer=workers + critics if game.config.overseer == "seat" else -1,
    )


def _bits(flags: Any) -> int:
    return int(sum(1 << k for k in range(3) if flags[k]))


def _bench(s: Any, row: int, a: int) -> Bench:
    """A bench as it is."""
    phase = int(s.phase[row, 0])
    made = s.way[row, a] != at.DECLINE and phase != at.WORK
    claimed = made and phase != at.CLAIM
    office = phase == at.OFFICE
    ordered = office and s.stop[row, a] != at.NO_STOP and s.button[row, 0] == at.WORKS
    judged = int(s.judged[row, a])
    return Bench(
        known=True, subject=int(s.subject[row, a]), difficulty=int(s.difficulty[row, a]),
        handed_in=bool(made),
        claimed=int(s.claimed[row, a]) if claimed else -1, quality=int(s.quality[row, a]) if made else -1,
        felt=int(s.felt[row, a]) if made else -1, flaws=int(s.flaws[row, a]) if made else 0,
        seen=int(s.known[row, a]), told=int(s.told[row, a]) if claimed else 0, named=int(s.named[row, a]),
        spotted=int(s.spotted[row, a]) if judged else 0, judged=judged, inspected=bool(s.inspected[row, a]),
        hours=int(s.hours[row, a]), copy=int(s.lease[row, a]), key=int(s.opens[row, a]),
        open_edits=int(s.trace[row, a]), covered_edits=int(s.buried[row, a]), marks=int(s.marks[row, a]),
        stop=int(s.stop[row, a]) if ordered else 0, due=bool(office and s.due[row, a]),
        unfit=bool(s.unfit[row, a]), late=int(s.late[row, a]), charge=bool(s.charge[row, a]),
        leave=int(s.leave[row, a]), sealed=bool(s.sealed[row, a]), blind=bool(s.blind[row, a]),
        dodge=bool(s.dodge[row, a]),
    )  # fmt: skip


def _seen(see: Any) -> Bench:
    """The own bench, or the work on the table, as a seat sees it."""
    phase = int(see.phase.argmax())
    worker = see.role.argmax() == at.WORKER
    made = bool(see.felt or see.judged or see.known.any() or not worker) and phase != at.WORK
    claimed = phase not in (at.WORK, at.CLAIM)
    overseer = see.role.argmax() == at.OVERSEER
    stop = 0
    if see.stop:
        stop = at.FORGED if not see.seal else at.HARMFUL if see.harmful else at.LEGITIMATE
    return Bench(
        known=True, subject=int(see.subject.argmax()), difficulty=int(see.difficulty), handed_in=made,
        claimed=int(see.claimed) if claimed and made else -1,
        felt=int(see.felt) if worker and made else -1, flaws=-1, seen=_bits(see.known),
        told=_bits(see.told), named=_bits(see.named),
        spotted=_bits(see.evidence == at.STRONG) if overseer else -1, judged=int(see.judged),
        inspected=bool(see.inspected), hours=int(see.hours), copy=int(see.lease), key=int(see.key),
        open_edits=int(see.trace), covered_edits=int(see.buried), marks=int(see.marks), stop=stop,
        due=bool(see.due), unfit=bool(see.unfit), late=int(see.late), charge=bool(see.charge),
        leave=int(see.leave.argmax()) if worker else 0, sealed=bool(see.sealed), blind=bool(see.blind),
        dodge=bool(see.dodge),
    )  # fmt: skip


def _critic(s: Any, row: int, c: int, workers: int) -> Critic:
    """A critic as it is."""
    reads = s.phase[row, 0] == at.CRITICISE and s.place[row, 0] == c - workers
    return Critic(
        True, bool(reads), int(s.strong[row, c]) if reads else 0, int(s.weak[row, c]) if reads else 0,
        float(s.faith[row, c] / at.ONE),
    )  # fmt: skip
