"""What an SQLite file tells of itself: its size, its log, its pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from queuetui.model.server_view import SectionName, Value
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from sqlalchemy import Connection

Rows = list[tuple[Value, ...]]
_PRAGMAS = ("page_size", "page_count", "freelist_count")
_SHOWN = {"page_count": "pages", "freelist_count": "free pages"}


def read_figures(connection: Connection) -> Rows:
    """Return the file, its log and its pages."""
    file = Path(
        str(connection.exec_driver_sql("select file from pragma_database_list where name = 'main'").scalar_one())
    )
    log = file.with_name(f"{file.name}-wal")
    sizes: Rows = [
        ("file", Untrusted(str(file))),
        ("file bytes", file.stat().st_size),
        ("log bytes", log.stat().st_size if log.exists() else 0),
    ]
    return sizes + [
        (_SHOWN.get(name, name.replace("_", " ")), connection.exec_driver_sql(f"pragma {name}").scalar_one())
        for name in _PRAGMAS
    ]


def limits_of(connection: Connection) -> dict[SectionName, str]:  # noqa: ARG001 - every kind of server is asked alike
    """Return nothing: whoever may read the file may know all of it."""
    return {}


SECTIONS: dict[SectionName, Callable[..., Rows]] = {}
GRANTS: dict[SectionName, str] = {}
