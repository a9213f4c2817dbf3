"""The client of a case: enqueues a steady stream of jobs while others do harm, and sends again what was not answered."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from uuid import uuid4

from queuetui import Queue
from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.mysql import database
from queuetui.backends.native.sql.postgresql import connection
from queuetui.backends.registry import NATIVE, open_native
from queuetui.model.errors import UnknownOutcome, Unreachable
from queuetui.model.job import NewJob
from tests.acceptance.campaign.handlers import TYPE
from tests.acceptance.checker import Sink
from tests.acceptance.checker.events import digest_of

QUEUES = ("fast", "slow", "mail")
LARGEST_BATCH = 12
AGAIN_AFTER_S = 0.25
GIVE_UP_AFTER_S = 120
# In proportion to the short leases here; a real worker waits longer than its server lets a statement take.
ANSWER_WITHIN_S = 3.0
BODY_64_KB = 64 * 1024


@dataclass(frozen=True, slots=True)
class Stream:
    """How much work there is: `at_least` jobs, and then as many as `a_second` brings until the harm is done."""

    at_least: int
    a_second: float
    lease_s: float
    failing: float = 0.1
    long: float = 0.02
    large: float = 0.01
    bodies: tuple[int, ...] = ()


class Load:
    """One thread that enqueues."""

    def __init__(self, url: str, stream: Stream, seed: int, sink: Sink) -> None:
        self.sent = 0
        self.fault: BaseException | None = None
        self._stream = stream
        self._chance = random.Random(seed)
        self._sink = sink
        self._enough = threading.Event()
        self._over = threading.Event()
        connection.ANSWER_WITHIN_S = ANSWER_WITHIN_S
        database.ANSWER_WITHIN_S = ANSWER_WITHIN_S
        self._backend: NativeBackend = open_native(
            url, BackendOptions(kind=NATIVE, statement_timeout_s=ANSWER_WITHIN_S)
        )
        self._bodies = list(stream.bodies)
        self._thread = threading.Thread(target=self._guard, name="campaign-load", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Let the last jobs be sent and answered."""
        self._enough.set()
        self._thread.join(GIVE_UP_AFTER_S)
        self.close()
        if self.fault is not None:
            raise self.fault
        assert not self._thread.is_alive(), "the last jobs could not be enqueued"

    def close(self) -> None:
        """Enqueue nothing more, answered or not."""
        self._enough.set()
        self._over.set()
        self._thread.join(GIVE_UP_AFTER_S)
        self._backend.close()

    def _guard(self) -> None:
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001 - raised by finish
            self.fault = error

    def _run(self) -> None:
        while not self._over.is_set() and (self.sent < self._stream.at_least or not self._enough.is_set()):
            batch = [self._make() for _ in range(self._chance.randint(1, LARGEST_BATCH))]
            self._send(batch)
            self._over.wait(0 if self._enough.is_set() else len(batch) / self._stream.a_second)

    def _make(self) -> NewJob:
        chance, stream = self._chance, self._stream
        self.sent += 1
        luck = chance.random()
        quick = chance.choice((0, 0, 1, 2, 5, 20, 100))
        payload: dict[str, int | str] = {
            "number": self.sent,
            "fails": int(luck < stream.failing),
            "ms": round(stream.lease_s * 1200) if luck > 1 - stream.long else quick,
        }
        if self._bodies or chance.random() < stream.large:
            size = self._bodies.pop() if self._bodies else BODY_64_KB
            payload["body"] = chance.choice("abcdefgh") * size
        return Queue.new(TYPE, payload, queue=chance.choice(QUEUES), priority=chance.choice((0, 0, 0, 10)))

    def _send(self, batch: list[NewJob]) -> None:
        while not self._over.is_set():
            call = uuid4().hex
            self._tell(batch, call, "invoke")
            try:
                self._backend.jobs.enqueue(batch)
            except (Unreachable, UnknownOutcome):
                self._tell(batch, call, "unknown")
                self._over.wait(AGAIN_AFTER_S)
            else:
                self._tell(batch, call, "ok")
                return

    def _tell(self, batch: list[NewJob], call: str, phase: str) -> None:
        outcome = "created" if phase == "ok" else ""
        for one in batch:
            digest = digest_of(one.payload)
            self._sink.write(
                "enqueue", phase=phase, call=call, job_id=one.id, digest=digest, queue=one.queue, outcome=outcome
            )
