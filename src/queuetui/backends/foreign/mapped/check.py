"""Whether a mapping fits a database: its tables, columns, types and enum labels are there.

Only the catalog is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from queuetui.backends.foreign.mapped.columns import time_codec
from queuetui.backends.foreign.mapped.lines import Path
from queuetui.backends.foreign.mapped.sense import require_sense, statuses
from queuetui.backends.foreign.mapped.shape import NULL, Mapping, VerbShape
from queuetui.backends.foreign.mapped.side_shapes import SideShape, TimesShape, TokensShape, WorkersShape
from queuetui.backends.foreign.mapped.side_tables import stored_column
from queuetui.backends.sql.catalog import Catalog, StoredColumn, StoredTable
from queuetui.backends.sql.stored_types import Holds, holds
from queuetui.model.errors import BadConfig, Denied
from queuetui.model.query import NUMBER_FIELDS, TIME_FIELDS

NUMBERS = (Holds.WHOLE, Holds.NUMBER)
KEYS = {"whole": Holds.WHOLE, "text": Holds.TEXT, "uuid": Holds.UUID, "bytes": Holds.BYTES}
_STATUSES = (Holds.TEXT, Holds.ENUM, Holds.WHOLE)
_WHOLE = re.compile(r"-?\d+")


def require_fit(mapping: Mapping, catalog: Catalog) -> StoredTable:
    """Return the table that a mapping describes.

    Raises BadConfig naming the line, and Denied where it may not be read.
    """
    require_sense(mapping)
    table = _find_table(mapping, ("table",), mapping.table, catalog)
    _require_key(mapping, table)
    _require_status(mapping, table)
    for name, shape in mapping.fields.items():
        path, allowed = ("fields", name), NUMBERS if name in NUMBER_FIELDS else tuple(Holds)
        stored = _find_column(mapping, path, shape.column, table, allowed, f"{name} is a number")
        if name in TIME_FIELDS:
            _require_time(mapping, path, shape.times, stored, catalog.dialect)
    if mapping.priority is not None:
        _find_column(mapping, ("priority",), mapping.priority.column, table, NUMBERS, "a priority is a number")
    for place, verb in enumerate(mapping.verbs):
        _require_writes(mapping, place, verb, table)
    _require_sides(mapping, catalog)
    return table


def fits(mapping: Mapping, catalog: Catalog) -> bool:
    """Tell whether a database has all that a mapping names, and may be read."""
    try:
        require_fit(mapping, catalog)
    except (BadConfig, Denied):
        return False
    return True


def _find_column(
    mapping: Mapping, path: Path, name: str, table: StoredTable, allowed: tuple[Holds, ...], meant: str
) -> StoredColumn:
    """Return a column that holds what is allowed; raises BadConfig, naming the line."""
    if name not in table.columns:
        raise mapping.refuse(path, f"{table.written} has no column {name!r}{_near(name, table.columns)}")
    stored = table.columns[name]
    if holds(stored) not in allowed:
        raise mapping.refuse(path, f"{stored.name} holds {holds(stored)}; {meant}")
    return stored


def _require_key(mapping: Mapping, table: StoredTable) -> None:
    allowed = tuple(KEYS.values()) if mapping.key.kind is None else (KEYS[mapping.key.kind],)
    stored = _find_column(mapping, ("key",), mapping.key.column, table, allowed, f"this key is {' or '.join(allowed)}")
    if not table.is_unique(frozenset({stored.name})):
        raise mapping.refuse(("key",), f"no unique index is on {stored.name} alone; name the primary key")


def _require_status(mapping: Mapping, table: StoredTable) -> None:
    meant = "a status is a text, an enum or a number"
    stored = _find_column(mapping, ("status",), mapping.status, table, _STATUSES, meant)
    for state, shape in mapping.states.items():
        _require_labels(mapping, ("states", state.value), shape.statuses, stored)
    missing = [one for one in stored.labels or () if one not in statuses(mapping)]
    if missing:
        raise mapping.refuse(
            ("states",), f"no state is mapped for {', '.join(map(repr, missing))}, which the enum of {stored.name} has"
        )


def _require_labels(mapping: Mapping, path: Path, words: Iterable[str], stored: StoredColumn) -> None:
    """Refuse the first word that a column of statuses cannot hold."""
    for word in words:
        if stored.labels is not None and word not in stored.labels:
            why = f"the enum of {stored.name} has no label {word!r}{_near(word, stored.labels)}"
            raise mapping.refuse(path, why)
        if holds(stored) is Holds.WHOLE and _WHOLE.fullmatch(word) is None:
            raise mapping.refuse(path, f"{stored.name} holds whole numbers; {word!r} is none")


def _require_writes(mapping: Mapping, place: int, verb: VerbShape, table: StoredTable) -> None:
    for name, value in verb.columns.items():
        stored = table.columns[mapping.column_of(name)]
        if stored.computed:
            why = f"{stored.name} is computed by the database; set the columns that it is computed from"
            raise mapping.refuse(("verbs", place, "set"), why)
        if value == NULL and not stored.nullable:
            raise mapping.refuse(("verbs", place, "set"), f"{stored.name} may not be NULL")


def _require_sides(mapping: Mapping, catalog: Catalog) -> None:
    """Raise BadConfig, naming the line, for the first thing that is missing or makes no sense.

    Raises Denied for what may not be read.
    """
    for part, shape in mapping.sides:
        for path, why in shape.faults(catalog.dialect):
            raise mapping.refuse((part, *path), why)
        if shape.optional and catalog.find(shape.table) is None:
            continue
        table = _find_table(mapping, (part, "table"), shape.table, catalog)
        for key, names in shape.columns():
            _require_side_columns(mapping, (part, key), names, table, catalog.dialect)
        for key in shape.TIMES:
            name = getattr(shape, key)
            if name:
                stored = _find_column(mapping, (part, key), name, table, tuple(Holds), "")
                _require_time(mapping, (part, key), shape.times, stored, catalog.dialect)
        _require_chores(mapping, shape, table)


def _require_chores(mapping: Mapping, shape: SideShape, table: StoredTable) -> None:
    """Refuse chores that cannot be carried out: they set and ask for columns, and not for keys of JSON."""
    if isinstance(shape, WorkersShape) and (shape.failed or shape.stopped):
        path, meant = ("workers", "status"), "a status that a chore sets is a text, an enum or a number"
        stored = _find_column(mapping, path, shape.status, table, _STATUSES, meant)
        _require_labels(mapping, ("workers", "ended"), shape.ended, stored)
    if isinstance(shape, TokensShape) and shape.delete_expired:
        _find_column(mapping, ("tokens", "worker"), shape.worker, table, tuple(Holds), "")


def _require_side_columns(mapping: Mapping, path: Path, names: list[str], table: StoredTable, dialect: str) -> None:
    if any(names) and not any(stored_column(name, table, dialect) for name in names):
        raise mapping.refuse(path, f"{table.written} has no {' or '.join(names)}{_near(names[0], table.columns)}")


def _require_time(mapping: Mapping, path: Path, times: TimesShape | None, stored: StoredColumn, dialect: str) -> None:
    """Refuse a column that cannot hold times as the mapping says."""
    try:
        time_codec(times or mapping.times, stored, dialect)
    except ValueError as error:
        where = "times" if path[0] == "fields" else f"times of [{path[0]}]"
        raise mapping.refuse(path, f"{error}; say in {where} how it is stored") from None


def _find_table(mapping: Mapping, path: Path, name: str, catalog: Catalog) -> StoredTable:
    """Return a table; raises BadConfig naming the line, and Denied where it may not be read."""
    table = catalog.find(name)
    if table is None:
        raise mapping.refuse(path, f"there is no table {name!r}{_near(name, (one.written for one in catalog.tables))}")
    if not table.is_readable:
        raise Denied(f"the table {table.written} may not be read by this user; grant SELECT on it")
    return table


def _near(name: str, known: Iterable[str]) -> str:
    """Return what may have been meant, else all that there is."""
    there = list(known)
    by_letters = {one.lower(): one for one in there}
    close = [by_letters[one] for one in get_close_matches(name.lower(), by_letters, 3)]
    return (
        f"; did you mean {' or '.join(close)}?" if close else f"; there are: {', '.join(sorted(there)[:20]) or 'none'}"
    )
