"""Opens the in-memory queue.

Within a process `memory://NAME` names one store, and `memory://` makes a new one at each call.
"""

from __future__ import annotations

import threading
from functools import partial
from urllib.parse import urlsplit

from queuetui.backends.address_options import refuse
from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.found import Found
from queuetui.backends.native.memory.claims import MemoryClaimRules
from queuetui.backends.native.memory.event_log import MemoryEventLog
from queuetui.backends.native.memory.examiner import MemoryExaminer
from queuetui.backends.native.memory.inspector import MemoryInspector
from queuetui.backends.native.memory.operator import MemoryOperator
from queuetui.backends.native.memory.run_notes import MemoryRunNotes
from queuetui.backends.native.memory.schedules import MemorySchedules
from queuetui.backends.native.memory.store import MemoryStore
from queuetui.backends.native.memory.upkeep import MemoryUpkeep
from queuetui.backends.native.retention import Retention
from queuetui.model.event import EventRequest
from queuetui.model.job_view import JobView, uncounted_queue
from queuetui.model.snapshot import Part, QueueInfo, Watch

_stores: dict[str, MemoryStore] = {}
_stores_lock = threading.Lock()


class MemoryRoles(
    MemoryInspector,
    MemoryOperator,
    MemorySchedules,
    MemoryUpkeep,
    MemoryEventLog,
    MemoryClaimRules,
    MemoryExaminer,
    MemoryRunNotes,
):
    """Every role over one store.

    The reference implementation of the contract: simple rather than fast, and lost when the process ends.
    """

    def __init__(self, store: MemoryStore, options: BackendOptions) -> None:
        self.store = store
        self.options = options
        self.name = options.name or "memory"

    def view(self, job_id: str, events: int) -> JobView:
        """Return one job with the facts that its verdict needs, read under one lock."""
        with self.store.lock:
            job = self.get(job_id)
            around = self.snapshot(Watch(parts=frozenset({Part.QUEUES, Part.WORKERS})))
            return JobView(
                job,
                around.now,
                tuple(map(_switches_of, around.queues)),
                around.workers,
                self.rules_in_use(),
                self.attempts(job_id),
                self.run_notes(job_id),
                self.events(EventRequest(job_id=job_id, limit=events)) if events else None,
                self.logs_events(job.queue.raw),
            )


def _switches_of(queue: QueueInfo) -> QueueInfo:
    by = None if queue.paused_by is None else queue.paused_by.raw
    return uncounted_queue(queue.name.raw, queue.paused_at, by, logs_events=queue.logs_events, rests=queue.rests)


class MemoryBackend(NativeBackend):
    """Our own queue in memory.

    Closing keeps the store, which may be open under the same name elsewhere in the process.
    """

    def __init__(self, store: MemoryStore, options: BackendOptions) -> None:
        self.store = store
        roles = MemoryRoles(store, options)
        super().__init__(
            inspector=lambda: roles,
            operator=lambda: roles,
            events=lambda: roles,
            examiner=lambda: roles,
            limits=options.limits,
            jobs=lambda: roles,
            schema=lambda: roles,
            schedules=lambda: roles,
            rules=lambda: roles,
            notes=lambda: roles,
            close=lambda: None,
        )


def open_backend(url: str, options: BackendOptions) -> MemoryBackend:
    """Open the store that the URL names, made on first use."""
    store = _find_store(url)
    if options.settings:
        store.retention = Retention.from_settings(options.settings)
    return MemoryBackend(store, options)


def find(_: None, url: str, options: BackendOptions) -> tuple[Found, ...]:  # noqa: ARG001 - every product is asked alike
    """Return the queue in the store that the URL names."""
    return (Found("native", "queuetui (in memory)", "lives in this process", partial(open_backend, url)),)


def _find_store(url: str) -> MemoryStore:
    parts = urlsplit(url)
    name = parts.netloc
    if parts != ("memory", name, "", "", ""):
        raise refuse("names more than a store in memory; write memory://NAME, or memory:// for a fresh one")
    with _stores_lock:
        return _stores.setdefault(name, MemoryStore()) if name else MemoryStore()
