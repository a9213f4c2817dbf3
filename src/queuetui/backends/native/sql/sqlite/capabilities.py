"""The capabilities of a queue in an SQLite file, and how safe its commits are."""

from __future__ import annotations

from queuetui.backends.native.capabilities import native_capabilities
from queuetui.backends.sql.sqlite_file import FileConnection
from queuetui.model.capabilities import Capabilities
from queuetui.model.examination import Durability


def describe_file(connection: FileConnection) -> Capabilities:
    """Return the store's capabilities, read on a connection to the file."""
    label = "queuetui on SQLite"
    if connection.is_frozen and not connection.is_idle:
        label += ", its folder read-only" if connection.folder is None else ", read from a copy"
    return native_capabilities(label, durability_of(connection).shown)


def durability_of(connection: FileConnection) -> Durability:
    """Return the file's grade and the settings that made it."""
    # Our writers flush the file at each commit, whatever the settings of this connection are.
    # A frozen connection does not see the log, and only files in write-ahead mode are read frozen.
    (journal,) = ("wal",) if connection.is_frozen else connection.execute("pragma journal_mode").fetchone()
    return Durability("A", {"synchronous": "full", "journal_mode": str(journal)})
