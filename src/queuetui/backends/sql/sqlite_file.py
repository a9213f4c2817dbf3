"""Connections to an SQLite file that notice when another file takes its place.

A file that is removed lives on for who has it open, so that a worker would go on with jobs that nobody else sees.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from queuetui.model.errors import Unreachable


class FileConnection(sqlite3.Connection):
    """A connection that knows which file it opened."""

    identity: tuple[int, int]

    def is_at(self, path: Path) -> bool:
        """Tell whether the file of that name is still the one that was opened. Raises Unreachable where there is none."""
        return self.identity == _identify(path)


def open_file(path: Path, mode: str, **arguments: Any) -> FileConnection:  # noqa: ANN401 - the driver's own
    """Open a file that is there, `ro` or `rw`. Raises Unreachable where it is gone, and the driver's errors."""
    identity = _identify(path)
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, factory=FileConnection, **arguments
    )
    connection.identity = identity
    return connection


def _identify(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise Unreachable(
            f"the SQLite file {str(path)!r} is not there any more ({error.strerror}); put it back, or make a queue anew with: "
            "queuetui migrate"
        ) from None
    return found.st_dev, found.st_ino
