"""What readers of any queue on Redis ask of a server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.redis.address import read_address
from queuetui.backends.redis.scripts import Script
from queuetui.backends.redis.server import RedisServer
from queuetui.model.errors import QueueTuiError, Unreachable, Unsupported
from queuetui.model.interruption import Interrupted, Interruption, interruptible
from tests.servers.process import short_folder
from tests.servers.redis import find_redis, start_redis


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


def test_a_socket_that_cannot_be_used_is_told_from_a_server_that_is_away(tmp_path: Path) -> None:
    """A socket that is not there, that nobody listens at, and that this user may not open: each says what to do."""
    refused: dict[str, tuple[type[QueueTuiError], str]] = {
        "absent.sock": (Unreachable, "does not exist; start the server"),
        "dead.sock": (Unreachable, "nothing listens"),
        "dead.sock/below": (Unreachable, "does not exist"),
    }
    with socket.socket(socket.AF_UNIX) as ended:
        ended.bind(str(tmp_path / "dead.sock"))
    for name, (kind, said) in refused.items():
        server = RedisServer(read_address(f"unix://{tmp_path}/{name}").url, BackendOptions())
        with pytest.raises(kind, match=said):
            server.ask("looking", "PING")


def test_a_server_is_reached_by_its_socket() -> None:
    """A server that listens at a socket answers there, in the database that the URL names."""
    found = find_redis()
    if found is None:
        pytest.skip("no Redis server is installed")
    folder = short_folder()
    folder.rmdir()
    settings = {"unixsocket": str(folder / "r.sock"), "unixsocketperm": "777"}
    started = start_redis(*found, settings, folder)
    try:
        server = RedisServer(read_address(f"unix://{folder}/r.sock?db=3").url, BackendOptions())
        assert server.ask("filling", "SET", "one", "1") == b"OK"
        other = RedisServer(read_address(f"{started.url[:-1]}3").url, BackendOptions())
        assert other.ask("looking", "GET", "one") == b"1"
        server.close()
        other.close()
    finally:
        started.remove()
