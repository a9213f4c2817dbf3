"""What the names of keys tell, queues and jobs: what is looked through, how much of it at once, and what is gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.keys.scanned_keys import ListedKeys, QueueNames, escape_glob
from queuetui.backends.keys.shelf import Command
from queuetui.backends.redis.key_list import BATCH_KEYS, KeyList
from queuetui.backends.redis.server import RedisServer


def _queue_of(key: bytes) -> bytes | None:
    return key.removeprefix(b"app:") if key.startswith(b"app:") else None


def test_the_names_are_read_once_for_all(redis_url: str) -> None:
    """The list of a server's keys is whole, holds each key once, and is not read again for the next who asks for it."""
    client = redis.Redis.from_url(redis_url)
    client.mset({f"key:{number}": "" for number in range(BATCH_KEYS + 10)})
    server = RedisServer(redis_url, BackendOptions())
    found = server.key_list
    assert (len(found.names), len(set(found.names)), found.cursor) == (BATCH_KEYS + 10, BATCH_KEYS + 10, b"0")
    client.set("later", "")
    assert server.key_list is found
    server.close()


def test_what_the_first_look_did_not_reach_is_found_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look goes on by one batch where it is time for one; until the first round is over it is said that queues may lack."""
    asked: list[Command] = []
    answers = [[b"9", [b"app:b", b"other"]], [b"0", [b"app:a", b"app:b"]], [b"0", []]]

    def ask(commands: Sequence[Command]) -> list[Any]:
        asked.extend(commands)
        return [answers[len(asked) - 1]]

    names = QueueNames(KeyList((b"app:c",), b"7"), b"app:*", _queue_of, (b"named",))
    assert names.read(ask) == (b"b", b"c", b"named")
    assert names.read(ask) == (b"b", b"c", b"named")
    assert len(asked) == 1, "a second batch at once"
    assert "more may be found" in names.unseen
    monkeypatch.setattr(QueueNames, "BETWEEN_BATCHES_S", 0)
    names._next_s = 0
    assert names.read(ask) == (b"a", b"b", b"c", b"named")
    assert names.unseen == ""
    assert names.read(ask) == (b"a", b"b", b"c", b"named"), "a queue without keys is still a queue"
    assert [command[1] for command in asked] == [b"7", b"9", b"0"]


def test_what_a_whole_round_has_not_met_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look need not be whole; a batch a look goes on, and a key that a round did not meet is listed no more."""
    monkeypatch.setattr(ListedKeys, "BETWEEN_BATCHES_S", 0)
    answers = [[b"0", [b"job:b"]], [b"5", [b"job:c"]], [b"0", [b"job:a"]]]
    asked: list[Command] = []

    def ask(commands: Sequence[Command]) -> list[Any]:
        asked.extend(commands)
        return [answers[len(asked) - 1]]

    listed = ListedKeys(KeyList((b"job:a", b"other"), b"7"), b"job:")
    found = [listed.read(ask) for _ in answers]
    assert [(one.keys, one.is_whole) for one in found] == [
        ((b"job:a", b"job:b"), True),
        ((b"job:a", b"job:b", b"job:c"), True),
        ((b"job:a", b"job:c"), True),
    ]
    assert [command[1] for command in asked] == [b"7", b"0", b"5"]
    assert not ListedKeys(KeyList((), b"7"), b"job:").read(lambda _: [[b"9", []]]).is_whole


def test_what_an_act_has_written_is_listed_at_once() -> None:
    """The next look need not meet it in a batch; a key of others is not taken in."""
    listed = ListedKeys(KeyList((b"job:a",)), b"job:")
    listed.add(b"job:b")
    listed.add(b"other")
    assert listed.read(lambda _: []).keys == (b"job:a", b"job:b")


def test_no_more_are_listed_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more keys than are kept the first are listed, and it is said that these are not all."""
    monkeypatch.setattr(ListedKeys, "MOST", 2)
    found = ListedKeys(KeyList((b"job:a", b"job:b", b"job:c")), b"job:").read(lambda _: [])
    assert (found.keys, found.is_whole) == ((b"job:a", b"job:b"), False)


@pytest.mark.parametrize("prefix", [b"a*b", b"a?b", b"a[b]", b"a\\b"])
def test_a_prefix_stands_for_itself_alone(redis_url: str, prefix: bytes) -> None:
    """Characters that mean something to the server's patterns mean themselves."""
    with redis.Redis.from_url(redis_url) as client:
        client.mset({prefix + b"1": "", b"a-b1": "", b"ab1": ""})
        assert list(client.scan_iter(escape_glob(prefix) + b"*")) == [prefix + b"1"]
