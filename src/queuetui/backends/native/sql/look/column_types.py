"""Column types that are stored differently by each dialect and read the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, Integer, LargeBinary, SmallInteger, Text, Uuid
from sqlalchemy.types import TypeDecorator, TypeEngine

from queuetui.backends.native.ids import id_text, parse_id
from queuetui.backends.native.odd_values import read_json
from queuetui.backends.native.sql.state_codes import CODE_OF, read_code
from queuetui.model.clock import from_us, to_us
from queuetui.model.state import State

# The dialects that store times as integers, ids as bytes and lists as texts.
PLAIN = frozenset({"sqlite", "mysql"})
LongInteger = BigInteger().with_variant(Integer(), "sqlite")
SmallNumber = SmallInteger().with_variant(Integer(), "sqlite")
Truth = Boolean().with_variant(Integer(), "sqlite")


class MomentType(TypeDecorator[datetime]):
    """An aware UTC time: timestamptz, or integer microseconds."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose what the dialect stores."""
        kinds: dict[str, TypeEngine[Any]] = {"sqlite": Integer(), "mysql": BigInteger()}
        return dialect.type_descriptor(kinds.get(dialect.name, DateTime(timezone=True)))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Turn a time into what the dialect stores."""
        return to_us(value) if value is not None and dialect.name in PLAIN else value

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """Turn what is stored into a time."""
        if isinstance(value, int):
            return from_us(value)
        return value.astimezone(UTC) if isinstance(value, datetime) else None


class JobId(TypeDecorator[str]):
    """An id in its canonical text, from a uuid or its 16 bytes.

    Bytes of another length are read as their digits. A text that is no UUID matches nothing.
    """

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose what the dialect stores."""
        if dialect.name == "mysql":
            from sqlalchemy.dialects.mysql import BINARY

            return dialect.type_descriptor(BINARY(16))
        return dialect.type_descriptor(LargeBinary() if dialect.name == "sqlite" else Uuid())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> object:
        """Turn a text into what the dialect stores."""
        found = None if value is None else parse_id(value)
        if dialect.name not in PLAIN or value is None:
            return found
        return found.bytes if found is not None else _bytes_of(value)

    def process_result_value(self, value: object, dialect: Dialect) -> str | None:
        """Turn what is stored into the canonical text."""
        if value is None:
            return None
        return id_text(value) if isinstance(value, bytes) else str(value)


def _bytes_of(digits: str) -> bytes | None:
    """Return the bytes of an id that is not 16 bytes long, as another program wrote it."""
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return None


class StateCode(TypeDecorator[State | int]):
    """A state as its small integer; an unknown code is read as it stands."""

    impl = SmallInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose what the dialect stores."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else SmallInteger())

    def process_bind_param(self, value: State | int | None, dialect: Dialect) -> int | None:
        """Turn a state into its code."""
        return CODE_OF[value] if isinstance(value, State) else value

    def process_result_value(self, value: int | None, dialect: Dialect) -> State | int | None:
        """Turn a code into its state."""
        return None if value is None else read_code(value)


class JsonValue(TypeDecorator[Any]):
    """A list or object of ours: jsonb, or JSON text; None where it is no JSON or nests too deep."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose what the dialect stores."""
        if dialect.name in PLAIN:
            return dialect.type_descriptor(Text())
        from sqlalchemy.dialects.postgresql import JSONB

        return dialect.type_descriptor(JSONB())

    def process_bind_param(self, value: object, dialect: Dialect) -> object:
        """Turn a value into what the dialect stores."""
        return json.dumps(value) if value is not None and dialect.name in PLAIN else value

    def process_result_value(self, value: object, dialect: Dialect) -> object:
        """Turn what is stored into a value."""
        return read_json(value) if isinstance(value, str) else value
