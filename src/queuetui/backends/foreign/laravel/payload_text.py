"""What statements ask of the text of a payload, which a database may keep as a document."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import JSON, ColumnElement, LargeBinary, String, Table, Text, and_, case, cast, func, literal, or_
from sqlalchemy.dialects import postgresql

from queuetui.backends.tables.source import Condition

# Where the display name of a payload begins: behind {"uuid":"...","displayName":" as every version since 5.8 writes it.
_NAME_START, _NAME_SIZE = 63, 80
_VALUE_CHARS = 24
# JSON as a type of the database writes a space before a value.
_GAPS = ("", " ")
# When a job is given up, before 8 and since.
_DEADLINES = ("timeoutAt", "retryUntil")
_DIGITS = "123456789"


def text_of(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return a text column to be read: on SQLite and MySQL as bytes, as it may be no valid text."""
    if dialect == "postgresql":
        return as_text(text)
    return cast(as_text(text) if isinstance(text.type, JSON) else text, LargeBinary)


def is_like(text: ColumnElement[Any], pattern: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    """Return the condition for a text of a pattern.

    MySQL takes ten times as long by the rules of a collation as by bytes.
    """
    if dialect == "mysql":
        written = cast(text, Text()) if isinstance(text.type, JSON) else text
        return written.like(cast(pattern, LargeBinary), escape="|")
    return cast(text, Text()).like(pattern, escape="|")


def has_text(text: ColumnElement[Any], part: str, dialect: str) -> ColumnElement[bool]:
    """Return the condition for a text with a part."""
    escaped = part.replace("|", "||").replace("%", "|%").replace("_", "|_")
    return is_like(text, literal(f"%{escaped}%", Text()), dialect)


def first_value(payload: ColumnElement[Any], names: tuple[str, ...], dialect: str) -> ColumnElement[str]:
    """Return how the first value under any of these names begins.

    It is the payload's own, as Laravel writes a job's data last; nothing where there is none.
    """
    is_plain = dialect == "mysql" and not isinstance(payload.type, JSON)
    written, mark = payload if is_plain else as_text(payload), f'"{names[0]}":'
    for name in names[1:]:
        written = func.replace(written, f'"{name}":', mark)
    place = (func.strpos if dialect == "postgresql" else func.instr)(written, mark)
    return case((place > 0, func.ltrim(func.substr(written, place + len(mark), _VALUE_CHARS))), else_="")


def as_text(value: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a column as text; a document whose keys are sorted gets `data` last, as Laravel writes it."""
    written = cast(value, Text())
    if isinstance(value.type, postgresql.JSONB):
        others = func.left(
            cast(value.op("-", return_type=postgresql.JSONB())(literal("data", Text())), Text()), -1, type_=Text()
        )
        data = cast(value.op("->", return_type=postgresql.JSONB())(literal("data", Text())), Text())
        is_payload = value.contains(func.jsonb_build_object("job", value.op("->")(literal("job", Text()))))
    elif isinstance(value.type, JSON) and not isinstance(value.type, postgresql.JSON):
        kept = cast(func.json_remove(value, "$.data"), Text())
        others = func.left(kept, func.char_length(kept) - 1, type_=Text())
        data = cast(func.json_extract(value, "$.data"), Text())
        is_payload = func.json_contains_path(value, "all", "$.job", "$.data") == 1
    else:
        return written
    moved = func.concat(others, ', "data": ', data, "}", type_=Text())
    return case((is_payload, moved), else_=written)


def display_name(payload: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the name in a payload, by its key in a document, else from where Laravel writes it."""
    if isinstance(payload.type, postgresql.JSON):
        return func.coalesce(payload.op("->>", return_type=Text())(literal("displayName", Text())), "", type_=Text())
    if isinstance(payload.type, JSON):
        return func.coalesce(func.json_unquote(func.json_extract(payload, "$.displayName")), "", type_=Text())
    return func.substr(cast(payload, Text()), _NAME_START, _NAME_SIZE, type_=Text())


def replaced(value: ColumnElement[Any], old: str, new: str) -> ColumnElement[Any]:
    """Return a column with a text replaced, of its own type; a text is not cast, to keep each byte."""
    written = cast(value, Text()) if isinstance(value.type, JSON) else value
    return convert(func.replace(written, old, new, type_=Text()), value)


def convert(value: ColumnElement[Any], into: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a value as another column takes it: PostgreSQL makes no document of a text by itself."""
    if type(value.type) is type(into.type):
        return value
    written = as_text(value) if isinstance(value.type, JSON) else value
    return cast(written, into.type) if isinstance(into.type, postgresql.JSON) else written


def has_type(payload: ColumnElement[Any], name: str, dialect: str) -> Condition:
    """Return the condition for a payload with a display name, as PHP and the databases write JSON."""
    written = {json.dumps(name), json.dumps(name, ensure_ascii=False)}
    spellings = written | {one.replace("/", "\\/") for one in written}
    return or_(*(has_text(payload, f'"displayName":{gap}{one}', dialect) for one in spellings for gap in _GAPS))


def is_used_up(jobs: Table, dialect: str) -> Condition:
    """Return the condition for a job that was given back with no attempt left.

    A job with a deadline counts no attempts.
    """
    payload = jobs.c.payload
    # Only a number that is followed by a comma is a whole one.
    tried = cast(jobs.c.attempts, String())
    allowed = [
        is_like(payload, literal(f'%"maxTries":{gap}', Text()) + tried + literal(",%", Text()), dialect)
        for gap in _GAPS
    ]
    # What is asked for last is asked of few rows: the data of a job may have members of these names too.
    is_own = is_like(first_value(payload, ("maxTries",), dialect), tried + literal(",%", Text()), dialect)
    spent = and_(jobs.c.reserved_at.is_(None), jobs.c.attempts > 0, or_(*allowed), is_own)
    return and_(spent, ~_has_deadline(payload, dialect))


def _has_deadline(payload: ColumnElement[Any], dialect: str) -> Condition:
    """Return the condition for a payload whose deadline is a number above 0.

    Where none stands before the data, as a program may write a payload itself, any such number is taken for one.
    """
    is_own = func.substr(first_value(payload, _DEADLINES, dialect), 1, 1).in_(list(_DIGITS))
    before = [is_like(payload, literal(f'%"{name}":%"data":%', Text()), dialect) for name in _DEADLINES]
    digits = [
        has_text(payload, f'"{name}":{gap}{digit}', dialect)
        for name in _DEADLINES
        for gap in _GAPS
        for digit in _DIGITS
    ]
    return or_(is_own, and_(~or_(*before), or_(*digits)))
