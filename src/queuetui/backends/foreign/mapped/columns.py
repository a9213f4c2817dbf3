"""How times stand in the columns of a mapped table."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

from queuetui.backends.foreign.mapped.side_shapes import TimesShape
from queuetui.backends.sql.catalog import StoredColumn
from queuetui.backends.tables.codecs import EPOCH_MS, EPOCH_S, ZONED, Codec, IsoText, Naive
from queuetui.backends.tables.stored_columns import Holds, holds

_FITTING = {
    "zoned": (Holds.ZONED,),
    "naive": (Holds.NAIVE,),
    "seconds": (Holds.WHOLE, Holds.NUMBER),
    "milliseconds": (Holds.WHOLE, Holds.NUMBER),
    "iso": (Holds.TEXT,),
}


def time_codec(times: TimesShape, stored: StoredColumn, dialect: str) -> Codec:
    """Return how a time stands in a column.

    Raises ValueError, in our words, where the column cannot hold it so.
    """
    kind = holds(stored)
    allowed = _FITTING[times.kind]
    if dialect == "sqlite" and times.kind == "naive":
        allowed = (Holds.NAIVE, Holds.TEXT)
    if kind not in allowed:
        raise ValueError(f"{stored.name} holds {kind}, which are no times of kind {times.kind!r}")
    if times.kind == "zoned":
        return ZONED
    if times.kind == "naive":
        # MySQL turns a TIMESTAMP into the session's zone, which is UTC here.
        zone = UTC if stored.stored.lower().startswith("timestamp") and dialect == "mysql" else ZoneInfo(times.zone)
        return IsoText(zone, " ", "seconds", "") if dialect == "sqlite" else Naive(zone)
    if times.kind == "iso":
        return IsoText(ZoneInfo(times.zone))
    return EPOCH_S if times.kind == "seconds" else EPOCH_MS
