"""Serves a console's first reads without importing SQLAlchemy."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from queuetui.backends.native.sql.look.durability import describe_capabilities
from queuetui.backends.native.sql.look.first_snapshot import TooMuch, is_plain, take_plain_snapshot
from queuetui.backends.native.sql.look.minute_shelf import MinuteShelf
from queuetui.backends.sql.driver_errors import translated
from queuetui.model.errors import QueueTuiError

if TYPE_CHECKING:
    from queuetui.backends.native.sql.database import Database
    from queuetui.backends.native.sql.look.inspector import SqlInspector
    from queuetui.backends.native.sql.session import Session
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.snapshot import Snapshot, Watch


_READING = "reading the queue"


class _PartUnread(Exception):
    """A part cannot be read: the regular inspector names it and reads the others."""


class QuickInspector:
    """An Inspector that answers plain snapshots by blocks, and loads the regular one for all else."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shelf = MinuteShelf()
        # Once a queue was too large for blocks, later polls do not try them again.
        self._is_too_much = False

    @cached_property
    def _whole(self) -> SqlInspector:
        from queuetui.backends.native.sql.look.inspector import SqlInspector

        return SqlInspector(self._database)

    @cached_property
    def capabilities(self) -> Capabilities:
        """The capabilities of this store."""
        return describe_capabilities(self._database)

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return the requested parts, read in one short transaction."""
        return self.quick_snapshot(watch) or self._whole.snapshot(watch)

    def quick_snapshot(self, watch: Watch) -> Snapshot | None:
        """Return a plain snapshot; None for any other one, for too many jobs, or where a part cannot be read.

        Errors of connecting are raised: the regular inspector could not connect either.
        """
        database = self._database

        def take(session: Session) -> Snapshot:
            try:
                with translated(_READING):
                    return take_plain_snapshot(session, database.name, database.options, watch, self._shelf)
            except QueueTuiError as error:
                raise _PartUnread from error

        if self._is_too_much or not is_plain(watch):
            return None
        try:
            return database.picture(_READING, take)
        except TooMuch:
            self._is_too_much = True
        except _PartUnread:
            pass
        return None

    def forget(self) -> None:
        """Drop cached counts after an act, if the regular inspector is loaded."""
        if "_whole" in self.__dict__:
            self._whole.forget()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the whole one has
        return getattr(self._whole, name)
