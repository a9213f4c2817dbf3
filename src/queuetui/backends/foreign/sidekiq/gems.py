"""What the gems sidekiq-cron and sidekiq-scheduler keep of recurring jobs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from queuetui.backends.keys.stored_values import object_of, text_of, time_of
from queuetui.backends.schedules import MOST_SCHEDULES
from queuetui.model.errors import Denied
from queuetui.model.schedule import KeptSchedule

if TYPE_CHECKING:
    from queuetui.backends.keys.product import Ask

# Of sidekiq-cron up to 1 and since 2, whose sets name the hashes; of sidekiq-scheduler.
_SETS, _SCHEDULES = (b"cron_jobs", b"cron_jobs:default"), b"schedules"
_NEXT, _LAST, _STATES = (b"sidekiq-scheduler:" + end for end in (b"next_times", b"last_times", b"states"))
_FIELDS = ("name", "klass", "cron", "message", "status", "last_enqueue_time", "args")
_OFFSET = re.compile(r" (?=[+-]\d\d:?\d\d$)| UTC$")
_TIMINGS = ("cron", "every", "interval", "at", "in")
_Key = Callable[[bytes], bytes]


def has_recurring(key: _Key, ask: Ask) -> bool:
    """Tell whether some are kept, and may be read."""
    try:
        *sets, schedules = ask([("TYPE", key(one)) for one in (*_SETS, _SCHEDULES)])
    except Denied:
        return False
    return b"set" in sets or schedules == b"hash"


def read_recurring(key: _Key, ask: Ask) -> tuple[KeptSchedule, ...]:
    """Return them by name."""
    found = [*_read_cron(key, ask), *_read_scheduler(key, ask)]
    return tuple(sorted(found, key=lambda one: one.name)[: MOST_SCHEDULES + 1])


def _read_cron(key: _Key, ask: Ask) -> list[KeptSchedule]:
    """Return the jobs of sidekiq-cron; a member whose hash is gone is none."""
    members = [
        one for some in ask([("SSCAN", key(one), 0, "COUNT", MOST_SCHEDULES) for one in _SETS]) for one in some[1]
    ]
    cards = ask([("HMGET", key(one), *_FIELDS) for one in members[: MOST_SCHEDULES + 1]])
    return [_cron_job(*card) for card in cards if card[0] is not None]


def _cron_job(
    name: bytes, klass: bytes, cron: bytes, message: bytes, status: bytes, last: bytes, args: bytes
) -> KeptSchedule:
    queue = (object_of(message) or {}).get("queue")
    return KeptSchedule(
        text_of(name), text_of(klass) or "?", str(queue) if queue else None, timing=text_of(cron) or None,
        payload=text_of(args) if args not in (None, b"", b"[]") else None,
        last_at=_time_of(last), paused=status == b"disabled",
    )  # fmt: skip


def _read_scheduler(key: _Key, ask: Ask) -> list[KeptSchedule]:
    """Return the jobs of sidekiq-scheduler."""
    ((_, flat),) = ask([("HSCAN", key(_SCHEDULES), 0, "COUNT", MOST_SCHEDULES)])
    cards = {name: card for name, card in zip(flat[::2], flat[1::2], strict=True) if _is_scheduled(card)}
    if not cards:
        return []
    following, last, states = ask([("HMGET", key(one), *cards) for one in (_NEXT, _LAST, _STATES)])
    rows = zip(cards, cards.values(), following, last, states, strict=True)
    return [_scheduled(*one) for one in rows]


def _is_scheduled(card: bytes) -> bool:
    """Tell whether a value is that of a recurring job: any application may call a hash `schedules`."""
    said = object_of(card) or {}
    return isinstance(said.get("class"), str) and any(said.get(one) for one in _TIMINGS)


def _scheduled(
    name: bytes, card: bytes, following: bytes | None, last: bytes | None, state: bytes | None
) -> KeptSchedule:
    said = object_of(card) or {}
    enabled = (object_of(state) or {}).get("enabled", said.get("enabled", True))
    kind = next((one for one in _TIMINGS if said.get(one)), None)
    given = None if kind is None else _words_of(said[kind])
    return KeptSchedule(
        text_of(name), str(said.get("class") or "?"), str(said["queue"]) if said.get("queue") else None,
        timing=given if given is None or kind == "cron" else f"{kind} {given}",
        payload=str(said["args"]) if said.get("args") else None,
        next_at=_time_of(following) if enabled else None, last_at=_time_of(last), paused=not enabled,
    )  # fmt: skip


def _words_of(timing: Any) -> str:  # noqa: ANN401 - a value of JSON
    """Return a timing, which may have options behind it."""
    return str(timing[0]) if isinstance(timing, list) and timing else str(timing)


def _time_of(raw: bytes | None) -> datetime | None:
    """Return a time as Ruby writes it, as 2026-11-30 04:00:00 +0000."""
    return time_of(_OFFSET.sub(lambda found: "+00:00" if found[0] == " UTC" else "", text_of(raw)))
