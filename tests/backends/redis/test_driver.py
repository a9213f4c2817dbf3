"""What of the Redis driver a queue loads, and that a program still has all of it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from redis import exceptions

from queuetui.backends.redis.driver_errors import translate
from queuetui.model.errors import ConnectionLost, QueueTuiError, UnknownOutcome, Unreachable

OPEN = """
import sys
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
open_native(sys.argv[1], BackendOptions(kind="native", create=True)).close()
heavy = {"redis.client", "redis.asyncio", "redis.cluster", "redis.sentinel", "redis.commands"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def run(program: str, url: str) -> None:
    """Run a program in a process of its own."""
    done = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_queue_loads_a_small_part_of_the_driver(redis_url: str) -> None:
    """Opening a queue brings no clusters, no sentinels, no asyncio and no commands of the driver with it."""
    run(OPEN, redis_url)


def test_a_handler_has_all_of_the_driver(redis_url: str) -> None:
    """A program that imports the driver beside a queue finds it whole, by its name and by its parts."""
    run(
        f"{OPEN}\n"
        "import redis\n"
        "assert redis.Redis.from_url(sys.argv[1]).ping()\n"
        "from redis import Redis, asyncio, exceptions\n"
        "from redis.cluster import RedisCluster\n"
        "assert issubclass(exceptions.ResponseError, redis.RedisError)\n"
        "assert type(redis).__name__ == 'module'\n",
        redis_url,
    )


def test_a_driver_that_is_loaded_is_used_as_it_is(redis_url: str) -> None:
    """A program that had imported the driver first keeps its own."""
    run(
        "import redis, sys\n"
        "before = redis.Redis\n"
        "from queuetui.client import Queue\n"
        "Queue(sys.argv[1]).close()\n"
        "assert sys.modules['redis'] is redis and redis.Redis is before\n",
        redis_url,
    )


@pytest.mark.parametrize(
    ("said", "read", "write", "advice"),
    [
        ("Connection closed by server.", ConnectionLost, UnknownOutcome, "does not answer"),
        ("Error while reading from ::1:6379 : (104, 'Connection reset by peer')", ConnectionLost, UnknownOutcome, ""),
        ("Error 32 while writing to socket. Broken pipe.", ConnectionLost, UnknownOutcome, ""),
        ("Error 111 connecting to ::1:6379. Connection refused.", Unreachable, Unreachable, "does not answer"),
        ("max number of clients reached", Unreachable, Unreachable, "maxclients"),
        ("Too many connections", Unreachable, Unreachable, "maxclients"),
        ("No connection available.", Unreachable, Unreachable, "maxclients"),
        ("Connection not ready", Unreachable, Unreachable, ""),
        ("Invalid SSL Certificate Requirements Flag: x", Unreachable, Unreachable, ""),
        ("what no version has said yet", Unreachable, UnknownOutcome, ""),
    ],
)
def test_only_a_session_that_broke_is_lost(
    said: str, read: type[QueueTuiError], write: type[QueueTuiError], advice: str
) -> None:
    """What was never sent is neither asked again at once nor of unknown outcome; a crowded server is told as such."""
    error = exceptions.ConnectionError(said)
    told = translate(error, "looking", writes=False)
    assert (type(told), advice in str(told)) == (read, True)
    assert type(translate(error, "changing", writes=True)) is write
