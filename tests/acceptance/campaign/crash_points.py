"""The sixteen places at which a process kills itself, reached from outside the product by wrapping its seams.

`QUEUETUI_CRASH_AT=point:nth` names one. A place between a write and its commit is inside the transaction where the store has one
(SQLite, and PostgreSQL where a step takes several statements); where the store does it all in one statement or script, the process
dies once the request is sent and before the answer is read.
"""

from __future__ import annotations

import functools
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from queuetui.backends.native.redis.operator import RedisOperator
from queuetui.backends.native.redis.schedules import RedisSchedules
from queuetui.backends.native.redis.store import RedisJobStore
from queuetui.backends.native.sql.act.operator import SqlOperator
from queuetui.backends.native.sql.mysql.database import MysqlDatabase
from queuetui.backends.native.sql.mysql.session import PackedSession
from queuetui.backends.native.sql.postgresql.database import PostgresqlDatabase
from queuetui.backends.native.sql.postgresql.session import PipelinedSession
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.sqlite.database import SqliteDatabase
from queuetui.backends.native.sql.sqlite.session import OwnSqliteSession
from queuetui.backends.native.sql.worker.schedules import SqlSchedules
from queuetui.backends.native.sql.worker.store import SqlJobStore
from queuetui.engine.children.fork_client import ForkClient
from queuetui.engine.executor import ThreadExecutor
from queuetui.model.job import Ending
from tests.acceptance.campaign.handlers import open_sink
from tests.acceptance.campaign.wrapping import replace

CRASH_VARIABLE = "QUEUETUI_CRASH_AT"
OWNERS: dict[str, tuple[type, type]] = {
    "apply": (SqlOperator, RedisOperator),
    "take_slots": (SqlSchedules, RedisSchedules),
}
BEFORE, BEGUN, MIDWAY, WRITTEN, AFTER = "before", "begun", "midway", "written", "after"


