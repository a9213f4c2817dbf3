"""What a console reads first of an SQLite file, for which SQLAlchemy is not loaded."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from queuetui.backends.native.sql.sqlite.capabilities import describe_file
from queuetui.backends.native.sql.sqlite.first_snapshot import TooMuch, bounded, is_plain, take_plain_snapshot
from queuetui.model.errors import QueueTuiError

if TYPE_CHECKING:
    from queuetui.backends.native.sql.look.inspector import SqlInspector
    from queuetui.backends.native.sql.sqlite.database import SqliteDatabase
    from queuetui.backends.sql.sqlite_file import FileConnection
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.snapshot import Snapshot, Watch


class QuickInspector:
    """An Inspector that answers by blocks where it can, and loads the whole one for all else."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    @cached_property
    def _whole(self) -> SqlInspector:
        from queuetui.backends.native.sql.look.inspector import SqlInspector

        return SqlInspector(self._database)

    @cached_property
    def capabilities(self) -> Capabilities:
        """What this store can do."""
        return self._database.look("reading the store's durability", describe_file)

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return all that was asked for in one short read."""
        return self.quick_snapshot(watch) or self._whole.snapshot(watch)

    def quick_snapshot(self, watch: Watch) -> Snapshot | None:
        """Return a snapshot; None where it is no plain one, is of too much, or has a part that cannot be read."""
        database = self._database

        def take(connection: FileConnection) -> Snapshot:
            with bounded(connection, database.options.statement_timeout_s):
                return take_plain_snapshot(connection, database.name, database.options, watch)

        try:
            return database.look("reading the queue", take) if is_plain(watch) else None
        except (TooMuch, QueueTuiError):
            return None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the whole one has
        return getattr(self._whole, name)
