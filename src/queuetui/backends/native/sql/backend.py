"""Opens the native queue on SQLite, PostgreSQL or MySQL."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from queuetui.backends.backend import NativeBackend, late
from queuetui.backends.found import Found
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.sql.connect import connect_database
from queuetui.backends.native.sql.schema import upgrade

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.histories import Histories
    from queuetui.backends.native.sql.database import Database
    from queuetui.backends.sql.catalog import Catalog


class SqlBackend(NativeBackend):
    """Our own queue on SQL."""

    def __init__(self, database: Database) -> None:
        self.database = database
        store = cache(late("native.sql.worker.store", "SqlJobStore", database))
        looks = cache(late("native.sql.look.quick_inspector", "QuickInspector", database))
        super().__init__(
            # A console shows its first picture before SQLAlchemy is imported.
            inspector=looks,
            operator=late("native.sql.act.operator", "SqlOperator", database, lambda: looks().forget()),
            events=late("native.sql.look.event_log", "SqlEventLog", database),
            examiner=late("native.sql.look.examiner", "SqlExaminer", database),
            server_look=late("native.sql.look.examiner", "server_look", database),
            histories=partial(_make_histories, database),
            limits=database.options.limits,
            jobs=store,
            schema=store,
            schedules=late("native.sql.worker.schedules", "SqlSchedules", database),
            rules=late("native.sql.worker.rules", "SqlClaimRules", database),
            notes=late("native.sql.worker.run_notes", "SqlRunNotes", database),
            close=database.close,
        )


def _make_histories(database: Database, backend: Backend) -> Histories:
    from queuetui.backends.native.sql.look.histories import SqlHistories

    return SqlHistories(database, backend)


def open_backend(url: str, options: BackendOptions) -> SqlBackend:
    """Open the queue; `options.create` makes or updates it first.

    Raises NotFound, SchemaTooNew and SchemaTooOld.
    """
    database = connect_database(url, options)
    try:
        if options.create:
            if upgrade.migrate(database):
                database.keep_event_days(Retention.from_settings(options.settings).events_s)
        else:
            upgrade.require_version(database)
    except BaseException:
        database.close()
        raise
    return SqlBackend(database)


def open_schema(url: str, options: BackendOptions) -> SqlBackend:
    """Open the queue's schema, whatever its version; raises NotFound for an SQLite file that is absent."""
    return SqlBackend(connect_database(url, options))


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:  # noqa: ARG001 - every product is asked alike
    """Return our own queue if a database holds one."""
    meta = catalog.find("queuetui_meta")
    if meta is None:
        return ()
    refusal = "" if meta.is_readable else "this user may not read queuetui_meta; grant it the rights on our tables"
    return (Found("native", "queuetui", "its tables queuetui_*", partial(open_backend, url), refusal=refusal),)
