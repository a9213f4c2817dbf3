"""How the columns of Laravel's tables are bound, read and compared, by their stored types."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Dialect,
    LargeBinary,
    Text,
    TypeDecorator,
    Uuid,
    case,
    cast,
    func,
    literal,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

_NUMBERS = ("int", "serial", "numeric", "decimal", "number")
_BYTES = ("binary", "blob", "bytea")


class HexBytes(TypeDecorator[str]):
    """Bytes as a text of their hexadecimal digits: what a BINARY(16) holds is a uuid and no text."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Return the bytes of a text that `process_result_value` gave."""
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401 - what a driver gives
        """Return bytes as text; SQLite may hold anything else in such a column."""
        return bytes(value).hex() if isinstance(value, bytes | bytearray | memoryview) else value


def id_type(stored: str, dialect: str) -> TypeEngine[Any]:
    """Return the type of an id, which is a whole number where the database does not say otherwise."""
    if not stored or any(one in stored for one in _NUMBERS):
        return BigInteger()
    if dialect == "postgresql" and stored == "uuid":
        return Uuid()
    return HexBytes() if any(one in stored for one in _BYTES) else text_type(stored, dialect)


def text_type(stored: str, dialect: str) -> TypeEngine[Any]:
    """Return the type of a column of texts, which may be a uuid or a document to the database."""
    if dialect == "postgresql":
        known: dict[str, TypeEngine[Any]] = {
            "json": postgresql.JSON(),
            "jsonb": postgresql.JSONB(),
            "uuid": Uuid(as_uuid=False),
        }
        return known.get(stored, Text())
    return JSON() if stored == "json" and dialect != "sqlite" else Text()


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


def display_name(payload: ColumnElement[Any], start: int, size: int) -> ColumnElement[str]:
    """Return the name in a payload, by its key in a document, else from where Laravel writes it."""
    if isinstance(payload.type, postgresql.JSON):
        return func.coalesce(payload.op("->>", return_type=Text())(literal("displayName", Text())), "", type_=Text())
    if isinstance(payload.type, JSON):
        return func.coalesce(func.json_unquote(func.json_extract(payload, "$.displayName")), "", type_=Text())
    return func.substr(cast(payload, Text()), start, size, type_=Text())


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
