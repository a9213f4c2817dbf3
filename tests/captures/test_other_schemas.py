"""Two of one system in one database: each is found, and a verb in one changes nothing of the other."""

from __future__ import annotations

import psycopg
import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover
from queuetui.backends.found import Found
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from tests.backends.captures import FIXTURES, run_script, table_names
from tests.captures.lent_functions import lend_procrastinate

# Where the tables of a capture lie, if that is not the schema public.
HOMES = {"pg-boss12": "pgboss"}
MOVES = {
    "a schema": 'alter schema {home} rename to "odd Schema"; create schema if not exists public',
    "a prefix": "alter table pgqueuer rename to my_pgqueuer; alter table pgqueuer_log rename to my_pgqueuer_log; "
    "alter table pgqueuer_schedules rename to my_pgqueuer_schedules; alter table pgqueuer_statistics rename to my_pgqueuer_statistics; "
    "alter type pgqueuer_status rename to my_pgqueuer_status; "
    "do $$ declare one record; begin for one in select relname from pg_class where relname like 'pgqueuer%' and relkind in ('i', 'S') "
    "loop execute format('alter index %I rename to %I', one.relname, 'my_' || one.relname); end loop; end $$",
}


def _act(found: Found) -> None:
    """Retry the first failed job that can be."""
    backend = found.open(BackendOptions())
    failed = backend.inspector.page(PageRequest(parse_query("state:failed"), 100), Limits()).jobs
    assert failed
    results = [backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(one.ref)], Limits())[0] for one in failed]
    backend.close()
    assert any(one.outcome is Outcome.DONE for one in results), results


def _rows(url: str) -> dict[str, str]:
    with psycopg.connect(url) as server:
        return {name: str(server.execute(f"select * from {name}".encode()).fetchall()) for name in table_names(url)}


@pytest.mark.parametrize(
    ("system", "move"),
    [
        *((one, "a schema") for one in ("good-job", "oban", "pg-boss12", "procrastinate", "river", "solid-queue")),
        ("pgqueuer", "a prefix"),
    ],
)
def test_two_sets_of_tables_are_two_queues(system: str, move: str, postgres_url: str) -> None:
    """The verbs of each set work in any schema and under any prefix, and reach its own tables alone."""
    dump = (FIXTURES / system / "dump.postgres.sql").read_text(encoding="utf-8")
    kind = system.rstrip("0123456789")
    for is_second in (False, True):
        run_script(postgres_url, dump)
        lend_procrastinate(postgres_url)
        if not is_second:
            run_script(postgres_url, MOVES[move].format(home=HOMES.get(system, "public")))
    found = discover(postgres_url, BackendOptions())
    assert [one.kind.partition(":")[0] for one in found] == [kind, kind]
    is_moved = ("odd Schema", "my_pgqueuer")
    for one in found:
        before = _rows(postgres_url)
        _act(one)
        after = _rows(postgres_url)
        changed = {name for name in before if before[name] != after[name]}
        assert changed
        assert {any(part in name for part in is_moved) for name in changed} == {
            any(part in one.name for part in is_moved)
        }
