"""What of the Redis driver a queue loads, and that a program still has all of it."""

from __future__ import annotations

import subprocess
import sys

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
