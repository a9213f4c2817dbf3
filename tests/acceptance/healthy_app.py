"""The handler of the healthy run: it takes as long as its job says."""

from __future__ import annotations

from threading import Event
from typing import Any

from queuetui import job


@job("work")
def work(payload: dict[str, Any]) -> None:
    """Take some time."""
    Event().wait(payload["seconds"])
