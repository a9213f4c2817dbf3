"""Queues that are each known by one key, PREFIX:QUEUE:MARK, among a database's keys."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from queuetui.backends.keys.scanned_keys import QueueNames
from queuetui.backends.keys.shelf import Kind
from queuetui.backends.redis.key_list import END, KeyList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queuetui.backends.redis.server import RedisServer

_MOST_MARKS = 5_000
# Others end keys so too: those of most queues are looked at.
_MOST_PREFIXES = 16


def names_by_prefix(
    server: RedisServer, mark: str, kind: Kind, prefix: str = "", named: Sequence[bytes] = ()
) -> dict[bytes, QueueNames]:
    """Return the names of queues by prefix, of one prefix where it is given.

    Those that are `named` are always shown.
    """
    listed = _list_marks(server, mark.encode(), kind.value.encode())
    pattern = re.compile(rb"(.+):([^:]+):" + mark.encode(), re.DOTALL)
    seen = Counter(found[1] for key in listed.names if (found := pattern.fullmatch(key)))
    prefixes = [prefix.encode()] if prefix else sorted(one for one, _ in seen.most_common(_MOST_PREFIXES))
    return {
        one: QueueNames(listed, b"%b:*:%b" % (one, mark.encode()), partial(_queue_in, pattern, one), named)
        for one in prefixes
    }


def _list_marks(server: RedisServer, mark: bytes, kind: bytes) -> KeyList:
    """Return the keys of a type that end so.

    Where not all keys were read, also return those that the keys of jobs lead to, which end in an id.
    """
    listed = server.key_list
    marks = [key for key in listed.names if key.endswith(b":" + mark)]
    if listed.cursor != END:
        marks += sorted({b"%b:%b" % (key.rpartition(b":")[0], mark) for key in listed.names if key[-1:].isdigit()})
    marks = list(dict.fromkeys(marks))[:_MOST_MARKS]
    types = server.ask_all("looking for queues by their keys", [("TYPE", key) for key in marks])
    return replace(listed, names=tuple(key for key, found in zip(marks, types, strict=True) if found == kind))


def _queue_in(pattern: re.Pattern[bytes], prefix: bytes, key: bytes) -> bytes | None:
    return found[2] if (found := pattern.fullmatch(key)) and found[1] == prefix else None
