"""The filter form: its fields are written as a filter, and read from one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from queuetui.model.errors import BadQuery
from queuetui.model.filter_text import WrittenValue, quote_value, split_terms, split_values
from queuetui.model.page import Handling, PlannedTerm
from queuetui.model.query import Comparison, Query, Term
from queuetui.model.query_parser import parse_query
from queuetui.model.text import sanitize
from queuetui.tui.present.lines import TextLine, line_of, say, wrap
from queuetui.tui.present.tones import Tone


@dataclass(frozen=True, slots=True)
class FormField:
    """One line of the form: `prefix` is how its value is written in the filter language."""

    name: str
    title: str
    prefix: str
    example: str
    is_list: bool = False


FIELDS = (
    FormField("state", "State", "state:", "failed,retrying", is_list=True),
    FormField("is", "Is", "is:", "stuck", is_list=True),
    FormField("queue", "Queue", "queue:", "mail,high", is_list=True),
    FormField("type", "Type", "type:", "Send*", is_list=True),
    FormField("age", "Older than", "age>", "1h"),
    FormField("attempts", "Attempts from", "attempts>=", "3"),
    FormField("error", "Error holds", "error~", "timed out"),
    FormField("data", "Data holds", "data~", "A-1042"),
    FormField("worker", "Worker", "worker:", "web-1", is_list=True),
    FormField("more", "And also", "", "-queue:slow payload.user.id:42"),
)

_PREFIX = re.compile(r"[A-Za-z_]+(>=|<=|[:~<>=])")


def write_filter(values: Mapping[str, str]) -> str:
    """Return the filter text of a filled form."""
    parts = [_write(field, values.get(field.name, "").strip()) for field in FIELDS]
    return " ".join(part for part in parts if part)


def read_filter(text: str) -> dict[str, str]:
    """Return the fields that a filter fills.

    Terms without a field are put into the last one. Raises BadQuery.
    """
    query = parse_query(text)
    values: dict[str, str] = {}
    rest: list[str] = []
    for term, written in zip(query.terms, _written(query, text), strict=True):
        field = _field_of(term)
        if field is None or field.name in values:
            rest.append(written)
        else:
            values[field.name] = _value_of(field, written)
    return values | ({"more": " ".join(rest)} if rest else {})


def error_lines(error: BadQuery, indent: int, width: int) -> list[TextLine]:
    """Return a mark below the position of an error, and the message beside or below it."""
    pointer = f"{' ' * (indent + error.position)}^"
    if len(pointer) + 1 + len(str(error)) <= width:
        return [line_of(say(f"{pointer} {error}", Tone.CRITICAL, 2000))]
    story = wrap(sanitize(str(error), 2000), max(20, width - indent))
    return [
        line_of(say(pointer, Tone.CRITICAL, 2000)),
        *(line_of(say(f"{' ' * indent}{text}", Tone.CRITICAL, 2000)) for text in story),
    ]


def plan_lines(plan: Iterable[PlannedTerm]) -> list[TextLine]:
    """Return the plan of each term that the store does not answer by itself."""
    tones = {Handling.RESIDUAL: Tone.WARNING, Handling.REFUSED: Tone.CRITICAL}
    return [
        line_of(say(f"{term.term.field} {term.handling.value}: {term.why}", tones[term.handling], 1000))
        for term in plan
        if term.handling is not Handling.PUSHED
    ]


def _write(field: FormField, value: str) -> str:
    if not value or not field.prefix:
        return value
    if field.is_list:
        return field.prefix + ",".join(_quote_pattern(part) for part in _parts(value))
    return field.prefix + quote_value(value)


def _parts(value: str) -> list[str]:
    try:
        return [one.text.strip() for one in split_values(value) if one.text.strip()]
    except BadQuery:
        # A single quotation mark is part of the name, which has to be quoted.
        return [quote_value(value)]


def _quote_pattern(value: str) -> str:
    """Quote the parts of a value that need it, but neither wildcards nor quoted parts."""
    return "".join(
        part if part in {"*", "?"} or part.startswith('"') else quote_value(part)
        for part in re.findall(r'"(?:[^"\\]|\\.)*"|[*?]|[^"*?]+', value, re.DOTALL)
    )


def _field_of(term: Term) -> FormField | None:
    if term.negated or term.path:
        return None
    comparison = ":" if term.comparison is Comparison.IS else term.comparison.value
    return next((field for field in FIELDS if field.prefix == f"{term.field}{comparison}"), None)


def _written(query: Query, text: str) -> list[str]:
    """Return each term as it was written."""
    ends = dict(split_terms(text))
    return [text[term.position : ends[term.position]] for term in query.terms]


def _value_of(field: FormField, written: str) -> str:
    """Return the text that a field shows for its term.

    A list keeps its quotes, within which wildcards are literal.
    """
    value = _PREFIX.sub("", written, count=1)
    return value if field.is_list else WrittenValue(value, 0).literal
