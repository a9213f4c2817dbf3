"""Reads the filter language; every error says where."""

from __future__ import annotations

import difflib
import math
import re
from datetime import datetime

from queuetui.model.duration import parse_duration_s
from queuetui.model.errors import BadQuery
from queuetui.model.filter_text import WrittenValue, split_terms, split_values
from queuetui.model.query import (
    ALIASES,
    FIELDS,
    FLAGS,
    NAME_FIELDS,
    NUMBER_FIELDS,
    SORTS,
    SPAN_FIELDS,
    STATE_ALIASES,
    TEXT_FIELDS,
    TIME_FIELDS,
    WORD,
    Comparison,
    Query,
    Sort,
    Term,
    Value,
)
from queuetui.model.state import State
from queuetui.model.zone import read_moment

_KEY = r'\.(?:"(?:[^"\\]|\\.)*"|[^\s:~<>=".]+)'
_FIELD = re.compile(rf"([A-Za-z_]+)((?:{_KEY})*)(>=|<=|[:~<>=])")


def parse_query(text: str) -> Query:
    """Return the filter that `text` writes; raises BadQuery with the position of what cannot be read."""
    _check_text(text)
    terms: list[Term] = []
    sort: Sort | None = None
    for start, end in split_terms(text):
        term = _read_term(text[start:end], start)
        if term.field == "sort":
            sort = _read_sort(term)
        else:
            terms.append(term)
    return Query(tuple(terms), sort, text.strip())


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"the character at position {error.start} is half of one, which no text holds; take it out"
        raise BadQuery(message, error.start) from None


def _read_term(text: str, start: int) -> Term:
    negated = text.startswith("-") and len(text) > 1
    body, position = (text[1:], start + 1) if negated else (text, start)
    match = _FIELD.match(body)
    if match is None or body.startswith('"'):
        return Term(WORD, Comparison.HAS, (WrittenValue(body, start).literal,), negated, (), start)
    name, path = _read_field(match.group(1), match.group(2), position)
    operator = match.group(3)
    comparison = Comparison.IS if operator == "=" else Comparison(operator)
    pieces = list(split_values(body[match.end() :], position + match.end()))
    if not pieces:
        message = f"{name}{operator} has no value at position {position + match.end()}; write one after it"
        raise BadQuery(message, position + match.end())
    if name != "sort":
        _check_comparison(name, path, comparison, position)
    values = tuple(_read_value(name, path, comparison, piece) for piece in pieces)
    return Term(name, comparison, values, negated, path, start)


def _read_field(name: str, dotted: str, position: int) -> tuple[str, tuple[str, ...]]:
    name = ALIASES.get(name.lower(), name.lower())
    path = tuple(WrittenValue(key[1:], position).literal for key in re.findall(_KEY, dotted))
    if name not in FIELDS or (path and name != "payload"):
        written = name + dotted
        near = difflib.get_close_matches(name, FIELDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(FIELDS)} and payload.KEY"
        message = f"there is no field {written!r} (position {position}); {hint}"
        raise BadQuery(message, position)
    return name, path


def _check_comparison(name: str, path: tuple[str, ...], comparison: Comparison, position: int) -> None:
    ordered = {Comparison.OVER, Comparison.AT_LEAST, Comparison.UNDER, Comparison.AT_MOST}
    allowed: set[Comparison]
    if name in NUMBER_FIELDS or path:
        allowed = ordered | {Comparison.IS} | ({Comparison.HAS} if path else set())
    elif name in SPAN_FIELDS or name in TIME_FIELDS:
        allowed = ordered
    elif name in TEXT_FIELDS:
        allowed = {Comparison.IS, Comparison.HAS}
    else:
        allowed = {Comparison.IS} | ({Comparison.HAS} if name in NAME_FIELDS and name != "state" else set())
    if comparison not in allowed:
        signs = " ".join(sorted(sign.value for sign in allowed))
        message = f"{name} cannot be compared with {comparison.value} (position {position}); use one of {signs}"
        raise BadQuery(message, position)


def _read_value(name: str, path: tuple[str, ...], comparison: Comparison, piece: WrittenValue) -> Value:
    if name == "state":
        return STATE_ALIASES.get(piece.literal.lower()) or _one_of(piece, tuple(State), "state")
    if name == "is":
        return _one_of(piece, FLAGS, "flag")
    if name in NUMBER_FIELDS or (path and comparison not in {Comparison.IS, Comparison.HAS}):
        return _read_number(name, piece)
    if name in SPAN_FIELDS:
        try:
            return parse_duration_s(piece.literal)
        except ValueError as error:
            message = f"{name}: {error} (position {piece.position})"
            raise BadQuery(message, piece.position) from None
    if name in TIME_FIELDS:
        return _read_time(name, piece)
    return piece.name if comparison is Comparison.IS and name != "sort" else piece.literal


def _one_of(piece: WrittenValue, allowed: tuple[str, ...], noun: str) -> str:
    value = piece.literal.lower()
    if value not in allowed:
        near = difflib.get_close_matches(value, allowed, n=1)
        hint = f"did you mean {near[0]}?" if near else "they are " + ", ".join(allowed)
        message = f"there is no {noun} {piece.literal!r} (position {piece.position}); {hint}"
        raise BadQuery(message, piece.position)
    return str(value)


def _read_number(name: str, piece: WrittenValue) -> float:
    try:
        number = float(piece.literal)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        message = f"{name} takes a number, not {piece.literal!r} (position {piece.position})"
        raise BadQuery(message, piece.position)
    return number


def _read_time(name: str, piece: WrittenValue) -> datetime:
    try:
        return read_moment(piece.literal)
    except ValueError:
        message = f"{name} takes a time like 2026-01-31T08:00:00Z, not {piece.literal!r} (position {piece.position})"
        raise BadQuery(message, piece.position) from None


def _read_sort(term: Term) -> Sort:
    written = str(term.values[0])
    name = ALIASES.get(written.lstrip("-"), written.lstrip("-"))
    if name not in SORTS or term.negated or len(term.values) != 1:
        message = f"cannot sort by {written!r} (position {term.position}); sort by one of {', '.join(SORTS)}, - before it turns the order"
        raise BadQuery(message, term.position)
    return Sort(name, written.startswith("-"))
