"""The input and result of a step's statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple, TypeVar

from queuetui.backends.native.odd_values import read_json, read_texts
from queuetui.backends.native.sql.session import Row, Session
from queuetui.model.job import ClaimedJob

T = TypeVar("T")
_ODD_IDS = "ids of its jobs are no 16 bytes of a UUID, as another program wrote them: those jobs are left; delete their rows by hand"
NO_TAGS = "[]"
# The column of a claimed row with the job's count of losses.
LOST = 9


class Finish(NamedTuple):
    """One completed run."""

    id: str
    fence: int
    type: str
    took_us: int | None
    result: bytes | None


@dataclass(frozen=True, slots=True)
class Claims:
    """The runs whose end was written, and the claimed jobs; `problem`: why others cannot be claimed."""

    accepted: frozenset[str]
    claimed: tuple[ClaimedJob, ...]
    lease_valid: bool = True
    problem: str = ""


def choose(ready: Sequence[tuple[T, bool]]) -> list[T]:
    """Return which of (job, was lost before) to claim: a job that was lost before is claimed alone."""
    if ready and ready[0][1]:
        return [ready[0][0]]
    return [job for job, _ in takewhile(lambda pair: not pair[1], ready)]


def find_problem(session: Session, queue: str) -> str:
    """Return why a ready queue gave no job: ids of other lengths, which only SQLite can hold."""
    return _ODD_IDS if session.dialect == "sqlite" and session.row("find_odd_id", queue=queue) else ""


def to_claimed(session: Session, row: Row) -> ClaimedJob:
    """Return the job of a claimed row."""
    timeout_ms, created_at = row[12], session.moment_out(row[13])
    return ClaimedJob(
        id=session.id_out(row[0]),
        fence=row[1],
        type=row[2],
        queue=row[3],
        payload=bytes(row[4] or b""),
        name=row[5],
        priority=row[6],
        attempts=row[7],
        max_attempts=row[8],
        lost=row[LOST],
        correlation_id=row[10],
        tags=() if row[11] == NO_TAGS else tuple(tag.raw for tag in read_texts(read_json(row[11]))),
        timeout_s=None if timeout_ms is None else timeout_ms / 1000,
        created_at=created_at,
        scheduled_at=created_at if row[14] == row[13] else session.moment_out(row[14]),
        cancel_requested=row[15] is not None,
        context=row[16],
    )
