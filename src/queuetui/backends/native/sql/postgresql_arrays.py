"""Arrays as PostgreSQL reads them. The driver passes a text on as it is, where it would look at each value of a list on its own."""

from __future__ import annotations

from collections.abc import Iterable

NULL = "NULL"


def plain_array(values: Iterable[str | int | None]) -> str:
    """Return an array of ids, numbers or truths: nothing in them needs quotes."""
    return _array(NULL if value is None else str(value) for value in values)


def text_array(values: Iterable[str | None]) -> str:
    """Return an array of any texts."""
    return _array(NULL if value is None else _quoted(value) for value in values)


def bytes_array(values: Iterable[bytes | None]) -> str:
    """Return an array of byte strings."""
    return _array(NULL if value is None else f'"\\\\x{value.hex()}"' for value in values)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _array(elements: Iterable[str]) -> str:
    return f"{{{','.join(elements)}}}"
