"""What a store of ours can do, and how safe its commits are."""

from __future__ import annotations

from sqlalchemy import Connection, text

from queuetui.backends.native.query_scope import KEPT
from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities

_LABELS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL"}
_SETTINGS = text(
    "select current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')"
)


def describe_capabilities(connection: Connection) -> Capabilities:
    """Return what the store can do."""
    dialect = connection.dialect.name
    return Capabilities(
        kind="native",
        label=f"queuetui on {'MariaDB' if getattr(connection.dialect, 'is_mariadb', False) else _LABELS[dialect]}",
        native=True,
        verbs=frozenset(Verb),
        keeps=KEPT,
        leases=True,
        workers=True,
        tally=True,
        attempts=True,
        events=True,
        durability=_GRADES[dialect](connection),
    )


def _grade_of_sqlite(_: Connection) -> str:
    # Our writers always flush the file at each commit (synchronous = FULL).
    return "A"


def _grade_of_postgresql(connection: Connection) -> str:
    fsync, whole_pages, synchronous = connection.execute(_SETTINGS).one()
    # Without whole pages a page that was torn by a power cut stays torn.
    if "off" in {fsync, whole_pages}:
        return "C"
    return "B" if synchronous == "off" else "A"


def _grade_of_mysql(connection: Connection) -> str:
    # Where there is a binary log, a commit that is not in it is undone after a crash.
    flush, log, sync = connection.exec_driver_sql(
        "select @@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog"
    ).one()
    return "A" if flush == 1 and (not log or sync == 1) else "B"


_GRADES = {"sqlite": _grade_of_sqlite, "postgresql": _grade_of_postgresql, "mysql": _grade_of_mysql}
