"""Keys that are jobs themselves: which are listed, what is gone, and how far was looked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import redis

from queuetui.backends.keys import listed_keys
from queuetui.backends.keys.listed_keys import ListedKeys, escape_glob
from queuetui.backends.keys.shelf import Command
from queuetui.backends.redis.key_list import KeyList


def test_what_a_whole_round_has_not_met_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look need not be whole; a bite a look goes on, and a key that a round did not meet is listed no more."""
    monkeypatch.setattr(listed_keys, "_BETWEEN_BITES_S", 0)
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


def test_no_more_are_listed_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more keys than are kept the first are listed, and it is said that these are not all."""
    monkeypatch.setattr(listed_keys, "MOST_LISTED", 2)
    found = ListedKeys(KeyList((b"job:a", b"job:b", b"job:c")), b"job:").read(lambda _: [])
    assert (found.keys, found.is_whole) == ((b"job:a", b"job:b"), False)


@pytest.mark.parametrize("prefix", [b"a*b", b"a?b", b"a[b]", b"a\\b"])
def test_a_prefix_stands_for_itself_alone(redis_url: str, prefix: bytes) -> None:
    """Characters that mean something to the server's patterns mean themselves."""
    with redis.Redis.from_url(redis_url) as client:
        client.mset({prefix + b"1": "", b"a-b1": "", b"ab1": ""})
        assert list(client.scan_iter(escape_glob(prefix) + b"*")) == [prefix + b"1"]
