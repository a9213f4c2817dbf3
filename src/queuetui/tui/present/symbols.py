"""The symbols that the console draws, each one cell wide, in two alphabets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Symbols:
    """One alphabet of symbols; widgets take it as an argument and contain no symbol of their own."""

    ellipsis: str
    cursor: str
    mark: str
    ascending: str
    descending: str
    spark_levels: str
    """From the lowest to the highest; the first stands for nothing at all."""
    more_before: str = "<"
    more_behind: str = ">"


UNICODE_SYMBOLS = Symbols(
    ellipsis="…",
    cursor=">",
    mark="*",
    ascending="▲",
    descending="▼",
    more_before="<",
    more_behind=">",
    spark_levels=" ▁▂▃▄▅▆▇█",
)
ASCII_SYMBOLS = Symbols(
    ellipsis="~",
    cursor=">",
    mark="*",
    ascending="^",
    descending="v",
    more_before="<",
    more_behind=">",
    spark_levels=" .:-=+*#@",
)
