"""The worker: claims jobs, runs their handlers, and survives an unreachable store."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from threading import Thread
from traceback import format_exc
from typing import TYPE_CHECKING

from queuetui import __version__
from queuetui.engine.claimer import Claimer, Room
from queuetui.engine.clock import Clock, EndOf, Pace, Wakeup
from queuetui.engine.dispatcher import Dispatcher
from queuetui.engine.dispatcher_parts import DispatcherParts
from queuetui.engine.event_loop import EventLoop
from queuetui.engine.executor import ThreadExecutor
from queuetui.engine.finisher import Finisher, Outbox
from queuetui.engine.guard import LimitGuard
from queuetui.engine.lease import Leases
from queuetui.engine.logs import log_event
from queuetui.engine.mixed_executor import MixedExecutor
from queuetui.engine.notekeeper import LogKeeper, Notekeeper
from queuetui.engine.performer import Performer
from queuetui.engine.recurring_jobs import Recurring
from queuetui.engine.renewal import LeaseRenewer
from queuetui.engine.service_notice import ServiceNotice
from queuetui.engine.signals import Signals
from queuetui.engine.stop import Stopping
from queuetui.engine.store_health import STORE_TROUBLE, StoreHealth
from queuetui.engine.suspects import Suspects
from queuetui.engine.sweeper import Sweeper
from queuetui.engine.tasks import Tasks
from queuetui.engine.unknown_types import UnknownTypes
from queuetui.engine.volume import Volume
from queuetui.model.declaration import declared_schedules
from queuetui.model.errors import QueueTuiError
from queuetui.model.worker import WorkerCard, note_worker

if TYPE_CHECKING:
    from queuetui.backends.backend import NativeBackend
    from queuetui.backends.base import Listener
    from queuetui.engine.children.process_executor import ProcessExecutor
    from queuetui.engine.isolation import Executor
    from queuetui.engine.run_metrics import RunMetrics
    from queuetui.engine.settings import WorkerSettings

Part = Dispatcher | LeaseRenewer | Sweeper | Recurring
WATCH_EVERY_S = 0.1
LAST_WORDS_S = 5.0
LAST_WORDS_IN_TROUBLE_S = 0.5


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What a worker did; `unfinished` handlers were still at work and end with the process.

    `store_silent`: a call of the store was still unanswered at the end, so closing the store may block for ever.
    """

    jobs: int
    reason: str
    unfinished: int
    store_silent: bool = False


