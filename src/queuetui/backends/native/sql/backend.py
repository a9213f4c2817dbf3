"""Opens the native queue on SQLite or PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import COUNT_CAP, Found
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.sql.connect import connect_database
from queuetui.backends.native.sql.schema import upgrade
from queuetui.backends.native.sql.worker.rules import SqlClaimRules
from queuetui.backends.native.sql.worker.run_notes import SqlRunNotes
from queuetui.backends.native.sql.worker.schedules import SqlSchedules
from queuetui.backends.native.sql.worker.store import SqlJobStore
from queuetui.model.errors import NotFound
from queuetui.model.measured import Exactness, Measured

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions, Inspector
    from queuetui.backends.native.sql.act.operator import SqlOperator
    from queuetui.backends.native.sql.database import Database
    from queuetui.backends.native.sql.look.event_log import SqlEventLog
    from queuetui.backends.native.sql.look.examiner import SqlExaminer
    from queuetui.backends.native.sql.session import Session
    from queuetui.backends.reading.histories import PagedHistories


class SqlBackend(NativeBackend):
    """Our own queue on SQL."""

    def __init__(self, database: Database) -> None:
        self.database = database
        store = SqlJobStore(database)
        super().__init__(
            inspector=self._make_inspector,
            operator=self._make_operator,
            events=self._make_event_log,
            examiner=self._make_examiner,
            histories=self._make_histories,
            jobs=store,
            schema=store,
            schedules=SqlSchedules(database),
            rules=SqlClaimRules(database),
            notes=SqlRunNotes(database),
            close=database.close,
        )

    def _make_inspector(self) -> Inspector:
        from queuetui.backends.native.sql.sqlite.database import SqliteDatabase

        if isinstance(self.database, SqliteDatabase):
            from queuetui.backends.native.sql.sqlite.quick_inspector import QuickInspector

            return cast("Inspector", QuickInspector(self.database))
        from queuetui.backends.native.sql.look.inspector import SqlInspector

        return SqlInspector(self.database)

    def _make_operator(self) -> SqlOperator:
        from queuetui.backends.native.sql.act.operator import SqlOperator

        return SqlOperator(self.database)

    def _make_event_log(self) -> SqlEventLog:
        from queuetui.backends.native.sql.look.event_log import SqlEventLog

        return SqlEventLog(self.database)

    def _make_examiner(self) -> SqlExaminer:
        from queuetui.backends.native.sql.look.examiner import SqlExaminer

        return SqlExaminer(self.database)

    def _make_histories(self) -> PagedHistories:
        from queuetui.backends.reading.histories import PagedHistories

        return PagedHistories(self.inspector, self.database.options.limits)


def open_backend(url: str, options: BackendOptions) -> SqlBackend:
    """Open the queue; with `options.create` made or brought up to date first. Raises NotFound and SchemaTooNew."""
    database = connect_database(url, options)
    try:
        if options.create:
            if upgrade.migrate(database):
                database.keep_event_days(Retention.from_settings(options.settings).events_s)
        elif upgrade.check_version(database) is None:
            raise NotFound(
                "the database holds no queue of queuetui: its table queuetui_meta is not there; check the URL, or make a queue with: "
                "queuetui enqueue"
            )
    except BaseException:
        database.close()
        raise
    return SqlBackend(database)


def open_schema(url: str, options: BackendOptions) -> SqlBackend:
    """Open the queue for its schema alone, whatever its version. Raises NotFound for an SQLite file that is not there."""
    return SqlBackend(connect_database(url, options))


def discover(url: str, options: BackendOptions) -> Found | None:
    """Return our own queue if the store holds one. Raises NotFound for an SQLite file that is not there."""
    database = connect_database(url, options)
    try:
        version = upgrade.read_version(database)
        if version is None:
            return None
        jobs = database.read("counting jobs", _count_jobs)
    finally:
        database.close()
    return Found("native", "queuetui", f"its tables queuetui_* hold schema {version}", jobs=jobs)


def _count_jobs(session: Session) -> Measured[int]:
    row = session.row("count_jobs", limit=COUNT_CAP + 1)
    count: int = 0 if row is None else row[0]
    return Measured(count) if count <= COUNT_CAP else Measured(COUNT_CAP, Exactness.CAPPED)
