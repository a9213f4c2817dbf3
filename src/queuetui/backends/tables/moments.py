"""The moment that rows are judged by: the time of the database, and whether anybody works."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from queuetui.backends.sql.clock import read_clock
from queuetui.backends.tables.source import Moment, Product
from queuetui.model.limits import Limits, is_live


def read_moment(connection: Connection, product: Product, now: datetime | None, limits: Limits) -> Moment:
    """Return the moment of a read or a write; workers that cannot be read are not held against a job."""
    moment = Moment(read_clock(connection, now), limits)
    read_workers = product.sides.workers
    if read_workers is None:
        return moment
    try:
        with connection.begin_nested():
            workers = read_workers(connection, moment)
    except DBAPIError:
        return moment
    return replace(moment, is_unheard=not any(is_live(worker, moment.now, limits) for worker in workers))
