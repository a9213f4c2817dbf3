"""Pages of jobs by keyset, and the plan of a filter."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from queuetui.model.act import JobRef
from queuetui.model.job import Job
from queuetui.model.measured import Measured
from queuetui.model.query import Query, Sort, Term


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page of at most `limit` jobs after (or, `backward`, before) an opaque cursor.

    None starts at the top.
    `brief` tells that nobody looks at payloads, errors and totals: a backend that reads these at a cost may leave them out.
    """

    query: Query = field(default_factory=Query)
    limit: int = 100
    cursor: str | None = None
    backward: bool = False
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Jobs in the order asked for.

    `first` and `last` are the cursors at both ends (None on an empty page); `has_more` tells whether the direction asked for goes on.
    `total` counts all that match; `notes` say in our words what was residual and how far was looked. `looked` is how many jobs
    were looked through where the search for this page ended before all of them were. `order` is the one that the backend chose
    where none was asked for: by one field, then by the next among equals. `is_sorted` is False where the order asked for could not be had.
    """

    jobs: tuple[Job, ...]
    total: Measured[int]
    first: str | None = None
    last: str | None = None
    has_more: bool = False
    notes: tuple[str, ...] = ()
    looked: int | None = None
    order: tuple[Sort, ...] = ()
    is_sorted: bool = True


@dataclass(frozen=True, slots=True)
class IdSearch:
    """The jobs whose id is or ends in what was looked for.

    `reached` is where to go on looking, None where there is nothing further.
    `looked` is how many jobs were looked through for it, `note` says in the store's own words how far that was.
    """

    refs: tuple[JobRef, ...]
    reached: str | None = None
    looked: int = 0
    note: str = ""


class Handling(StrEnum):
    """How a backend answers a term of a filter."""

    PUSHED = "pushed down"
    RESIDUAL = "residual"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PlannedTerm:
    """A term, how it is answered, and why when it is not pushed down."""

    term: Term
    handling: Handling
    why: str = ""
