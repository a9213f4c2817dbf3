"""Of which version of BullMQ a queue is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from queuetui.backends.keys.shelf import Ask, Command
from queuetui.backends.payloads.stored_values import object_of, text_of

# The versions whose scripts were compared with what is done here.
_COMPARED = re.compile(r"bullmq:(?:5\.(?:7\d|8[01])|6\.[4-7])\.")
_UNKNOWN = "its queue is of {}: only 5.70 to 5.81 and 6.4 to 6.7 are changed here, so act on it by BullMQ itself"
# How often a job ran up to 4, and stalled up to 5.28 at least.
OF_EARLIER = ("attemptsMade", "stalledCounter")
# A few jobs of each of these tell who ran them.
_LISTS, _SETS, _LOOKED_AT = ("active", "wait"), ("failed", "completed", "delayed", "waiting-children", "prioritized"), 5


def lent_versions(ask: Ask, told: Mapping[bytes, bytes | None]) -> dict[bytes, bytes]:
    """Return the version of queues that tell none: that of the others.

    It is lent where a later BullMQ 5 or 6 has written to a queue. Only a Queue writes its version, a FlowProducer does not, nor do
    BullMQ 1 and 2 and 5.0 to 5.13. `told` is by what the keys of a queue begin with.
    """
    versions = {one for one in told.values() if one and one.startswith(b"bullmq:")}
    untold = [queue for queue, one in told.items() if not one]
    if len(versions) != 1 or not untold:
        return {}
    return dict.fromkeys(_without_earlier(ask, untold), versions.pop())


def why_unchanged(version: bytes | None) -> str:
    """Return why a queue of a version is only read, nothing where it is not."""
    told = text_of(version)
    return "" if _COMPARED.match(told) else _UNKNOWN.format(told.replace("bullmq:", "BullMQ ") or "an unknown version")


def is_5(version: bytes | None) -> bool:
    """Tell whether a version has a list for the jobs of a paused queue."""
    return text_of(version).startswith("bullmq:5.")


def _without_earlier(ask: Ask, queues: Sequence[bytes]) -> list[bytes]:
    """Return the queues with a job as later versions write it, and with none as earlier ones did."""
    first = [(queue, command) for queue in queues for command in _first_jobs(queue)]
    found = ask([command for _, command in first])
    jobs = [(queue, member) for (queue, _), members in zip(first, found, strict=True) for member in members]
    told = ask([("HMGET", queue + member, "opts", *OF_EARLIER) for queue, member in jobs])
    since, earlier = set[bytes](), set[bytes]()
    for (queue, _), (opts, *counts) in zip(jobs, told, strict=True):
        said = object_of(opts)
        # Up to 5.13 at least, a delay was written of a job that had none.
        if any(one is not None for one in counts) or (said or {}).get("delay") == 0:
            earlier.add(queue)
        elif said is not None and "delay" not in said:
            since.add(queue)
    return [queue for queue in queues if queue in since - earlier]


def _first_jobs(queue: bytes) -> list[Command]:
    lists: list[Command] = [("LRANGE", queue + one.encode(), -_LOOKED_AT, -1) for one in _LISTS]
    return [*lists, *(("ZREVRANGE", queue + one.encode(), 0, _LOOKED_AT - 1) for one in _SETS)]
