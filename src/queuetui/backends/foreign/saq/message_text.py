"""SQL that reads SAQ's own words in the text of a message, and none of the application's.

SAQ writes function and arguments, then queue and key, then its numbers, then what else is of the application. Where queue and key stand
together more than once, the server does not tell which of them are SAQ's, and no number is read.
Texts are compared as the server writes bytes: with backslashes twice, and what is not ASCII by its bytes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, LargeBinary, Table, Text, and_, case, cast, func, literal
from sqlalchemy.dialects.postgresql import ARRAY

# As messages begin that are written without spaces.
_DENSE = b'{"function":"'
_BEYOND_ASCII = r"[^\x20-\x7e]"
# Whether letters beyond ASCII are written by their numbers or their bytes makes no difference: each run of them becomes a question mark.
_HOWEVER_SPELT = r"(?:\\\\u[0-9a-f]{4}|\\[0-7]{3}|[^\x20-\x7e])+"
# What no JSON holds.
_BETWEEN = "\x01"
_MOST_PARTS = 1_000_000
_LONGEST_NUMBER = 15
# The end of a message: nothing that stands deeper ends with one brace.
_WORKER_AT_END = r'"worker_id": ?("(?:[^"\\]|\\\\(?:\\\\|[^\\])|\\[0-7]{3})*")\}$'
_END_BYTES = 300


def numbers_of(jobs: Table) -> ColumnElement[str]:
    """Return the part of a message that has its numbers, NULL where that is not told for certain."""
    row = jobs.c
    is_dense = func.substr(row.job, 1, len(_DENSE)) == literal(_DENSE, LargeBinary)
    space = case((is_dense, ""), else_=" ")
    address = func.concat('"queue":', space, _as_json(row.queue), ",", space, '"key":', space, _as_json(row.key))
    said = func.encode(row.job, "escape")
    is_odd = (row.queue + row.key).op("~")(_BEYOND_ASCII)
    compared = (case((is_odd, _however_spelt(text)), else_=text) for text in (said, address))
    parts = func.string_to_array(*compared, type_=ARRAY(Text))
    behind = func.array_to_string(parts[2:_MOST_PARTS], _BETWEEN)
    part: ColumnElement[str] = func.substring(behind, f"^[^{_BETWEEN}]+$")
    for end in ('"result":', '"status":'):
        part = func.split_part(part, end, 1)
    return part


def has_word(message: ColumnElement[bytes], name: str) -> ColumnElement[bool]:
    """Tell, much faster than `number_in`, whether a number may be there."""
    return _place_of(f'"{name}":'.encode(), message) > 0


def _place_of(word: bytes, message: ColumnElement[bytes]) -> ColumnElement[int]:
    found: ColumnElement[int] = func.position(literal(word, LargeBinary).op("IN")(message))
    return found


def number_in(numbers: ColumnElement[str], name: str, usual: int | None = None) -> ColumnElement[Any]:
    """Return a number, the usual one where SAQ wrote none.

    NULL for one that is written as null, or is not told.
    """
    # To look for an expression in the whole part takes the server ten times as long.
    begun = func.left(func.ltrim(func.split_part(numbers, f'"{name}":', 2)), _LONGEST_NUMBER)
    told = begun if usual is None else begun.concat(f" {usual}")
    return cast(func.substring(told, "^ ?(-?[0-9]+)"), BigInteger)


def only_number_in(message: ColumnElement[bytes], name: str, number: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a number that every message has.

    It is read at once where its name stands in the message only once, else as `number`.
    """
    word = f'"{name}":'.encode()
    behind = func.substr(message, _place_of(word, message) + len(word))
    begun = func.ltrim(func.encode(func.substr(behind, 1, _LONGEST_NUMBER + 1), "escape"))
    is_alone = and_(_place_of(word, message) > 0, _place_of(word, behind) == 0)
    return case((is_alone, cast(func.substring(begun, "^[0-9]+"), BigInteger)), else_=number)


def worker_in(message: ColumnElement[bytes]) -> ColumnElement[str]:
    """Return the worker that a message names last, as `worker_as_written` gives it."""
    end = func.substr(message, func.greatest(func.length(message) - _END_BYTES, 1))
    return _however_spelt(func.substring(func.encode(end, "escape"), _WORKER_AT_END))


def worker_as_written(name: ColumnElement[str]) -> ColumnElement[str]:
    """Return the name of a worker as `worker_in` does."""
    return _however_spelt(_as_json(name))


def _as_json(text: ColumnElement[str]) -> ColumnElement[str]:
    return func.replace(cast(func.to_json(text), Text), "\\", "\\\\")


def _however_spelt(text: ColumnElement[str]) -> ColumnElement[str]:
    return func.regexp_replace(text, _HOWEVER_SPELT, "?", "g")
