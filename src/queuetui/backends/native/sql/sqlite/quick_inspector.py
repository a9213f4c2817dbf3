"""What a console reads first of an SQLite file, for which SQLAlchemy is not loaded."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from queuetui.backends.native.sql.database import Database
    from queuetui.backends.native.sql.look.inspector import SqlInspector
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.snapshot import Snapshot, Watch


class QuickInspector:
    """An Inspector that answers by itself where its database can, and leaves all else to the whole one, loaded when it is needed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @cached_property
    def _whole(self) -> SqlInspector:
        from queuetui.backends.native.sql.look.inspector import SqlInspector

        return SqlInspector(self._database)

    @cached_property
    def capabilities(self) -> Capabilities:
        """What this store can do."""
        return self._database.quick_capabilities() or self._whole.capabilities

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return all that was asked for in one short read."""
        return self._database.quick_picture(watch) or self._whole.snapshot(watch)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the whole one has
        return getattr(self._whole, name)
