"""Reads the tally of the last minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce
from operator import add

from sqlalchemy import Connection, func, select

from queuetui.backends.native.sql.look.tables import tally
from queuetui.backends.native.sql.look.tally_rates import SUMMED, TallyRates, rates_of
from queuetui.backends.native.sql.worker.tally import TOOK_COLUMNS


def read_rates(connection: Connection, now: datetime, minutes: int) -> TallyRates:
    """Read the tally of the last minutes."""
    runs = func.sum(reduce(add, (tally.c[name] for name in TOOK_COLUMNS))).label("runs")
    sums = [func.sum(tally.c[name]).label(name) for name in SUMMED]
    since = now - timedelta(minutes=minutes)
    query = select(tally.c.minute, tally.c.queue, runs, *sums).where(tally.c.minute > since)
    return rates_of(connection.execute(query.group_by(tally.c.minute, tally.c.queue)).all(), now, minutes)
