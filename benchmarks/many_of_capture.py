"""Makes many jobs of the few that a capture holds, by copying its rows or keys under other ids."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode
from collections.abc import Iterator

import psycopg
import redis

from tests.backends.captures import FIXTURES, run_script

# What ids look like in the keys of all products: a UUID with or without its dashes, or 24 digits.
_ID = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{24})(?![0-9a-f])")
_PIPED = 5_000
# More than the ids of any capture.
_LEAST_SHIFT = 1_000
_COLUMNS = """
SELECT c.table_schema, c.table_name, c.column_name, c.data_type, c.is_generated = 'ALWAYS' AS is_made
FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, c.ordinal_position
"""
# The columns of keys that tell rows apart or lead to others'.
_ID_COLUMNS = """
SELECT n.nspname, t.relname, a.attname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (k.conkey) WHERE k.contype IN ('p', 'f')
"""


def fill_tables(url: str, rows: int, folder: str, tables: tuple[str, ...]) -> None:
    """Load a capture of PostgreSQL, and double the rows of some of its tables until the first has as many as are asked for."""
    run_script(url, (FIXTURES / folder / "dump.postgres.sql").read_text(encoding="utf-8"))
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("SET session_replication_role = replica")
        columns, ids = server.execute(_COLUMNS).fetchall(), set(server.execute(_ID_COLUMNS).fetchall())
        copies = {}
        for schema, table in {(one[0], one[1]): None for one in columns}:
            own = [one for one in columns if one[:2] == (schema, table) and not one[4]]
            if table in tables:
                copies[table] = _copy_of(schema, table, [(one[2], one[3], (*one[:2], one[2]) in ids) for one in own])
        step = 0
        while _count(server, tables[0], columns) < rows:
            for table in tables:
                server.execute(copies[table].format(shift=_LEAST_SHIFT * 2**step, salt=step).encode())
            step += 1
        server.execute("VACUUM ANALYZE")


def _copy_of(schema: str, table: str, columns: list[tuple[str, str, bool]]) -> str:
    """Return the statement that copies all rows of a table under other ids, the same ones for every table."""
    names, values = [], []
    for name, kind, is_id in columns:
        at = f'"{name}"'
        names.append(at)
        if kind == "uuid":
            values.append(f"md5({at}::text || '{{salt}}')::uuid")
        elif kind.startswith("timestamp"):
            values.append(f"{at} - {{shift}} * interval '0.1 ms'")
        elif is_id or name in ("id", "job_id"):
            values.append(f"{at} + {{shift}}" if "int" in kind else at)
        else:
            values.append(at)
    listed = ", ".join(names)
    whole = f'"{schema}"."{table}"'
    return f"INSERT INTO {whole} ({listed}) OVERRIDING SYSTEM VALUE SELECT {', '.join(values)} FROM {whole} ON CONFLICT DO NOTHING"


def _count(server: psycopg.Connection, table: str, columns: list[tuple[str, ...]]) -> int:
    schema = next(one[0] for one in columns if one[1] == table)
    row = server.execute(f'SELECT count(*) FROM "{schema}"."{table}"'.encode()).fetchone()
    return 0 if row is None else int(row[0])


def fill_keys(client: redis.Redis, rows: int, folder: str, runs: str) -> None:
    """Load a capture of Redis, and copy what belongs to each id under others until there are as many jobs as are asked for.

    Keys that `runs` matches, of runs and workers, are left as they are.
    """
    lines = (FIXTURES / folder / "keys.jsonl").read_text(encoding="utf-8").splitlines()
    dumps = [(one["key"].encode("utf-8", "surrogateescape"), b64decode(one["dump"])) for one in map(json.loads, lines)]
    for key, dump in dumps:
        client.restore(key, 0, dump)
    found = [(key, client.type(key), list(_members(client, key))) for key, _ in dumps]
    fixed = {
        one
        for key, _, members in found
        if re.search(runs.encode(), key)
        for text in (key, *(member for member, _ in members))
        for one in _ID.findall(text)
    }
    parts = [(key, kind, [one for one in members if not fixed & _ids_in(key, one)]) for key, kind, members in found]
    ids = {one for key, _, members in parts for member in members for one in _ids_in(key, member)}
    for first in range(0, rows // len(ids), max(1, _PIPED // len(ids))):
        with client.pipeline(transaction=False) as pipe:
            for copy in range(first, min(first + max(1, _PIPED // len(ids)), rows // len(ids))):
                for key, kind, members in parts:
                    _copy_key(pipe, key, kind, members, copy)
            pipe.execute()


def _members(client: redis.Redis, key: bytes) -> Iterator[tuple[bytes, object]]:
    """Yield the members of a key with what stands beside each: a score, or a value."""
    match client.type(key):
        case b"list":
            yield from ((one, None) for one in client.lrange(key, 0, -1))
        case b"zset":
            yield from client.zrange(key, 0, -1, withscores=True)
        case b"hash":
            yield from client.hgetall(key).items()
        case b"set":
            yield from ((one, None) for one in client.smembers(key))
        case b"string":
            yield client.get(key) or b"", None


def _ids_in(key: bytes, member: tuple[bytes, object]) -> set[bytes]:
    return {*_ID.findall(key), *_ID.findall(member[0])}


def _copy_key(
    pipe: redis.client.Pipeline, key: bytes, kind: bytes, members: list[tuple[bytes, object]], copy: int
) -> None:
    other = _renamed(key, copy)
    for member, beside in members:
        changed = _renamed(member, copy)
        if other == key and changed == member:
            continue
        if kind == b"list":
            pipe.rpush(other, changed)
        elif kind == b"zset":
            # Times of their own, as jobs have them.
            pipe.zadd(other, {changed: float(str(beside)) * (1 - copy * 1e-12)})
        elif kind == b"hash" and isinstance(beside, bytes):
            pipe.hset(other, changed, _renamed(beside, copy))
        elif kind == b"set":
            pipe.sadd(other, changed)
        elif kind == b"string":
            pipe.set(other, changed)


def _renamed(text: bytes, copy: int) -> bytes:
    """Return a text with other ids in it, each as long as it was."""
    return _ID.sub(lambda found: _other(found[0], copy), text)


def _other(one: bytes, copy: int) -> bytes:
    digest = hashlib.md5(one + b"%d" % copy, usedforsecurity=False).hexdigest().encode()
    if b"-" not in one:
        return digest[: len(one)]
    return b"-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))
