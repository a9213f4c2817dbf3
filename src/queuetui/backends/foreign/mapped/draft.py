"""Writes a first mapping file for a table, guessed from the catalog, for a person to correct."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select, table

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.mapped.check import require_fit
from queuetui.backends.foreign.mapped.columns import Holds, as_text, holds, typed
from queuetui.backends.foreign.mapped.guesses import guess_fields, guess_priority, guess_state, guess_status
from queuetui.backends.foreign.mapped.shape import NOW, NULL, read_mapping
from queuetui.backends.sql.catalog import Catalog, StoredTable, read_catalog
from queuetui.backends.sql.console_connection import open_database
from queuetui.model.errors import BadConfig, NotFound
from queuetui.model.query import TIME_FIELDS
from queuetui.model.state import State

ROWS_LOOKED_AT = 100_000
MOST_STATUSES = 30
_KINDS = {Holds.ZONED: "zoned", Holds.WHOLE: "seconds", Holds.NUMBER: "seconds", Holds.TEXT: "iso"}


def draft_mapping(url: str, name: str, options: BackendOptions) -> str:
    """Return a mapping file for a table. Raises NotFound where it is not there; reading only."""
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    try:
        with database.reading(f"reading what the table {name} has") as connection:
            catalog = read_catalog(connection)
            stored = catalog.find(name)
            if stored is None:
                there = ", ".join(sorted(one.written for one in catalog.tables)[:20]) or "none"
                raise NotFound(f"there is no table {name!r}; there are: {there}")
            return write_draft(stored, catalog, _statuses(connection, stored))
    finally:
        database.close()


def write_draft(stored: StoredTable, catalog: Catalog, statuses: Sequence[str]) -> str:
    """Return the text of a mapping file; what must be corrected before it can be used is said at its top."""
    text = "\n".join(_lines(stored, statuses)) + "\n"
    try:
        require_fit(read_mapping(text, "the draft"), catalog)
    except BadConfig as error:
        return f"# It cannot be used yet: {str(error).partition('the draft ')[2]} (not counting this line)\n{text}"
    return text


def _statuses(connection: Connection, stored: StoredTable) -> list[str]:
    name = guess_status(stored.columns)
    if name is None:
        return []
    column = stored.columns[name]
    if column.labels is not None:
        return list(column.labels)
    at = typed(column, connection.dialect.name)
    rows = table(stored.name, at, schema=None if stored.is_visible else stored.schema)
    some = select(as_text(column, rows.c[name]).label("status")).limit(ROWS_LOOKED_AT).subquery()
    found = connection.execute(select(some.c.status).distinct().limit(MOST_STATUSES)).scalars()
    return sorted(str(one) for one in found if one is not None)


def _lines(stored: StoredTable, statuses: Sequence[str]) -> Iterator[str]:
    status, priority = guess_status(stored.columns), guess_priority(stored.columns)
    fields = guess_fields(name for name in stored.columns if name not in (_key(stored), status, priority))
    kinds = {name: _time_kind(stored, column) for name, column in fields.items() if name in TIME_FIELDS}
    usual = next(iter(kinds.values()), "zoned")
    yield f"# The table {_text(stored.written)}, guessed by the names of its columns. Read each line, correct it, and try it with:"
    yield "#   queuetui jobs --url URL --mapping THIS_FILE"
    yield f"label = {_text(stored.name)}"
    yield f"table = {_text(stored.written)}"
    yield f"key = {_text(_key(stored))}"
    yield f"status = {_text(status or '?')}" + ("" if status else "  # no column is called status or state: name it")
    if usual == "naive":
        yield 'times = { kind = "naive", zone = "UTC" }  # the zone of the application\'s wall clock: correct it'
    else:
        yield f'times = {{ kind = "{usual}" }}'
    if priority is not None:
        yield f"priority = {{ column = {_text(priority)}, higher_first = true }}  # false where a lower number runs first"
    yield from ("", "[fields]")
    if "type" not in fields:
        yield '# type = "?"  # the column that says what kind of work a job is; it must be named'
    for name, column in fields.items():
        yield f"{name} = {_written(column, kinds.get(name, usual), usual)}"
    unused = set(stored.columns) - {*fields.values(), _key(stored), status, priority}
    if unused:
        yield f"# not used: {', '.join(map(_text, sorted(unused)))}"
    yield from _states(statuses, fields)
    yield from _verbs(stored, statuses, fields)


def _key(stored: StoredTable) -> str:
    single = [index.columns[0] for index in stored.indexes if index.is_unique and len(index.columns) == 1]
    return "id" if "id" in single or not single else single[0]


def _time_kind(stored: StoredTable, column: str) -> str:
    return _KINDS.get(holds(stored.columns[column]), "naive")


def _written(column: str, kind: str, usual: str) -> str:
    if kind == usual:
        return _text(column)
    return f'{{ column = {_text(column)}, times = {{ kind = "{kind}" }} }}'


def _by_state(statuses: Sequence[str]) -> dict[State, list[str]]:
    found: dict[State, list[str]] = {}
    for status in statuses:
        found.setdefault(guess_state(status) or State.BLOCKED, []).append(status)
    return {state: found[state] for state in State if state in found}


def _states(statuses: Sequence[str], fields: dict[str, str]) -> Iterator[str]:
    by_state = _by_state(statuses)
    yield from ("", "# Each row must be in exactly one state.", "[states]")
    for state, named in by_state.items():
        shown = f"is = [{', '.join(map(_text, named))}]"
        if state is not State.PENDING:
            unknown = [one for one in named if guess_state(one) is None]
            yield f"{state} = {{ {shown} }}" + (f"  # not guessed: {', '.join(map(_text, unknown))}" if unknown else "")
            continue
        fresh = ', attempts = "none"' if "attempts" in fields and State.RETRYING not in by_state else ""
        has_due = "scheduled" in fields and State.SCHEDULED not in by_state
        past = ', due = "past"' if has_due else ""
        yield f"pending = {{ {shown}{past}{fresh} }}"
        if has_due:
            yield f'scheduled = {{ {shown}, due = "ahead"{fresh} }}'
        if fresh:
            yield f'retrying = {{ {shown}, attempts = "some" }}  # leave it away where a waiting job with attempts is no retry'


def _verbs(stored: StoredTable, statuses: Sequence[str], fields: dict[str, str]) -> Iterator[str]:
    by_state = _by_state(statuses)
    waiting = by_state.get(State.PENDING)
    if waiting is None:
        return
    times = {"scheduled": NOW, "started": NULL, "completed": NULL, "updated": NOW}
    again = {"status": _text(waiting[0])} | {
        name: _text(value)
        for name, value in times.items()
        if name in fields and (value == NOW or stored.columns[fields[name]].nullable)
    }
    afresh = again | ({"attempts": "0"} if "attempts" in fields else {})
    yield from ("", "# What may be done to a row; leave away what the application does not expect.")
    if State.FAILED in by_state:
        yield from _verb("retry", "failed", afresh)
    if State.PROCESSING in by_state and "started" in fields:
        yield from _verb("release", "processing", again, "only_stuck = true")
    final = [state for state in (State.COMPLETED, State.FAILED, State.CANCELLED) if state in by_state]
    if final:
        yield from ("[[verbs]]", 'verb = "delete"', f"from = [{', '.join(map(_text, final))}]", "delete = true")


def _verb(verb: str, state: str, values: dict[str, str], *more: str) -> Iterator[str]:
    shown = ", ".join(f"{name} = {value}" for name, value in values.items())
    yield from ("[[verbs]]", f'verb = "{verb}"', f'from = ["{state}"]', *more, f"set = {{ {shown} }}", "")


def _text(value: str) -> str:
    """Return a text as TOML writes it, which is how JSON does."""
    return json.dumps(value, ensure_ascii=False)