class Worker:
    """One worker, with a random identity; `run` returns normally whatever its jobs did."""

    def __init__(
        self, backend: NativeBackend, settings: WorkerSettings, tasks: Tasks | None = None, clock: Clock | None = None
    ) -> None:
        self.id, self._born = os.urandom(16).hex(), os.getpid()
        self._backend, self._store = backend, backend.jobs
        self._settings = settings
        self._clock = clock if clock is not None else Clock()
        self._tasks = tasks
        if tasks is None and settings.isolation != "process":
            self._tasks = Tasks(settings.app, settings.allow_rule())
        self._declared = declared_schedules() if settings.app and self._tasks is not None else ()
        self._types = () if self._tasks is None else self._tasks.types()
        self._wakeup = Wakeup()
        self._stopping = Stopping(settings.grace_s, self._wakeup, self._clock)
        self._health = StoreHealth(self._clock)
        self._notice = ServiceNotice(None)
        self._is_leaving = False
        self._until_the_end = ExitStack()
        self._crash: BaseException | None = None

    def stop(self, reason: str = "asked to") -> None:
        """Stop gracefully, from any thread: claim no more, and wait for runs during the grace period."""
        self._stopping.ask(reason)

    def hurry(self) -> None:
        """Stop without waiting for runs."""
        self._stopping.hurry()

    def run(self) -> WorkerReport:
        """Work until stopped; raises Unreachable if the store cannot be reached at the start, but not later."""
        if self._born != os.getpid():
            # A worker that was made before a fork may run in several children, each with an id of its own.
            self.id, self._born = os.urandom(16).hex(), os.getpid()
        signals = Signals(self._stopping)
        self._notice = ServiceNotice.of_this_process(os.environ)
        log_keeper = LogKeeper(self.id)
        logging.getLogger().addHandler(log_keeper)
        # Signals are caught before the registration, as a listed worker may be asked to stop.
        try:
            with signals.caught(), self._until_the_end:
                return self._run(signals)
        finally:
            logging.getLogger().removeHandler(log_keeper)

    def _run(self, signals: Signals) -> WorkerReport:
        clock = self._clock
        started_s = clock.now()
        card = self._describe()
        settings, pace = self._settings, Pace()
        volume = Volume(settings.log_jobs, self.id, started_s)
        outbox = Outbox(self._wakeup, clock, UnknownTypes(settings.unknown_after_s, clock), settings.batch)
        loop = EventLoop()
        executor = self._make_executor(outbox, loop, pace)
        leases = Leases(self._store, self.id, settings.lease_s, clock)
        room = Room(settings, executor, leases, pace, clock)
        claimer = Claimer(self._store, settings, room, clock)
        listener = self._listen(claimer)
        if listener is not None:
            claimer.is_told()
        card = replace(card, types=self._types, socket=listener.address if listener is not None else None)
        try:
            finisher = Finisher(pace, volume, clock, self._serve_metrics(executor))
            recurring = Recurring(self._backend.schedules, self._declared, self._stopping, self._health, clock)
            self._store.register(card)
        except BaseException:
            if listener is not None:
                listener.close()
            executor.close()
            raise
        parts = DispatcherParts(
            store=self._store,
            settings=settings,
            worker_id=self.id,
            executor=executor,
            leases=leases,
            outbox=outbox,
            finisher=finisher,
            claimer=claimer,
            room=room,
            stopping=self._stopping,
            health=self._health,
            wakeup=self._wakeup,
            clock=clock,
            volume=volume,
            suspects=Suspects(careful=settings.isolation != "process"),
            notekeeper=Notekeeper(self._backend.notes, settings.counted_tags),
        )
        renewal = LeaseRenewer(self._store, card, leases, self._stopping, self._health, clock)
        sweeper = Sweeper(self._store, settings, self._stopping, self._health, clock)
        watch = LimitGuard(settings, executor, leases, self._stopping, clock)
        self._announce(card)
        silent = not self._work((Dispatcher(parts), renewal, sweeper, recurring), renewal, watch, signals)
        if listener is not None:
            listener.close()
        executor.close()
        volume.sum_up(clock.now())
        unfinished = len(executor.running()) + executor.given_up
        if not unfinished:
            loop.close()
        silent = not self._retire(silent=silent)
        return self._say_goodbye(
            WorkerReport(finisher.ended_jobs, self._stopping.reason, unfinished, silent), started_s
        )

    def _serve_metrics(self, executor: Executor) -> RunMetrics | None:
        """Serve metrics until the worker ends, if a port is set; raises BadConfig."""
        settings = self._settings
        if settings.metrics_port is None:
            return None
        from queuetui.engine.run_metrics import served

        serving = served(settings.metrics_port, settings.metrics_labels, lambda: len(executor.running()))
        return self._until_the_end.enter_context(serving)

    def _listen(self, claimer: Claimer) -> Listener | None:
        """Have the store notify the worker at once when there is work."""

        def hear(queue: str) -> None:
            claimer.hear(queue)
            self._wakeup.ring()

        return self._store.listen(hear)

    def _make_executor(self, outbox: Outbox, loop: EventLoop, pace: Pace) -> Executor:
        """Return the executor; with process isolation the worker itself loads no handlers."""

        def make_processes() -> ProcessExecutor:
            from queuetui.engine.children.boot import describe_boot
            from queuetui.engine.children.process_executor import ProcessExecutor

            processes = ProcessExecutor(self._settings, describe_boot(self._settings, self.id), outbox, pace)
            processes.start(self._guard)
            if self._tasks is None:
                self._declared, self._types = processes.declared, processes.types
            return processes

        if self._tasks is None:
            return make_processes()
        slots, performer = self._settings.concurrency, Performer(self._tasks, outbox, loop, self._settings, self._clock)
        if self._settings.isolation == "thread":
            return ThreadExecutor(slots, performer)
        return MixedExecutor(slots, performer, self._tasks, make_processes)

    def _work(self, parts: Sequence[Part], renewal: LeaseRenewer, watch: LimitGuard, signals: Signals) -> bool:
        """Run the worker's threads, and guard them from this one, until the last lease is closed.

        False when a call of the store blocks a thread for longer than the worker may live; its leases then expire.
        """
        threads = [self._start(part.run) for part in parts]
        self._notice.ready()
        while threads[0].is_alive() and not self._stopping.grace_is_over(LAST_WORDS_S):
            signals.act()
            watch.look()
            self._tell_manager()
            self._clock.wait(EndOf(threads[0]), WATCH_EVERY_S)
        signals.act()
        self._tell_manager()
        renewal.end()
        ends_s = self._clock.now() + (0.0 if threads[0].is_alive() else self._patience_s())
        for thread in threads:
            self._clock.wait(EndOf(thread), max(0.0, ends_s - self._clock.now()))
        return not any(thread.is_alive() for thread in threads)

    def _tell_manager(self) -> None:
        """Notify the service manager that this thread, which guards the others, is alive."""
        self._notice.beat(self._clock.now())
        if self._stopping.asked and not self._is_leaving:
            self._is_leaving = True
            self._notice.stopping(self._stopping.reason)

    def _retire(self, *, silent: bool) -> bool:
        """Delete the registration; False when the store does not confirm it."""
        if silent:
            return False

        def retire() -> None:
            try:
                self._store.retire(self.id, note_worker(self._describe(), self._stopping.reason))
            except STORE_TROUBLE as error:
                log_event("registration_left", logging.WARNING, error=str(error))

        thread = self._start(retire)
        return self._clock.wait(EndOf(thread), self._patience_s())

    def _patience_s(self) -> float:
        return LAST_WORDS_S if self._health.well else LAST_WORDS_IN_TROUBLE_S

    def _start(self, work: Callable[[], None]) -> Thread:
        thread = Thread(target=self._guard, args=(work,), name=f"queuetui-{work.__qualname__}", daemon=True)
        thread.start()
        return thread

    def _guard(self, work: Callable[[], None]) -> None:
        """Run a thread's work and keep the error that ends it, which `run` raises."""
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that called run
            self._crash = self._crash or error
            self._stopping.hurry()
            if not isinstance(error, QueueTuiError):
                log_event("part_failed", logging.ERROR, worker=self.id, part=work.__qualname__, traceback=format_exc())

    def _describe(self) -> WorkerCard:
        return WorkerCard(
            id=self.id,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=__version__,
            queues=self._settings.queues or (),
            slots=self._settings.concurrency,
            tags=self._settings.all_tags,
        )

    def _announce(self, card: WorkerCard) -> None:
        log_event(
            "worker_started",
            worker=card.id,
            pid=card.pid,
            host=card.host,
            queues=",".join(card.queues) or None,
            all_queues=True if not card.queues else None,
            concurrency=card.slots,
            poll_interval_s=self._settings.sleep_s,
            lease_s=self._settings.lease_s,
            version=card.version,
        )

    def _say_goodbye(self, report: WorkerReport, started_s: float) -> WorkerReport:
        if report.store_silent:
            why = "it holds a call without an answer; leases end by themselves and any worker sweeps"
            log_event("store_silent", logging.ERROR, worker=self.id, reason=why)
        log_event(
            "shutdown_complete",
            worker=self.id,
            reason=report.reason,
            jobs=report.jobs,
            unfinished=report.unfinished,
            duration_s=round(self._clock.now() - started_s, 3),
        )
        if self._crash is not None:
            raise self._crash
        return report
