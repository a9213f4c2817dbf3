"""What the server behind a queue tells, from the command line, on real servers."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any

import psycopg
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.model.job import NewJob
from queuetui.model.job_id import new_job_id
from tests.backends.captures import FIXTURES, run_script
from tests.captures.stores import STORES
from tests.cli.conftest import Invoke
from tests.servers.fixtures import PostgresFactory
from tests.servers.mysql import connect_mysql
from tests.servers.postgres import SETTINGS
from tests.waiting import wait_until

HOLD = "update queuetui_job set priority = priority"


def _make_queue(url: str) -> None:
    with closing(open_native(url, BackendOptions(create=True))) as backend:
        backend.jobs.enqueue([NewJob(new_job_id(), "Send", b"{}")])


def _mysql_id(connection: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select connection_id()")
        return int(cursor.fetchone()[0])


def test_a_chain_of_locks_is_told(postgres_url: str, invoke: Invoke) -> None:
    """Of three sessions the second waits for the first and the third for the second: each wait is a row with who blocks it."""
    _make_queue(postgres_url)
    first, second, third = (
        psycopg.connect(postgres_url, application_name=name) for name in ("first", "second", "third")
    )
    with first, second, third:
        first.execute(HOLD)
        pids = [one.info.backend_pid for one in (first, second, third)]
        second.execute("lock table queuetui_queue in exclusive mode")
        behind_first = threading.Thread(target=second.execute, args=(HOLD,))
        behind_second = threading.Thread(target=third.execute, args=("lock table queuetui_queue in exclusive mode",))
        behind_first.start()
        behind_second.start()

        def told() -> Any:
            return invoke("database", "--url", postgres_url, "--json").data

        wait_until(lambda: len(told()["locks"]) == 2)
        view = told()
        assert {(one["waiting"], one["blocked_by"]) for one in view["locks"]} == {
            (pids[1], pids[0]),
            (pids[2], pids[1]),
        }
        (table_wait,) = (one for one in view["locks"] if one["waiting"] == pids[2])
        assert (table_wait["on"], table_wait["application"]) == ("queuetui_queue", "second")
        sessions = {one["application"]: one for one in view["connections"]}
        assert sessions["first"]["state"] == "idle in transaction"
        assert sessions["first"]["transaction_seconds"] >= 0
        figures = {one["name"]: one["value"] for one in view["server"]}
        assert f"pid {pids[0]}" in figures["oldest transaction of"]
        sizes = {one["table"]: one for one in view["tables"]}
        assert sizes["queuetui_job"]["bytes"] > 0
        assert "pg_stat_statements" in view["unread"]["statements"]
        first.rollback()
        behind_first.join()
        second.rollback()
        behind_second.join()


def test_a_lock_is_told_on_mysql(mysql_url: str, invoke: Invoke) -> None:
    """Who waits for whose rows, the sessions and the sizes of the tables are told."""
    _make_queue(mysql_url)
    with connect_mysql(mysql_url) as first, connect_mysql(mysql_url) as second:
        first.begin()
        first.cursor().execute(HOLD)
        holder, waiter = (_mysql_id(one) for one in (first, second))
        behind = threading.Thread(target=lambda: second.cursor().execute(HOLD))
        behind.start()

        def told() -> Any:
            return invoke("database", "--url", mysql_url, "--json").data

        wait_until(lambda: bool(told()["locks"]))
        view = told()
        first.rollback()
        behind.join()
        second.rollback()
    assert [(one["waiting"], one["blocked_by"]) for one in view["locks"]] == [(waiter, holder)]
    assert {holder, waiter} <= {one["pid"] for one in view["connections"]}
    assert any(one["name"] == "oldest transaction of" for one in view["server"])
    assert {"queuetui_job", "queuetui_event"} <= {one["table"] for one in view["tables"]}
    assert "performance_schema" in view["unread"].get("statements", "performance_schema")


def test_slow_statements_are_told(private_postgres: PostgresFactory, invoke: Invoke) -> None:
    """Where the server counts statements, the slowest that name a table of ours are told, and none that made one."""
    url = private_postgres((*SETTINGS, "shared_preload_libraries=pg_stat_statements")).create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create extension pg_stat_statements")
    _make_queue(url)
    view = invoke("database", "--url", url, "--json").data
    assert "statements" not in view["unread"]
    told = [one["statement"].strip().lower() for one in view["statements"]]
    assert any("queuetui_job" in one for one in told)
    assert not any(one.startswith("create") for one in told)
    assert all(one["calls"] >= 1 and one["total_ms"] >= 0 for one in view["statements"])


def test_what_is_not_granted_is_said(postgres_url: str, invoke: Invoke) -> None:
    """A user without pg_read_all_stats is told what it sees in part, and how that is granted."""
    run_script(postgres_url, (FIXTURES / "laravel-db/dump.postgres.sql").read_text(encoding="utf-8"))
    limited = f"{postgres_url.partition('://')[0]}://visitor@{postgres_url.rpartition('@')[2]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create role visitor login")
        try:
            connection.execute("grant select on all tables in schema public to visitor")
            answer = invoke("database", "--url", limited)
        finally:
            connection.execute("drop owned by visitor")
            connection.execute("drop role visitor")
    assert answer.code == 0, answer
    assert "not read: connections: sessions of other users are told in part: grant pg_read_all_stats" in answer.err
    assert "failed_jobs" in answer.out


def test_a_redis_server_tells_its_memory_clients_and_slow_log(redis_url: str, invoke: Invoke) -> None:
    """A slow command is told by its name and key, without the payload behind them."""
    STORES["keys.jsonl"].load(FIXTURES / "rq-2" / "keys.jsonl", redis_url)
    client = redis.Redis.from_url(redis_url)
    before = client.config_get("slowlog-log-slower-than")["slowlog-log-slower-than"]
    try:
        client.config_set("slowlog-log-slower-than", 0)
        client.set("slow:key", "the secret payload")
    finally:
        client.config_set("slowlog-log-slower-than", str(before))
    view = invoke("database", "--url", redis_url, "--json").data
    client.close()
    figures = {one["name"]: one["value"] for one in view["server"]}
    assert {"used memory bytes", "maxmemory policy", "connected clients"} <= figures.keys()
    assert view["connections"]
    told = [one["statement"] for one in view["slow_log"]]
    assert "SET slow:key and 1 more" in told
    assert "secret" not in " ".join(told)


def test_an_sqlite_file_tells_its_pages(sqlite_url: str, invoke: Invoke) -> None:
    """The file, its log, pages and free pages, in every form."""
    _make_queue(sqlite_url)
    figures = {one["name"]: one["value"] for one in invoke("database", "--url", sqlite_url, "--json").data["server"]}
    assert figures["file bytes"] >= figures["pages"] * figures["page size"] // 2
    assert "free pages" in invoke("database", "--url", sqlite_url).out
    rows = invoke("database", "--url", sqlite_url, "--format", "csv").rows
    assert {row["section"] for row in rows} == {"server"}
