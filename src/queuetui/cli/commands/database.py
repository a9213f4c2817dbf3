"""`queuetui database`: the condition of the server behind a queue."""

from __future__ import annotations

from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, format_options
from queuetui.cli.output import Format, show_document, show_rows, warn, write
from queuetui.cli.store_places import System
from queuetui.cli.systems import opened_systems
from queuetui.model.server_view import COLUMNS, describe_server

_SECTION = "section"
_PIDS = frozenset({"pid", "waiting", "blocked_by"})
_ALL_COLUMNS = tuple(dict.fromkeys(column for columns in COLUMNS.values() for column in columns))


@click.command()
@format_options
@connection_options
def command(form: str, **connection: Any) -> None:
    """Look at the server: connections, who blocks whom, sizes, slow statements.

    On Redis memory, clients and slow log. Reads only, and says what this user is not granted to see.
    """
    with opened_systems(**connection) as systems:
        read = [(one, {"backend": one.name, **describe_server(one.feed.server_view())}) for one in systems]
        if form in {Format.JSON, Format.NDJSON}:
            if systems.are_many:
                show_rows([view for _, view in read], (), Format(form))
            else:
                show_document(read[0][1], Format(form))
            return
        if form == Format.CSV:
            rows = [row for _, view in read for row in _flat_rows(view)]
            show_rows(rows, systems.table((_SECTION, *_ALL_COLUMNS)), Format.CSV)
        else:
            for one, view in read:
                _write_sections(one, view, named=systems.are_many)
        for _, view in read:
            for section, why in view["unread"].items():
                warn(f"not read: {section}: {why}")


def _flat_rows(view: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of all sections, each with all columns."""
    nothing = dict.fromkeys(_ALL_COLUMNS)
    return [
        {"backend": view["backend"], _SECTION: name.value, **nothing, **row}
        for name in COLUMNS
        for row in view.get(name.value, ())
    ]


def _write_sections(system: System, view: dict[str, Any], *, named: bool) -> None:
    write(f"{system.title}: {view['product']}" if named else view["product"])
    for name, columns in COLUMNS.items():
        if name.value not in view:
            continue
        write("")
        write(name.value.replace("_", " "))
        if view[name.value]:
            rows = [{column: _shown(column, value) for column, value in row.items()} for row in view[name.value]]
            show_rows(rows, columns, Format.TABLE)
        else:
            write("  not told" if name.value in view["unread"] else "  none")


def _shown(column: str, value: object) -> object:
    """Return a value for people; a session's number has no thousands separators."""
    return "-" if value is None else str(value) if column in _PIDS else value
