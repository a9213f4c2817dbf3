"""Whether a mapping fits a database: its tables, columns, types and enum labels are there.

Only the catalog is read.
"""

from __future__ import annotations

from queuetui.backends.foreign.mapped.columns import time_codec
from queuetui.backends.foreign.mapped.finding_names import find_table, near
from queuetui.backends.foreign.mapped.lines import Path
from queuetui.backends.foreign.mapped.sense import require_sense, statuses
from queuetui.backends.foreign.mapped.shape import NULL, Mapping, VerbShape
from queuetui.backends.foreign.mapped.side_checks import require_sides
from queuetui.backends.sql.catalog import Catalog, StoredColumn, StoredTable
from queuetui.backends.tables.stored_columns import Holds, holds
from queuetui.model.errors import BadConfig, Denied
from queuetui.model.query import NUMBER_FIELDS, TIME_FIELDS

_NUMBERS = (Holds.WHOLE, Holds.NUMBER)
_KEYS = {"whole": (Holds.WHOLE,), "text": (Holds.TEXT,), "uuid": (Holds.UUID,)}
_STATUSES = (Holds.TEXT, Holds.ENUM, Holds.WHOLE)


def require_fit(mapping: Mapping, catalog: Catalog) -> StoredTable:
    """Return the table that a mapping describes.

    Raises BadConfig naming the line, and Denied where it may not be read.
    """
    require_sense(mapping)
    table = find_table(mapping, ("table",), mapping.table, catalog)
    _require_key(mapping, table)
    _require_status(mapping, table)
    for name, shape in mapping.fields.items():
        stored = _find_column(mapping, ("fields", name), shape.column, table)
        if name in NUMBER_FIELDS and holds(stored) not in _NUMBERS:
            raise mapping.refuse(("fields", name), f"{stored.name} holds {holds(stored)}; {name} is a number")
        if name in TIME_FIELDS:
            try:
                time_codec(shape.times or mapping.times, stored, catalog.dialect)
            except ValueError as error:
                raise mapping.refuse(("fields", name), f"{error}; say in times how it is stored") from None
    _require_priority(mapping, table)
    for place, verb in enumerate(mapping.verbs):
        _require_writes(mapping, place, verb, table)
    require_sides(mapping, catalog)
    return table


def fits(mapping: Mapping, catalog: Catalog) -> bool:
    """Tell whether a database has all that a mapping names, and may be read."""
    try:
        require_fit(mapping, catalog)
    except (BadConfig, Denied):
        return False
    return True


def _find_column(mapping: Mapping, path: Path, name: str, table: StoredTable) -> StoredColumn:
    if name not in table.columns:
        raise mapping.refuse(path, f"{table.written} has no column {name!r}{near(name, table.columns)}")
    return table.columns[name]


def _require_key(mapping: Mapping, table: StoredTable) -> None:
    stored = _find_column(mapping, ("key",), mapping.key.column, table)
    kind = mapping.key.kind
    allowed = _KEYS[kind] if kind is not None else (Holds.WHOLE, Holds.TEXT, Holds.UUID)
    if holds(stored) not in allowed:
        raise mapping.refuse(("key",), f"{stored.name} holds {holds(stored)}, which is no key of kind {kind or 'any'}")
    if not table.is_unique(frozenset({stored.name})):
        raise mapping.refuse(("key",), f"no unique index is on {stored.name} alone; name the primary key")


def _require_status(mapping: Mapping, table: StoredTable) -> None:
    stored = _find_column(mapping, ("status",), mapping.status, table)
    if holds(stored) not in _STATUSES:
        raise mapping.refuse(
            ("status",), f"{stored.name} holds {holds(stored)}; a status is a text, an enum or a number"
        )
    for state, shape in mapping.states.items():
        for status in shape.statuses:
            if stored.labels is not None and status not in stored.labels:
                raise mapping.refuse(
                    ("states", state.value),
                    f"the enum of {stored.name} has no label {status!r}{near(status, stored.labels)}",
                )
            if holds(stored) is Holds.WHOLE and not status.lstrip("-").isdecimal():
                raise mapping.refuse(("states", state.value), f"{stored.name} holds whole numbers; {status!r} is none")
    missing = [one for one in stored.labels or () if one not in statuses(mapping)]
    if missing:
        raise mapping.refuse(
            ("states",), f"no state is mapped for {', '.join(map(repr, missing))}, which the enum of {stored.name} has"
        )


def _require_priority(mapping: Mapping, table: StoredTable) -> None:
    if mapping.priority is None:
        return
    stored = _find_column(mapping, ("priority",), mapping.priority.column, table)
    if holds(stored) not in _NUMBERS:
        raise mapping.refuse(("priority",), f"{stored.name} holds {holds(stored)}; a priority is a number")


def _require_writes(mapping: Mapping, place: int, verb: VerbShape, table: StoredTable) -> None:
    for name, value in verb.columns.items():
        if value == NULL and name in mapping.fields:
            stored = table.columns[mapping.fields[name].column]
            if not stored.nullable:
                raise mapping.refuse(("verbs", place, "set"), f"{stored.name} may not be NULL")
