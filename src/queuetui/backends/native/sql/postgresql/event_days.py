"""The daily partitions of the event log on PostgreSQL, created ahead of time and dropped whole."""

from __future__ import annotations

import math

from queuetui.backends.native.retention import DAY_S
from queuetui.backends.native.sql.session import Session

DAYS_AHEAD = 2
_NAME = "queuetui_event_d"
# Writers of events queue behind this lock request, so it times out soon and is tried again at the next prune.
_SOON = "set local lock_timeout = '200ms'"


def keep_days(session: Session, kept_s: float) -> int:
    """Create the partitions of the next days if possible; drop old ones and return their number."""
    session.execute(_SOON, {})
    known = {name.removeprefix(_NAME) for (name,) in session.rows("list_days")}
    for ahead in range(DAYS_AHEAD):
        day, following = _day(session, ahead), _day(session, ahead + 1)
        # Events written before their day's partition existed are in the default partition, which bars its creation.
        if day not in known and session.row("find_stray", day=_midnight(day)) is None:
            session.execute(
                f"create table if not exists {_NAME}{day} partition of queuetui_event "
                f"for values from ('{_midnight(day)}') to ('{_midnight(following)}')",
                {},
            )
    old = [day for day in sorted(known) if day < _day(session, -math.ceil(kept_s / DAY_S))]
    for day in old:
        session.execute(f"drop table if exists {_NAME}{day}", {})
    return len(old)


def _day(session: Session, ahead: int) -> str:
    """Return a day in UTC by the server's clock, as digits."""
    (row,) = session.rows("read_day", days=ahead)
    return str(row[0])


def _midnight(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]} 00:00:00+00"