def _always(_given: object) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a point lies: around or within which call, and on which of its arguments and answers."""

    call: str
    moment: str
    wanted: Callable[[Sequence[Any]], bool] = _always
    answered: Callable[[Any], bool] = _always


def _claims(given: Sequence[Any]) -> bool:
    return bool(given[2])


def _settles(given: Sequence[Any]) -> bool:
    return bool(given[1])


def _settles_many(given: Sequence[Any]) -> bool:
    return len(given[1]) > 1


def _retries(given: Sequence[Any]) -> bool:
    return any(one.ending is Ending.RETRY for one in given[1])


def _has_slots(given: Sequence[Any]) -> bool:
    return bool(given[3].slots)


def _made_jobs(answer: Any) -> bool:
    taken, _ = answer
    return taken is not None and bool(taken.jobs)


def _claimed(answer: Any) -> bool:
    return bool(answer.claimed)


def _accepted(answer: Any) -> bool:
    return bool(answer.accepted)


SPOTS = {
    "after_begin": Spot("step", BEGUN, _claims),
    "after_claim_write": Spot("step", WRITTEN, _claims, _claimed),
    "after_claim_commit": Spot("step", AFTER, _claims, _claimed),
    "before_child_spawn": Spot("spawn", BEFORE),
    "after_child_spawn": Spot("spawn", AFTER),
    "mid_renew": Spot("renew", WRITTEN),
    "before_finalize": Spot("step", BEFORE, _settles),
    "after_finalize_write": Spot("step", WRITTEN, _settles, _accepted),
    "after_finalize_commit": Spot("step", AFTER, _settles, _accepted),
    "mid_batch_finalize": Spot("step", MIDWAY, _settles_many),
    "before_retry_write": Spot("step", BEFORE, _retries),
    "mid_promote": Spot("promote", WRITTEN, answered=bool),
    "mid_sweep": Spot("sweep", WRITTEN, answered=bool),
    "mid_cron_slot": Spot("take_slots", WRITTEN, _has_slots, _made_jobs),
    "mid_shutdown_release": Spot("close_lease", WRITTEN),
    "mid_operator_action": Spot("apply", WRITTEN),
}


class Bomb(threading.local):
    """What one thread knows of the call that it is in."""

    given: Sequence[Any] | None = None
    in_flight: bool = False
    changes: int = 0


class Crash:
    """Kills this process when its spot is reached for the nth time."""

    def __init__(self, point: str, nth: int) -> None:
        self._point = point
        self._spot = SPOTS[point]
        self._left = nth
        self._bomb = Bomb()
        self._lock = threading.Lock()

    def set(self) -> None:
        """Wrap the seams that this point needs."""
        spot = self._spot
        if spot.call == "spawn":
            self._wrap(ThreadExecutor, "submit")
            self._wrap(ForkClient, "start_child")
            return
        for owner in OWNERS.get(spot.call, (SqlJobStore, RedisJobStore)):
            self._wrap(owner, spot.call)
        if spot.moment in {BEGUN, MIDWAY, WRITTEN}:
            self._wrap_inside()

    def _wrap(self, owner: type, name: str) -> None:
        whole = getattr(owner, name)

        @functools.wraps(whole)
        def wrapped(this: object, *given: Any) -> Any:
            wanted = self._spot.call == "spawn" or self._spot.wanted(given)
            if wanted and self._spot.moment == BEFORE:
                self._reach()
            self._bomb.given = given if wanted else None
            try:
                answer = whole(this, *given)
            finally:
                self._bomb.given, self._bomb.in_flight, self._bomb.changes = None, False, 0
            if wanted and self._spot.moment == AFTER and self._spot.answered(answer):
                self._reach()
            return answer

        replace(owner, name, wrapped)

    def _wrap_inside(self) -> None:
        self._wrap_database(SqliteDatabase, "write", commits=True)
        self._wrap_database(PostgresqlDatabase, "write", commits=True)
        self._wrap_database(MysqlDatabase, "write", commits=True)
        self._wrap_database(PostgresqlDatabase, "write_at_once", commits=False)
        if self._spot.moment == MIDWAY:
            self._wrap_changes()
        self._wrap_flights()

    def _wrap_database(self, owner: type, name: str, *, commits: bool) -> None:
        """Die inside a transaction: at its begin, or with all written and nothing committed."""
        whole = getattr(owner, name)

        def wrapped(this: object, doing: str, work: Callable[[Session], Any]) -> Any:
            if self._bomb.given is None:
                return whole(this, doing, work)

            def worked(session: Session) -> Any:
                if self._spot.moment == BEGUN:
                    self._reach()
                self._bomb.in_flight = not commits
                answer = work(session)
                self._bomb.in_flight = False
                if commits and self._spot.moment == WRITTEN and self._spot.answered(answer):
                    self._reach()
                return answer

            return whole(this, doing, worked)

        replace(owner, name, wrapped)

    def _wrap_changes(self) -> None:
        """Die between two statements of one transaction."""
        for owner in (Session, PipelinedSession, PackedSession, OwnSqliteSession):
            whole = vars(owner)["change_each"]

            def wrapped(this: Session, block: str, many: Sequence[Any], whole: Callable[..., int] = whole) -> int:
                count = whole(this, block, many)
                if self._bomb.given is not None and many:
                    self._reach()
                return count

            replace(owner, "change_each", wrapped)

    def _wrap_flights(self) -> None:
        """Die with a request sent and its answer unread."""
        import psycopg
        from redis.connection import AbstractConnection

        wait = psycopg.Connection.wait
        # The driver types only a part of its methods.
        send: Callable[..., None] = AbstractConnection.send_packed_command

        def waited(this: Any, gen: Generator[Any, Any, Any], *rest: Any, **more: Any) -> Any:
            flies = self._bomb.given is not None and self._bomb.in_flight
            return wait(this, self._fly(gen) if flies else gen, *rest, **more)

        def sent(this: Any, command: Any, *rest: Any, **more: Any) -> Any:
            if self._bomb.given is not None and self._spot.moment == BEGUN:
                self._reach()
            send(this, command, *rest, **more)
            if self._bomb.given is not None:
                self._reach()

        replace(psycopg.Connection, "wait", waited)
        replace(AbstractConnection, "send_packed_command", sent)

    def _fly(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        from psycopg.waiting import Wait

        wish = next(gen)
        while True:
            if wish == Wait.R:
                self._reach()
            try:
                wish = gen.send((yield wish))
            except StopIteration as end:
                return end.value

    def _reach(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                open_sink().write("crashed", detail=self._point)
                os.kill(os.getpid(), signal.SIGKILL)


def set_from_environment() -> None:
    """Arm the point that the environment names, if it names one."""
    named = os.environ.get(CRASH_VARIABLE)
    if named:
        point, _, nth = named.partition(":")
        Crash(point, int(nth or 1)).set()
