"""Reads the tally of the last minutes."""

from __future__ import annotations

from functools import reduce
from operator import add

from sqlalchemy import Connection, func, select

from queuetui.backends.native.sql.look.context import StoreContext
from queuetui.backends.native.sql.look.minute_shelf import MinuteShelf
from queuetui.backends.native.sql.look.tables import tally
from queuetui.backends.native.sql.look.tally_rates import SUMMED, TallyRates, rates_of
from queuetui.backends.native.sql.worker.tally import TOOK_COLUMNS


def read_rates(connection: Connection, context: StoreContext, minutes: int, shelf: MinuteShelf) -> TallyRates:
    """Read the tally of the last minutes, except the minutes that are cached."""
    now = context.now
    runs = func.sum(reduce(add, (tally.c[name] for name in TOOK_COLUMNS))).label("runs")
    sums = [func.sum(tally.c[name]).label(name) for name in SUMMED]
    query = select(tally.c.minute, tally.c.queue, runs, *sums).group_by(tally.c.minute, tally.c.queue)
    rows = shelf.read(now, minutes, lambda after: connection.execute(query.where(tally.c.minute > after)))
    return rates_of(rows, now, minutes, context.queues)
