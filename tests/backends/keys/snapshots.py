"""Puts captured keys into a server and reads back what all its keys hold."""

from __future__ import annotations

import base64
import json
from typing import Any

import redis

from tests.backends.captures import FIXTURES, Capture

FOLDERS = {"rq-1.16": "rq", "rq-2": "rq", "rq-3": "rq", "sidekiq-6": "sidekiq"}


def load_keys(folder: str, url: str) -> Capture:
    """Load the keys of a capture into the empty database at a URL, and return what is true of them."""
    path = FIXTURES / folder
    with redis.Redis.from_url(url) as client:
        for line in (path / "keys.jsonl").read_text(encoding="utf-8").splitlines():
            _put(client, json.loads(line))
    truth = json.loads((path / "truth.json").read_text(encoding="utf-8"))
    return Capture(FOLDERS[folder], url, truth)


def dump_keys(url: str) -> dict[bytes, tuple[bytes, Any]]:
    """Return every key with its type and value."""
    with redis.Redis.from_url(url) as client:
        found = {}
        for key in client.keys("*"):
            kind = client.type(key)
            found[key] = (kind, _read(client, key, kind))
        return found


def _put(client: Any, stored: dict[str, Any]) -> None:
    key, value = _bytes(stored["key"]), stored["value"]
    match stored["type"]:
        case "string":
            client.set(key, _bytes(value))
        case "list":
            client.rpush(key, *map(_bytes, value))
        case "set":
            client.sadd(key, *map(_bytes, value))
        case "hash":
            client.hset(key, mapping={_bytes(name): _bytes(one) for name, one in value})
        case "zset":
            client.zadd(key, {_bytes(member): float(score) for member, score in value})
        case _:
            for entry, fields in value["entries"]:
                client.xadd(key, {_bytes(name): _bytes(one) for name, one in fields}, id=entry)
    if stored["pttl"] > 0:
        # Long enough that a slow run of the tests loses none.
        client.pexpire(key, stored["pttl"] + 600_000)


def _bytes(value: Any) -> bytes:
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else str(value).encode()


def _read(client: Any, key: bytes, kind: bytes) -> Any:
    match kind:
        case b"string":
            return client.get(key)
        case b"list":
            return client.lrange(key, 0, -1)
        case b"set":
            return client.smembers(key)
        case b"hash":
            return client.hgetall(key)
        case b"zset":
            return client.zrange(key, 0, -1, withscores=True)
        case _:
            return client.xrange(key)
