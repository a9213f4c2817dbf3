"""Queues that are told by the names of keys: what is looked through, and how much of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.keys import queue_names
from queuetui.backends.keys.queue_names import QueueNames
from queuetui.backends.keys.shelf import Command
from queuetui.backends.redis.key_list import BITE_KEYS, KeyList
from queuetui.backends.redis.server import RedisServer


def _queue_of(key: bytes) -> bytes | None:
    return key.removeprefix(b"app:") if key.startswith(b"app:") else None


def test_the_names_are_read_once_for_all(redis_url: str) -> None:
    """The list of a server's keys is whole, holds each key once, and is not read again for the next who asks for it."""
    client = redis.Redis.from_url(redis_url)
    client.mset({f"key:{number}": "" for number in range(BITE_KEYS + 10)})
    server = RedisServer(redis_url, BackendOptions())
    found = server.key_list
    assert (len(found.names), len(set(found.names)), found.cursor) == (BITE_KEYS + 10, BITE_KEYS + 10, b"0")
    client.set("later", "")
    assert server.key_list is found
    server.close()


def test_what_the_first_look_did_not_reach_is_found_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look goes on by one bite where it is time for one; until the first round is over it is said that queues may lack."""
    asked: list[Command] = []
    answers = [[b"9", [b"app:b", b"other"]], [b"0", [b"app:a", b"app:b"]], [b"0", []]]

    def ask(commands: Sequence[Command]) -> list[Any]:
        asked.extend(commands)
        return [answers[len(asked) - 1]]

    names = QueueNames(KeyList((b"app:c",), b"7"), b"app:*", _queue_of, (b"named",))
    assert names.read(ask) == (b"b", b"c", b"named")
    assert names.read(ask) == (b"b", b"c", b"named")
    assert len(asked) == 1, "a second bite at once"
    assert "more may be found" in names.unseen
    monkeypatch.setattr(queue_names, "_BETWEEN_BITES_S", 0)
    names._next_s = 0
    assert names.read(ask) == (b"a", b"b", b"c", b"named")
    assert names.unseen == ""
    assert names.read(ask) == (b"a", b"b", b"c", b"named"), "a queue without keys is still a queue"
    assert [command[1] for command in asked] == [b"7", b"9", b"0"]
