"""What PostgreSQL tells of its sessions, locks, tables and statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import text

from queuetui.backends.sql.table_condition import read_dead_space
from queuetui.model.errors import Unsupported
from queuetui.model.server_view import MOST_SESSIONS, MOST_STATEMENTS, SectionName, Value
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from queuetui.backends.sql.catalog import StoredTable

Rows = list[tuple[Value, ...]]
# Statements that work with rows: what was made or changed once says nothing of why a queue is slow.
WORKING = "^[[:space:]]*(with|select|insert|update|delete|merge)"
_HIDDEN = "sessions of other users are told in part: grant pg_read_all_stats to this user"
_SECONDS = "extract(epoch from clock_timestamp() - {})::float8"
_SESSIONS = text(
    f"select pid, usename, application_name, coalesce(client_addr::text, 'local'), state, {_SECONDS.format('state_change')}, "
    f"{_SECONDS.format('xact_start')} from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
    "order by xact_start nulls last, state_change limit :most"
)
_LOCKS = text(
    f"select w.pid, w.usename, {_SECONDS.format('w.state_change')}, "
    "(select coalesce(l.relation::regclass::text, l.locktype) from pg_locks l where l.pid = w.pid and not l.granted limit 1), "
    "b.pid, b.usename, b.application_name, b.state from (select * from pg_stat_activity "
    "where datname = current_database() and wait_event_type = 'Lock' order by state_change limit :most) w "
    "cross join lateral unnest(pg_blocking_pids(w.pid)) as by_pid left join pg_stat_activity b on b.pid = by_pid order by 3 desc, 5"
)
_OLDEST = text(
    f"select pid, usename, application_name, {_SECONDS.format('xact_start')} from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null order by xact_start limit 1"
)
_SIZES = text(
    "select n.nspname || '.' || c.relname, c.oid::regclass::text, c.reltuples::bigint, pg_total_relation_size(c.oid) from pg_class c "
    "join pg_namespace n on n.oid = c.relnamespace where n.nspname || '.' || c.relname = any(:names) order by 4 desc"
)
_EXTENSION = text(
    "select quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace "
    "where e.extname = 'pg_stat_statements'"
)


def read_figures(connection: Connection) -> Rows:
    """Return the oldest transaction and the size of the database."""
    oldest = connection.execute(_OLDEST).first()
    size = connection.exec_driver_sql("select pg_database_size(current_database())").scalar_one()
    figures: Rows = [("database bytes", int(size))]
    if oldest is not None:
        pid, user, application, age_s = oldest
        figures += [
            ("oldest transaction seconds", round(age_s, 1)),
            ("oldest transaction of", Untrusted(f"pid {pid} ({user} {application})")),
        ]
    return figures


def limits_of(connection: Connection) -> dict[SectionName, str]:
    """Return what is kept from a user who may not read the statistics of others."""
    if connection.exec_driver_sql("select pg_has_role('pg_read_all_stats', 'usage')").scalar_one():
        return {}
    return {SectionName.CONNECTIONS: _HIDDEN, SectionName.LOCKS: _HIDDEN, SectionName.STATEMENTS: _HIDDEN}


def _read_sessions(connection: Connection, tables: Sequence[StoredTable]) -> Rows:  # noqa: ARG001 - every section is asked alike
    found = connection.execute(_SESSIONS, {"most": MOST_SESSIONS})
    return [(pid, *map(_text, texts), _round(since), _round(begun)) for pid, *texts, since, begun in found]


def _read_locks(connection: Connection, tables: Sequence[StoredTable]) -> Rows:  # noqa: ARG001 - every section is asked alike
    found = connection.execute(_LOCKS, {"most": MOST_SESSIONS})
    return [
        (pid, _text(user), _round(waits), _text(on), by_pid, *map(_text, blocker))
        for pid, user, waits, on, by_pid, *blocker in found
    ]


def _read_tables(connection: Connection, tables: Sequence[StoredTable]) -> Rows:
    names = [f"{one.schema}.{one.name}" for one in tables]
    dead = {one.table.raw: one.dead for one in read_dead_space(connection, tables)}
    found = connection.execute(_SIZES, {"names": names})
    return [(Untrusted(shown), max(rows, 0), size, dead.get(shown, 0), "rows") for _, shown, rows, size in found]


def _read_statements(connection: Connection, tables: Sequence[StoredTable]) -> Rows:
    schema = connection.execute(_EXTENSION).scalar()
    if schema is None:
        raise Unsupported("pg_stat_statements is not installed")
    statement = text(
        f"select mean_exec_time, total_exec_time, calls, query from {schema}.pg_stat_statements "
        "where dbid = (select oid from pg_database where datname = current_database()) and query like any(:patterns) "
        f"and query ~* '{WORKING}' "
        "order by mean_exec_time desc limit :most"
    )
    patterns = [f"%{one.name.replace('_', chr(92) + '_')}%" for one in tables]
    found = connection.execute(statement, {"patterns": patterns, "most": MOST_STATEMENTS})
    return [(round(mean, 3), round(total, 1), calls, Untrusted(query)) for mean, total, calls, query in found]


def _text(value: object) -> Untrusted | None:
    return None if value is None else Untrusted(str(value))


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


SECTIONS: dict[SectionName, Callable[..., Rows]] = {
    SectionName.CONNECTIONS: _read_sessions,
    SectionName.LOCKS: _read_locks,
    SectionName.TABLES: _read_tables,
    SectionName.STATEMENTS: _read_statements,
}
GRANTS = {
    SectionName.STATEMENTS: "to see slow statements: shared_preload_libraries = 'pg_stat_statements', create extension "
    "pg_stat_statements, and grant pg_read_all_stats to this user"
}
