"""How the comparisons of the filter language stand in statements."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from queuetui.model.clock import EARLIEST, LATEST
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


def moment_before(now: datetime, span_s: object) -> datetime:
    """Return the time a span before now, the nearest end of the calendar where the span reaches beyond it."""
    seconds = float(str(span_s))
    try:
        return now - timedelta(seconds=seconds)
    except OverflowError:
        return EARLIEST if seconds > 0 else LATEST
