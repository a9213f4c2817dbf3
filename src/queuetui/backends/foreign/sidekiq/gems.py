"""What the gems sidekiq-cron and sidekiq-scheduler keep of recurring jobs."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from queuetui.backends.keys.scanned_keys import QueueNames, escape_glob
from queuetui.backends.payloads.stored_values import object_of, text_of, time_of
from queuetui.backends.schedules import MOST_SCHEDULES
from queuetui.model.errors import Denied
from queuetui.model.schedule import KeptSchedule

if TYPE_CHECKING:
    from queuetui.backends.keys.shelf import Ask
    from queuetui.backends.redis.key_list import KeyList

# Of sidekiq-cron up to 1, and since 2 with a namespace behind, whose sets name the hashes; of sidekiq-scheduler.
_SET, _USUAL, _SCHEDULES = b"cron_jobs", b"default", b"schedules"
_NEXT, _LAST, _STATES = (b"sidekiq-scheduler:" + end for end in (b"next_times", b"last_times", b"states"))
_FIELDS = ("name", "klass", "cron", "message", "status", "last_enqueue_time", "args")
_OFFSET = re.compile(r" (?=[+-]\d\d:?\d\d$)| UTC$")
_TIMINGS = ("cron", "every", "interval", "at", "in")


class RecurringJobs:
    """The recurring jobs beside one Sidekiq, whose keys a prefix begins.

    No register has the namespaces of sidekiq-cron: they are found by the names of keys.
    """

    def __init__(self, prefix: bytes, keys: KeyList) -> None:
        self._prefix = prefix
        head = self._key(_SET + b":")
        self._sets = QueueNames(
            keys, escape_glob(head) + b"*", lambda key: key if key.startswith(head) else None, [head + _USUAL]
        )

    def are_kept(self, ask: Ask) -> bool:
        """Tell whether some are kept, and may be read."""
        try:
            schedules, *sets = ask([("TYPE", one) for one in (self._key(_SCHEDULES), *self._read_sets(ask))])
        except Denied:
            return False
        return b"set" in sets or schedules == b"hash"

    def read(self, ask: Ask) -> list[KeptSchedule]:
        """Return them."""
        return [*self._read_cron(ask), *self._read_scheduler(ask)]

    def _read_sets(self, ask: Ask) -> list[bytes]:
        return [self._key(_SET), *self._sets.read(ask)]

    def _read_cron(self, ask: Ask) -> list[KeptSchedule]:
        """Return the jobs of sidekiq-cron; a member whose hash is gone is none."""
        sets = self._read_sets(ask)
        scans = ask([("SSCAN", one, 0, "COUNT", MOST_SCHEDULES) for one in sets])
        members = [(one, member) for one, (_, some) in zip(sets, scans, strict=True) for member in some]
        del members[MOST_SCHEDULES + 1 :]
        cards = ask([("HMGET", self._key(member), *_FIELDS) for _, member in members])
        found = zip(members, cards, strict=True)
        return [_cron_job(self._namespace_of(key), *card) for (key, _), card in found if card[0] is not None]

    def _namespace_of(self, key: bytes) -> str:
        """Return the namespace that a job's name is told with, nothing for the usual one."""
        name = key.removeprefix(self._key(_SET)).removeprefix(b":")
        return "" if name == _USUAL else text_of(name)

    def _read_scheduler(self, ask: Ask) -> list[KeptSchedule]:
        """Return the jobs of sidekiq-scheduler."""
        ((_, flat),) = ask([("HSCAN", self._key(_SCHEDULES), 0, "COUNT", MOST_SCHEDULES)])
        cards = {name: card for name, card in zip(flat[::2], flat[1::2], strict=True) if _is_scheduled(card)}
        if not cards:
            return []
        following, last, states = ask([("HMGET", self._key(one), *cards) for one in (_NEXT, _LAST, _STATES)])
        rows = zip(cards, cards.values(), following, last, states, strict=True)
        return [_scheduled(*one) for one in rows]

    def _key(self, name: bytes) -> bytes:
        return self._prefix + name


def _cron_job(
    space: str, name: bytes, klass: bytes, cron: bytes, message: bytes, status: bytes, last: bytes, args: bytes
) -> KeptSchedule:
    queue = (object_of(message) or {}).get("queue")
    return KeptSchedule(
        "/".join(filter(None, (space, text_of(name)))), text_of(klass) or "?", str(queue) if queue else None, timing=text_of(cron) or None,
        payload=text_of(args) if args not in (None, b"", b"[]") else None,
        last_at=_time_of(last), paused=status == b"disabled",
    )  # fmt: skip


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
