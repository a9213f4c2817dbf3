"""The capabilities of a store of ours, and how safe its commits are."""

from __future__ import annotations

from queuetui.backends.native.capabilities import native_capabilities
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.sqlite.capabilities import describe_file, durability_of
from queuetui.backends.native.sql.sqlite.database import SqliteDatabase
from queuetui.model.capabilities import Capabilities
from queuetui.model.examination import Durability

_READING = "reading the store's durability"
_LABELS = {"postgresql": "PostgreSQL", "mysql": "MySQL"}

# The columns of the block that reads the settings.
_SETTINGS = {
    "postgresql": ("fsync", "full_page_writes", "synchronous_commit", "synchronous_standby_names", "replicas"),
    "mysql": ("innodb_flush_log_at_trx_commit", "log_bin", "sync_binlog", "innodb_doublewrite"),
}
# MariaDB's `fast` does not wait for the copy, and MySQL's DETECT_ONLY keeps none.
_WHOLE_PAGES = {"1", "ON", "DETECT_AND_RECOVER"}


def describe_capabilities(database: Database) -> Capabilities:
    """Return the store's capabilities."""
    if isinstance(database, SqliteDatabase):
        return database.look(_READING, describe_file)
    return native_capabilities(f"queuetui on {_LABELS[database.dialect]}", read_durability(database).shown)


def read_durability(database: Database) -> Durability:
    """Return the store's grade and the settings that made it."""
    if isinstance(database, SqliteDatabase):
        return database.look(_READING, durability_of)
    return database.picture(_READING, _READERS[database.dialect])


def _read_postgresql(session: Session) -> Durability:
    found = _settings(session)
    # Without full page writes, a page that a power cut tore stays torn.
    if "off" in {found["fsync"], found["full_page_writes"]}:
        return Durability("C", found)
    if found["synchronous_commit"] == "off":
        return Durability("B", found, found["replicas"] != "0")
    # With these settings a commit is answered only after another server has it too.
    if found["synchronous_standby_names"] and found["synchronous_commit"] != "local":
        return Durability("A+", found)
    return Durability("A", found, found["replicas"] != "0")


def _read_mysql(session: Session) -> Durability:
    found = _settings(session)
    if found["innodb_doublewrite"].upper() not in _WHOLE_PAGES:
        return Durability("C", found)
    # Where there is a binary log, a commit that is not in it is undone after a crash.
    is_logged = found["log_bin"] == "0" or found["sync_binlog"] == "1"
    return Durability("A" if found["innodb_flush_log_at_trx_commit"] == "1" and is_logged else "B", found)


def _settings(session: Session) -> dict[str, str]:
    values = session.row("read_durability") or ()
    return dict(zip(_SETTINGS[session.dialect], map(str, values), strict=True))


_READERS = {"postgresql": _read_postgresql, "mysql": _read_mysql}
