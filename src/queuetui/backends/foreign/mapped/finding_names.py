"""Finds what a mapping names in the catalog, and says what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from queuetui.backends.foreign.mapped.lines import Path
from queuetui.backends.foreign.mapped.shape import Mapping
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.model.errors import Denied


def find_table(mapping: Mapping, path: Path, name: str, catalog: Catalog) -> StoredTable:
    """Return a table; raises BadConfig naming the line, and Denied where it may not be read."""
    table = catalog.find(name)
    if table is None:
        raise mapping.refuse(path, f"there is no table {name!r}{near(name, (one.written for one in catalog.tables))}")
    if not table.is_readable:
        raise Denied(f"the table {table.written} may not be read by this user; grant SELECT on it")
    return table


def near(name: str, known: Iterable[str]) -> str:
    """Return what may have been meant, else all that there is."""
    there = list(known)
    by_letters = {one.lower(): one for one in there}
    close = [by_letters[one] for one in get_close_matches(name.lower(), by_letters, 3)]
    return (
        f"; did you mean {' or '.join(close)}?" if close else f"; there are: {', '.join(sorted(there)[:20]) or 'none'}"
    )
