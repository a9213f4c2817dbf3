"""Renders a bundle as one HTML page: every text is escaped, and the page loads nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from string import Template
from typing import Any

from queuetui import resources
from queuetui.model.text import sanitize

Rows = Sequence[Mapping[str, Any]]
_MARKED = frozenset({"critical", "warning", "unhealthy", "degraded"})


def draw_page(title: str, note: str, sections: Mapping[str, Rows]) -> str:
    """Return the page, with a table for each section."""
    template = Template(resources.read_text("cli", "bundle", "page.html"))
    body = "\n".join(_draw_section(name, rows) for name, rows in sections.items())
    return template.substitute(title=_escaped(title), note=_escaped(note), body=body)


def _draw_section(name: str, rows: Rows) -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if not rows:
        return f'<h2>{_escaped(name)}</h2>\n<p class="note">none</p>'
    head = "".join(f"<th>{_escaped(column)}</th>" for column in columns)
    lines = "\n".join(f"<tr>{''.join(_cells(row, columns))}</tr>" for row in rows)
    return f"<h2>{_escaped(name)}</h2>\n<table>\n<tr>{head}</tr>\n{lines}\n</table>"


def _cells(row: Mapping[str, Any], columns: Sequence[str]) -> Iterator[str]:
    for column in columns:
        text = _in_words(row.get(column))
        marked = f' class="{text}"' if text in _MARKED else ""
        yield f"<td{marked}>{_escaped(text)}</td>"


def _escaped(text: str) -> str:
    """Return a text without HTML and without control characters, for browsers and terminals."""
    return escape(sanitize(text, len(text) + 1, keep_newlines=True))


def _in_words(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping | list | tuple) else str(value)
