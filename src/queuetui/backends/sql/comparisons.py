"""How the comparisons of the filter language stand in statements."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Text, cast

from queuetui.model.pattern import Pattern
from queuetui.model.query import Comparison

COMPARE: Mapping[Comparison, Callable[[Any, Any], Any]] = {
    Comparison.IS: operator.eq,
    Comparison.OVER: operator.gt,
    Comparison.AT_LEAST: operator.ge,
    Comparison.UNDER: operator.lt,
    Comparison.AT_MOST: operator.le,
}
# A span is longer the earlier it began.
TURNED = {
    Comparison.OVER: Comparison.UNDER,
    Comparison.AT_LEAST: Comparison.AT_MOST,
    Comparison.UNDER: Comparison.OVER,
    Comparison.AT_MOST: Comparison.AT_LEAST,
}


def is_storable(text: str) -> bool:
    """Tell whether every database can hold a text."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def exact_text(at: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return a text that is compared letter by letter, whatever the column's collation."""
    if dialect == "mysql":
        return cast(at, Text()).collate("utf8mb4_bin")
    return cast(at, Text()).collate("C" if dialect == "postgresql" else "BINARY")


def is_like(at: ColumnElement[Any], pattern: Pattern, dialect: str) -> ColumnElement[bool]:
    """Return the condition for texts that a pattern matches."""
    if dialect == "sqlite":
        return at.op("GLOB", is_comparison=True)(pattern.glob)
    return at.like(pattern.translate("%", "_", _escape_like), escape="|")


def _escape_like(text: str) -> str:
    return text.replace("|", "||").replace("%", "|%").replace("_", "|_")
