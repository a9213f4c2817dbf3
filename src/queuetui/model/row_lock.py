"""The lock that a session holds on the row of a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queuetui.model.text import Untrusted


@dataclass(frozen=True, slots=True)
class RowLock:
    """The session that holds a row locked; a field is None if the server does not tell it to this user.

    `since` is when its transaction began, `state` the server's word for what it does now.
    """

    pid: int | None = None
    user: Untrusted | None = None
    application: Untrusted | None = None
    state: Untrusted | None = None
    since: datetime | None = None
