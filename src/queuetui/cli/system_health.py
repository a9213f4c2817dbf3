"""Judges how well the queues of each system run, all systems at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.cli.store_places import System
    from queuetui.cli.systems import Systems
    from queuetui.monitor.health import Health


def judge_each(systems: Systems, *, exact: bool) -> list[tuple[System, Health]]:
    """Return the health of each system; tell what could not be read.

    To see whether a queue moves takes a look and another one half a second later, so the systems are not waited for one by one.
    """
    from queuetui.monitor.health import judge_health

    opened = [*systems]
    with ThreadPoolExecutor(len(opened)) as pool:
        pictures = [*pool.map(lambda one: one.feed.poll_health(exact=exact), opened)]
    for one, picture in zip(opened, pictures, strict=True):
        for part, why in picture.problems.items():
            systems.tell_of(one)(f"not read: {part}: {why}")
    judged = (judge_health(picture, one.feed.limits) for one, picture in zip(opened, pictures, strict=True))
    return [*zip(opened, judged, strict=True)]
