"""The keys by which the queues of a product are known, one each, among the names of a database's keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from queuetui.backends.redis.key_list import END, KeyList

if TYPE_CHECKING:
    from queuetui.backends.redis.server import RedisServer

_MOST_MARKS = 5_000


def list_marks(server: RedisServer, ending: bytes, kind: bytes) -> KeyList:
    """Return the keys of a type that end so; where not all keys were read, also those that the keys of jobs lead to, which end in an id."""
    listed = server.key_list
    marks = [key for key in listed.names if key.endswith(ending)]
    if listed.cursor != END:
        marks += sorted({key.rpartition(b":")[0] + ending for key in listed.names if key[-1:].isdigit()})
    marks = list(dict.fromkeys(marks))[:_MOST_MARKS]
    types = server.ask_all("looking for queues by their keys", [("TYPE", key) for key in marks])
    return replace(listed, names=tuple(key for key, found in zip(marks, types, strict=True) if found == kind))
