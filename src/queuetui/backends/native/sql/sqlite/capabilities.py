"""What a queue in an SQLite file can do, and how safe its commits are."""

from __future__ import annotations

from queuetui.backends.native.capabilities import native_capabilities
from queuetui.backends.sql.sqlite_file import FileConnection
from queuetui.model.capabilities import Capabilities
from queuetui.model.examination import Durability


def describe_file(connection: FileConnection) -> Capabilities:
    """Return what the store can do, as one can see by a connection that reads it."""
    label = "queuetui on SQLite"
    if connection.is_frozen and not connection.is_idle:
        label += ", its folder read-only" if connection.folder is None else ", read from a copy"
    return native_capabilities(label, durability_of(connection).shown)


def durability_of(connection: FileConnection) -> Durability:
    """Return the file's grade and the settings that made it."""
    # Our writers always flush the file at each commit, whatever a console's connection does.
    # Nothing but a file in write-ahead mode is read frozen, whose connection knows of no log.
    (journal,) = ("wal",) if connection.is_frozen else connection.execute("pragma journal_mode").fetchone()
    return Durability("A", {"synchronous": "full", "journal_mode": str(journal)})
