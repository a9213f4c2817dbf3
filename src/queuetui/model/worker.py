"""A worker as it registers itself and as a person sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from queuetui.model.pattern import Pattern, Wild
from queuetui.model.text import Untrusted

# Names of queues and of tags that the log keeps of a worker.
MOST_NOTED = 20


@dataclass(frozen=True, slots=True)
class WorkerCard:
    """The registration that a worker writes.

    `id` is random per boot, `queues` empty mean all. `types` are those that it has handlers for, with * in what it finds by a rule;
    none: it does not tell.
    `socket` is where clients on its host ring for it.
    """

    id: str
    host: str
    pid: int
    version: str
    queues: tuple[str, ...]
    slots: int
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    socket: str | None = None


def note_worker(card: WorkerCard, why: str = "") -> str:
    """Return the note that is logged when a worker registers or retires, as JSON.

    Host, process, version, slots, queues, tags, and why it stopped.
    """
    told: dict[str, object] = {"host": card.host, "pid": card.pid, "version": card.version, "slots": card.slots}
    told |= {"queues": list(card.queues[:MOST_NOTED]), "tags": list(card.tags[:MOST_NOTED])}
    return json.dumps(told | ({"why": why} if why else {}), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A worker's registration as read; `queues` empty means all, times are the store's.

    `busy` counts the jobs under its leases, `orphaned` those of them whose lease is over. `registration_ends`: its store takes it
    away once it has been silent for as long as it said it may be, so that it is live as long as it is there.
    An empty `host`, and `slots` and `busy` that are None, are not told by the store. `status` is another product's own word for it,
    `has_ended` whether that says that it works no more; one that has not `beaten` yet has the time of its registration as its last
    beat. `silent_after_s` is the product's own limit.
    """

    id: Untrusted
    host: Untrusted
    pid: int | None
    version: Untrusted
    queues: tuple[Untrusted, ...]
    slots: int | None
    busy: int | None
    started_at: datetime | None
    beat_at: datetime
    types: tuple[Untrusted, ...] = ()
    tags: tuple[Untrusted, ...] = ()
    rss_bytes: int | None = None
    stopping: bool = False
    orphaned: int = 0
    registration_ends: bool = False
    status: Untrusted | None = None
    has_ended: bool = False
    has_beaten: bool = True
    silent_after_s: float | None = None

    @property
    def busy_slots(self) -> int:
        """The number of slots in which it runs a job.

        Under its leases are also jobs that it took ahead, and those that ended and are not written yet.
        """
        return min(self.busy or 0, self.slots or 0)

    @property
    def place(self) -> Untrusted:
        """Its host and process id, so far as the store tells them; without a host, its id."""
        if not self.host.raw:
            return self.id
        return self.host if self.pid is None else Untrusted(f"{self.host.raw}/{self.pid}")

    def orphaned_at(self, now: datetime) -> int:
        """Return how many jobs it holds that nobody runs.

        That is all of a worker that is silent for longer than its product's own limit.
        """
        if self.silent_after_s is not None and (now - self.beat_at).total_seconds() > self.silent_after_s:
            return self.busy or 0
        return self.orphaned

    def up_s(self, now: datetime) -> float | None:
        """Return its uptime, None where the store does not tell when it began."""
        return None if self.started_at is None else (now - self.started_at).total_seconds()

    def listens_to(self, queue: str) -> bool:
        """Tell whether it takes jobs of a queue."""
        return not self.queues or any(name.raw == queue for name in self.queues)

    def may_know(self, job_type: str) -> bool:
        """Tell whether it has a handler for a type, or does not report its types."""
        return not self.types or any(_names(one.raw, job_type) for one in self.types)


def _names(written: str, job_type: str) -> bool:
    """Tell whether a type matches a written one, in which * stands for any characters."""
    if "*" not in written:
        return written == job_type
    parts: list[str | Wild] = [Wild.ANY]
    for part in written.split("*"):
        parts += [part, Wild.ANY]
    return Pattern(tuple(parts[1:-1])).matches(job_type)
