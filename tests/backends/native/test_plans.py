"""The hot statements go through their indexes, on tables large enough that reading them whole would show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.backends.native.sql.session import Session
from tests.backends.native.conftest import open_own_queue

LARGE = {
    "queuetui_job",
    "queuetui_job_done",
    "queuetui_job_blob",
    "queuetui_job_key",
    "queuetui_attempt",
    "queuetui_tally",
}
LEASE = UUID(int=7)
LIVE_ROWS, DONE_ROWS = 12_000, 20_000
NOW = {"sqlite": "1700000000000000 + n", "postgresql": "now() + n * interval '1 microsecond'"}
SERIES = {
    "sqlite": "with recursive s (n) as (select 1 union all select n + 1 from s where n < {rows}) ",
    "postgresql": "with s as (select n from generate_series(1, {rows}) as n) ",
}
ID = {"sqlite": "randomblob(16)", "postgresql": "gen_random_uuid()"}
LIVE = """insert into queuetui_job (id, due_at, created_at, updated_at, max_attempts, state, queue, type, lease_id, claimed_at)
{series} select {id}, {now}, {now}, {now}, 3, n % 4, 'q' || n % 3, 'T', case when n % 4 = 2 then {lease} end, {now} from s"""
DONE = """insert into queuetui_job_done (id, due_at, created_at, updated_at, done_at, expires_at, priority, fence, rev, attempts,
max_attempts, lost, lost_alone, state, blob, queue, type, tags, needs)
{series} select {id}, {now}, {now}, {now}, {now}, {now}, 0, 1, 1, 1, 3, 0, 0, 5 + n % 3, {no}, 'q' || n % 3, 'T', '[]', '[]' from s"""
KEYS = """insert into queuetui_job_key (key, job_id, expires_at) {series} select 'k' || n, {id}, {now} from s"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def populated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlBackend]:
    """A backend on tables of some ten thousand rows, analysed."""
    with open_own_queue(request, tmp_path_factory, request.param) as backend:
        backend.database.write("filling", fill)
        backend.database.write_at_once("analysing", lambda session: session.execute("analyze", {}))
        yield backend


def fill(session: Session) -> None:
    """Write the rows."""
    dialect = session.dialect
    lease = "x'" + LEASE.hex + "'" if dialect == "sqlite" else f"'{LEASE}'::uuid"
    common = {"id": ID[dialect], "now": NOW[dialect], "lease": lease, "no": "0" if dialect == "sqlite" else "false"}
    for statement, rows in ((LIVE, LIVE_ROWS), (DONE, DONE_ROWS), (KEYS, DONE_ROWS)):
        whole = statement.format(series=SERIES[dialect].format(rows=rows), **common)
        session.execute(whole if dialect == "sqlite" else whole.replace("%", "%%"), {})


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "choose_ready": ("queuetui_job_ready", {"queue": "q1", "claim": 100}),
    "promote": ("queuetui_job_due", {"limit": 500}),
    "next_due": ("queuetui_job_due", {}),
    "take_held": ("queuetui_job_held", {"lease_id": LEASE, "limit": 100}),
    "take_unleased": ("queuetui_job_held", {"limit": 100}),
    "list_cancels": ("queuetui_job_held", {"lease_id": LEASE}),
    "queues_pending": ("queuetui_job_ready", {}),
    "queues_ready": ("queuetui_job_ready", {"queues": ["q1", "q9"]}),
    "prune_done": ("queuetui_job_done_prune", {"limit": 100}),
    "prune_keys": ("queuetui_job_key_prune", {"limit": 100}),
    "prune_tally": ("queuetui_tally", {"limit": 100, "kept_us": 1}),
    "find_job": ("queuetui_job", {"id": LEASE}),
    "lock_run": ("queuetui_job", {"id": LEASE, "fence": 1, "lease_id": LEASE}),
    "find_between": ("queuetui_job", {"low": LEASE, "high": LEASE, "lows": [LEASE], "highs": [LEASE]}),
    "claim_first": (
        "queuetui_job_ready",
        {"lease_id": LEASE, "worker_id": "w", "alone": False, "queue": "q1", "count": 100},
    ),
    "expire_run_keys": ("queuetui_job_key", {"before": 19_900, "key_kept_us": 1}),
    "drop_runs": ("PRIMARY KEY", {"before": 19_900}),
    "drop_attempts": ("queuetui_attempt", {"id": LEASE}),
    "finish_and_claim": (
        "queuetui_job_ready",
        {
            "lease_id": LEASE,
            "ids": [uuid4() for _ in range(100)],
            "fences": [1] * 100,
            "took_us": [5] * 100,
            "buckets": [0] * 100,
            "results": [None] * 100,
            "claim": 100,
            "whole": True,
            "floor_priorities": [0, 1],
            "floor_dues": [datetime(2001, 1, 1, tzinfo=UTC)] * 2,
            "kept_us": 5,
            "key_kept_us": 5,
        },
    ),
}


