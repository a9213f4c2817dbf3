"""Whether what a mapping says of the tables beside the jobs can be meant, and fits the database."""

from __future__ import annotations

from collections.abc import Iterator

from queuetui.backends.foreign.mapped.columns import time_codec
from queuetui.backends.foreign.mapped.finding_names import find_table, near
from queuetui.backends.foreign.mapped.lines import Path
from queuetui.backends.foreign.mapped.shape import Mapping
from queuetui.backends.foreign.mapped.side_shapes import EventsShape, SideShape, TokensShape, WorkersShape
from queuetui.backends.foreign.mapped.side_tables import stored_column
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.model.event import EventKind

_KINDS = tuple(kind.value for kind in EventKind if kind is not EventKind.OTHER)
_TIMES = {"events": ("at",), "workers": ("created", "beat"), "tokens": ("expires",)}


def require_sides(mapping: Mapping, catalog: Catalog) -> None:
    """Raise BadConfig, naming the line, for the first thing that is missing or makes no sense.

    Raises Denied for what may not be read.
    """
    sides: tuple[tuple[str, EventsShape | WorkersShape | TokensShape | None], ...] = (
        ("events", mapping.events),
        ("workers", mapping.workers),
        ("tokens", mapping.tokens),
    )
    for part, shape in sides:
        if shape is None:
            continue
        for path, why in _nonsense(shape, catalog.dialect):
            raise mapping.refuse((part, *path), why)
        if shape.optional and catalog.find(shape.table) is None:
            continue
        table = find_table(mapping, (part, "table"), shape.table, catalog)
        for key, names in shape.columns():
            _require_columns(mapping, (part, key), names, table, catalog.dialect)
        for key in _TIMES[part]:
            _require_time(mapping, part, key, shape, table, catalog.dialect)


def _require_columns(mapping: Mapping, path: Path, names: list[str], table: StoredTable, dialect: str) -> None:
    if any(names) and not any(stored_column(name, table, dialect) for name in names):
        raise mapping.refuse(path, f"{table.written} has no {' or '.join(names)}{near(names[0], table.columns)}")


def _require_time(mapping: Mapping, part: str, key: str, shape: SideShape, table: StoredTable, dialect: str) -> None:
    name = getattr(shape, key)
    if not name:
        return
    try:
        time_codec(shape.times or mapping.times, table.columns[name], dialect)
    except ValueError as error:
        raise mapping.refuse((part, key), f"{error}; say in times of [{part}] how it is stored") from None


def _nonsense(shape: EventsShape | WorkersShape | TokensShape, dialect: str) -> Iterator[tuple[Path, str]]:
    if isinstance(shape, EventsShape):
        yield from _nonsense_of_events(shape, dialect)
    if isinstance(shape, WorkersShape):
        if shape.silent_s <= 0:
            yield ("silent_s",), "silent_s is how many seconds without a beat are too many; write a number above 0"
        for key in ("failed", "stopped"):
            status = getattr(shape, key)
            if status and status not in shape.ended:
                yield (key,), f"a worker that is {status!r} works no more; write it in ended too"


def _nonsense_of_events(shape: EventsShape, dialect: str) -> Iterator[tuple[Path, str]]:
    if not shape.job:
        yield ("job",), "job names no column; write job = [...]"
    known: dict[str, str] = {}
    for kind, words in shape.kinds.items():
        if kind not in _KINDS:
            yield ("kinds", kind), f"there is no kind of event {kind!r}; there are: {', '.join(_KINDS)}"
        for word in words:
            other = known.setdefault(word, kind)
            if other != kind:
                yield ("kinds", kind), f"{word!r} is {other} and {kind}; each word must be of one kind"
    if shape.channels and dialect != "postgresql":
        yield ("channels",), "only PostgreSQL notifies channels; leave channels away"
