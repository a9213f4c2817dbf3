"""Reads PostgreSQL's json and jsonb as their texts.

A value that Python cannot make of them may not fail the rows around it.
"""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg.adapt import Buffer, Loader


def register_json(connection: psycopg.Connection[Any]) -> None:
    """Let a connection hand over json as it is written; who asked for it parses it."""
    connection.adapters.register_loader("json", _Written)
    connection.adapters.register_loader("jsonb", _Written)


def read_object(written: object) -> dict[str, Any]:
    """Return the object that a text of JSON holds, an empty one for any other value."""
    try:
        found = json.loads(written) if isinstance(written, str) else None
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


class _Written(Loader):
    """Reads a value as its text."""

    def load(self, data: Buffer) -> str:
        """Return the text."""
        return bytes(data).decode("utf-8", "replace")