# What one dialect says in a block that the other has not.
ELSEWHERE = {
    ("sqlite", "finish_and_claim"),
    *(("postgresql", block) for block in ("choose_ready", "claim_first", "expire_run_keys", "drop_runs")),
}
PAIRS = [(dialect, block) for dialect in SERIES for block in CASES if (dialect, block) not in ELSEWHERE]


@pytest.mark.parametrize(("populated", "block"), PAIRS, indirect=["populated"], scope="module")
def test_a_hot_statement_uses_its_index(populated: SqlBackend, block: str) -> None:
    """No large table is read from end to end, and the index made for the statement is the one that is used."""
    index, values = CASES[block]
    read = sqlite_plan if populated.database.dialect == "sqlite" else postgresql_plan
    used, whole, sorted_first = read(populated, block, values)
    assert any(index in name for name in used), used
    assert not whole & LARGE
    assert not sorted_first


def sqlite_plan(backend: SqlBackend, block: str, values: Mapping[str, Any]) -> tuple[set[str], set[str], bool]:
    """Return the indexes used, the tables read whole, and whether rows are sorted before they are limited."""
    bound = {name: value.bytes if isinstance(value, UUID) else value for name, value in values.items()}
    bound = {name: '["q1", "q9"]' if isinstance(value, list) else value for name, value in bound.items()}

    def explain(session: Session) -> list[str]:
        statement = f"explain query plan {session.blocks[block]}"
        session.change("make_ended")
        return [str(row[3]) for row in session.execute(statement, session.bound(bound)).fetchall()]

    lines = backend.database.write("explaining", explain)
    used = set(re.findall(r"INDEX (\w+)", "\n".join(lines))) | {line for line in lines if "PRIMARY KEY" in line}
    whole = {found for line in lines for found in re.findall(r"^SCAN (\w+)$", line)}
    # The few queues that were asked for are sorted, not the jobs.
    return used, whole, block != "queues_ready" and any("ORDER BY" in line for line in lines)


def postgresql_plan(backend: SqlBackend, block: str, values: Mapping[str, Any]) -> tuple[set[str], set[str], bool]:
    """Return the indexes used, the tables read whole, and whether jobs are sorted before they are limited."""

    def explain(session: Session) -> Any:
        (text,) = session.execute(f"explain (format json) {session.blocks[block]}", values).fetchone()
        return json.loads(text)[0]["Plan"]

    plan = backend.database.read("explaining", explain)
    nodes = list(walk(plan))
    used = {node["Index Name"] for node in nodes if "Index Name" in node}
    whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    picked = [node for top in nodes if top.get("Subplan Name") == "CTE picked" for node in walk(top)]
    return used, whole, any(node["Node Type"] == "Sort" for node in picked)


def walk(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a plan's nodes."""
    yield plan
    for child in plan.get("Plans", []):
        yield from walk(child)


def test_an_ending_is_not_looked_up_among_held_jobs(populated: SqlBackend) -> None:
    """The index on held jobs, which is full of entries that died since the last vacuum, is not walked to end a run."""
    block = "finish_and_claim" if populated.database.dialect == "postgresql" else "finish_runs"
    values = (
        dict.fromkeys(("id", "fence", "lease_id", "took_us", "result", "kept_us"), 1) | CASES["finish_and_claim"][1]
    )
    read = sqlite_plan if block == "finish_runs" else postgresql_plan
    used, whole, _ = read(populated, block, values)
    assert not {name for name in used if "held" in name}
    assert not whole & LARGE


def test_endings_are_looked_up_one_by_one_among_the_dead(postgres_url: str) -> None:
    """While an old picture keeps dead jobs in the index, and the planner was told how few are live, no ending walks over them all."""
    backend = open_backend(postgres_url, BackendOptions(create=True))
    backend.database.write("filling", fill)
    with psycopg.connect(postgres_url) as holder:
        holder.execute("set transaction isolation level repeatable read")
        holder.execute("select count(*) from queuetui_job")
        for statement in ("delete from queuetui_job", "vacuum analyze queuetui_job"):
            backend.database.write_at_once("emptying", lambda session, done=statement: session.execute(done, {}))  # type: ignore[misc]  # bound now
        block = backend.database.read("reading the block", lambda session: session.blocks["finish_and_claim"])
        explained = f"explain (format json) {block}"
        values = CASES["finish_and_claim"][1]
        plan = backend.database.read(
            "explaining", lambda session: json.loads(session.execute(explained, values).fetchone()[0])[0]["Plan"]
        )
    backend.close()
    walked = [
        node
        for node in walk(plan)
        if node.get("Relation Name") == "queuetui_job"
        and node["Node Type"].endswith("Scan")
        and "Index Cond" not in node
    ]
    assert walked == []
