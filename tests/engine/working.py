"""Workers in threads of the test's own process, and what they say."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from threading import Thread, current_thread
from threading import enumerate as enumerate_threads
from typing import Any, cast

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import JobStore
from queuetui.engine.clock import Clock
from queuetui.engine.logs import WORKER_LOGGER
from queuetui.engine.settings import WorkerSettings
from queuetui.engine.worker import Worker, WorkerReport
from queuetui.model.declaration import Declaration, declare
from tests.engine.virtual_clock import VirtualClock

FAST = WorkerSettings(sleep_s=0.05, grace_s=5.0, retry_jitter=0.0, root=Path("/nowhere"))
_numbers = itertools.count(1)


def declare_handler(handler: Callable[..., Any], **rules: Any) -> str:
    """Declare a handler under a type of its own and return the type."""
    job_type = f"{handler.__name__.strip('<>')}_{next(_numbers)}"
    declare(Declaration(job_type, handler, **rules))
    return job_type


def with_jobs(backend: NativeBackend, store: object) -> NativeBackend:
    """Return a backend whose jobs are handed out through another store, which stands before the real one."""
    through = copy(backend)
    through.jobs = cast("JobStore", store)
    return through


class WorkerThread:
    """A worker that works while the test looks on."""

    def __init__(
        self, backend: NativeBackend, store: JobStore | None = None, clock: Clock | None = None, **settings: Any
    ) -> None:
        through = backend if store is None else with_jobs(backend, store)
        self.worker = Worker(through, replace(FAST, **settings), clock=clock)
        self.report: WorkerReport | None = None
        self.error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        if isinstance(clock, VirtualClock):
            clock.follow(self._thread)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.report = self.worker.run()
        except BaseException as error:  # noqa: BLE001 - shown by the test that waits for the end
            self.error = error

    @property
    def is_alive(self) -> bool:
        """Whether it still works."""
        return self._thread.is_alive()

    def wait(self, timeout_s: float = 60) -> WorkerReport:
        """Wait for its end and return its report."""
        self._thread.join(timeout_s)
        assert not self._thread.is_alive(), "the worker did not end"
        if self.error is not None:
            raise self.error
        assert self.report is not None
        return self.report

    def stop(self) -> WorkerReport:
        """Stop it gracefully."""
        self.worker.stop("the test is over")
        return self.wait()


class Told(logging.Handler):
    """Everything that workers said, in order; not what handlers of an earlier test say when they end at last."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[tuple[str, dict[str, Any]]] = []
        self._strangers: set[Thread] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        if current_thread() in self._strangers:
            return
        self.records.append((record.getMessage(), getattr(record, "queuetui_fields", {})))

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return the fields of every such event."""
        return [fields for name, fields in tuple(self.records) if name == event]

    def events(self, job_id: str) -> list[str]:
        """Return what was said of one job."""
        return [name for name, fields in tuple(self.records) if fields.get("job_id") == job_id]

    def listen(self) -> None:
        """Begin to listen."""
        self._strangers = {thread for thread in enumerate_threads() if thread.name.startswith("queuetui-")}
        WORKER_LOGGER.addHandler(self)
        WORKER_LOGGER.setLevel(logging.INFO)

    def forget(self) -> None:
        """Stop listening."""
        WORKER_LOGGER.removeHandler(self)
        WORKER_LOGGER.setLevel(logging.NOTSET)
