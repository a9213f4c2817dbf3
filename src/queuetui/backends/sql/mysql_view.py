"""What MySQL and MariaDB tell of their sessions, locks, tables and statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, text

from queuetui.backends.sql.condition import read_number, read_version
from queuetui.model.errors import Unsupported
from queuetui.model.server_view import MOST_SESSIONS, MOST_STATEMENTS, SectionName, Value
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from queuetui.backends.sql.catalog import StoredTable

Rows = list[tuple[Value, ...]]
_GRANT = "grant PROCESS on *.* to this user"
_HIDDEN = f"sessions of other users are not told: {_GRANT}"
_SESSIONS = text(
    "select p.id, p.user, p.host, p.command, p.time, timestampdiff(second, t.trx_started, now()) from information_schema.processlist p "
    "left join information_schema.innodb_trx t on t.trx_mysql_thread_id = p.id "
    "where p.db = database() and p.id <> connection_id() order by t.trx_started is null, t.trx_started, p.time desc limit :most"
)
_OWN_SESSIONS = text(
    "select id, user, host, command, time, null from information_schema.processlist "
    "where db = database() and id <> connection_id() order by time desc limit :most"
)
# The two keep the same in tables of different names.
_WAITS = {
    "MariaDB": ("information_schema.innodb_lock_waits", "requesting_trx_id", "blocking_trx_id"),
    "MySQL": (
        "performance_schema.data_lock_waits",
        "requesting_engine_transaction_id",
        "blocking_engine_transaction_id",
    ),
}
_SIZES = text(
    "select table_name, table_rows, data_length + index_length, data_free from information_schema.tables "
    "where table_schema = database() and table_name in :names order by 3 desc"
).bindparams(bindparam("names", expanding=True))
_OLDEST = text(
    "select trx_mysql_thread_id, timestampdiff(second, trx_started, now()) from information_schema.innodb_trx "
    "where trx_mysql_thread_id <> connection_id() order by trx_started limit 1"
)


def read_figures(connection: Connection) -> Rows:
    """Return the oldest transaction, where this user may know of it."""
    oldest = connection.execute(_OLDEST).first() if _sees_all(connection) else None
    if oldest is None:
        return []
    return [("oldest transaction seconds", int(oldest[1])), ("oldest transaction of", f"pid {oldest[0]}")]


def limits_of(connection: Connection) -> dict[SectionName, str]:
    """Return what is kept from a user without PROCESS."""
    return {} if _sees_all(connection) else {SectionName.CONNECTIONS: _HIDDEN}


def _sees_all(connection: Connection) -> bool:
    rows = connection.exec_driver_sql("show grants").scalars()
    return any(
        " ON *.* " in grant and ("PROCESS" in grant or grant.startswith("GRANT ALL")) for grant in map(str, rows)
    )


def _read_sessions(connection: Connection, tables: Sequence[StoredTable]) -> Rows:  # noqa: ARG001 - every section is asked alike
    found = connection.execute(_SESSIONS if _sees_all(connection) else _OWN_SESSIONS, {"most": MOST_SESSIONS})
    return [
        (pid, Untrusted(str(user)), None, Untrusted(str(host)), Untrusted(str(command)), int(since or 0), begun)
        for pid, user, host, command, since, begun in found
    ]


def _read_locks(connection: Connection, tables: Sequence[StoredTable]) -> Rows:  # noqa: ARG001 - every section is asked alike
    waits, waiting, blocking = _WAITS[read_version(connection)[0]]
    statement = text(
        "select r.trx_mysql_thread_id, pr.user, timestampdiff(second, r.trx_wait_started, now()), b.trx_mysql_thread_id, pb.user, "
        f"pb.command from {waits} w join information_schema.innodb_trx r on r.trx_id = w.{waiting} "
        f"join information_schema.innodb_trx b on b.trx_id = w.{blocking} "
        "left join information_schema.processlist pr on pr.id = r.trx_mysql_thread_id "
        "left join information_schema.processlist pb on pb.id = b.trx_mysql_thread_id order by 3 desc, 4 limit :most"
    )
    return [
        (pid, Untrusted(str(user)), waits_s, "rows", by_pid, Untrusted(str(by)), None, Untrusted(str(command)))
        for pid, user, waits_s, by_pid, by, command in connection.execute(statement, {"most": MOST_SESSIONS})
    ]


def _read_tables(connection: Connection, tables: Sequence[StoredTable]) -> Rows:
    found = connection.execute(_SIZES, {"names": tuple(one.name for one in tables) or ("",)})
    return [
        (Untrusted(name), int(rows or 0), int(size or 0), int(free or 0), "bytes") for name, rows, size, free in found
    ]


def _read_statements(connection: Connection, tables: Sequence[StoredTable]) -> Rows:
    if not read_number(connection, "performance_schema"):
        raise Unsupported("performance_schema is off on this server")
    touching = " or ".join(f"locate(:name{place}, digest_text) > 0" for place in range(len(tables))) or "false"
    statement = text(
        "select avg_timer_wait / 1000000000, sum_timer_wait / 1000000000, count_star, digest_text "
        f"from performance_schema.events_statements_summary_by_digest where schema_name = database() and ({touching}) "
        "and digest_text regexp '^(with|select|insert|update|delete|replace)' "
        "order by avg_timer_wait desc limit :most"
    )
    names = {f"name{place}": one.name for place, one in enumerate(tables)}
    found = connection.execute(statement, {**names, "most": MOST_STATEMENTS})
    return [
        (round(float(mean), 3), round(float(total), 1), int(calls), Untrusted(str(digest)))
        for mean, total, calls, digest in found
    ]


SECTIONS: dict[SectionName, Callable[..., Rows]] = {
    SectionName.CONNECTIONS: _read_sessions,
    SectionName.LOCKS: _read_locks,
    SectionName.TABLES: _read_tables,
    SectionName.STATEMENTS: _read_statements,
}
GRANTS = {
    SectionName.LOCKS: _GRANT,
    SectionName.STATEMENTS: "to see slow statements start the server with performance_schema = ON and grant select on "
    "performance_schema.events_statements_summary_by_digest to this user",
}
