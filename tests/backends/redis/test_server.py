"""What readers of any queue on Redis ask of a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.redis.address import read_address
from queuetui.backends.redis.scripts import Script
from queuetui.backends.redis.server import RedisServer
from queuetui.model.errors import Unsupported
from queuetui.model.interruption import Interrupted, Interruption, interruptible


@pytest.fixture
def server(redis_url: str) -> Iterator[RedisServer]:
    """A server with a list and a hash of somebody else's."""
    opened = RedisServer(read_address(redis_url).url, BackendOptions())
    opened.ask("filling", "RPUSH", "somebody's", b"\xff\x00", "2")
    opened.ask("filling", "HSET", "a hash", "field", "value")
    yield opened
    opened.close()


def test_many_commands_are_answered_in_their_order(server: RedisServer) -> None:
    """What one packet asks is answered command by command, in bytes as they are stored."""
    commands = [
        ("LRANGE", "somebody's", 0, -1),
        ("LLEN", "somebody's"),
        ("HGET", "a hash", "field"),
        ("GET", "nothing"),
    ]
    assert server.ask_all("looking", commands) == [[b"\xff\x00", b"2"], 2, b"value", None]
    assert server.ask_all("looking", []) == []


def test_a_refused_command_spoils_no_later_answer(server: RedisServer) -> None:
    """A command that does not fit its key raises our error, and the connection answers what is asked next."""
    with pytest.raises(Unsupported, match="looking failed"):
        server.ask_all("looking", [("LLEN", "a hash"), ("LLEN", "somebody's")])
    assert server.ask("looking", "LLEN", "somebody's") == 2


def test_a_script_is_handed_every_key(server: RedisServer) -> None:
    """A script that the server has not seen yet runs over all the keys that it is given."""
    script = Script("return { #KEYS, KEYS[2], ARGV[1] }", "0" * 40)
    answer = server.run("changing", script, ["one", b"t\xffwo"], ["value"], writes=True)
    assert answer == [2, b"t\xffwo", b"value"]


def test_a_read_that_is_not_wanted_any_more_is_not_sent(server: RedisServer) -> None:
    """Who was broken off hears so, and reads on afterwards."""
    interruption = Interruption()
    interruption.interrupt()
    with pytest.raises(Interrupted), interruptible(interruption):
        server.ask_all("looking", [("LLEN", "somebody's")])
    assert server.ask_all("looking", [("LLEN", "somebody's")]) == [2]


def test_options_of_an_adapter_are_told_from_the_drivers() -> None:
    """An option of an adapter's own is taken out of the URL, whatever else it says stays."""
    found = read_address("redis://h:6379/3?prefix=app&socket_timeout=2", ("prefix", "other"))
    assert (found.url, dict(found.own)) == ("redis://h:6379/3?socket_timeout=2", {"prefix": "app"})
