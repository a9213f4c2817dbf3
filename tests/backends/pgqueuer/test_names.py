"""Each table of PgQueuer may have a name of its own, which nothing but the columns tells."""

from __future__ import annotations

from tests.backends.captures import query_each
from tests.backends.rights.sql_users import load_dump

_RENAMED = (
    "alter table pgqueuer rename to tasks",
    "alter table pgqueuer_log rename to history",
    "alter table pgqueuer_schedules rename to crons",
    "alter type pgqueuer_status rename to task_state",
)


def test_jobs_and_schedules_are_found_by_their_columns(postgres_url: str) -> None:
    """Where no name is PgQueuer's, the same jobs and schedules are listed as under its names."""
    capture = load_dump("pgqueuer", "pgqueuer", postgres_url)
    found = []
    for statements in ((), _RENAMED):
        query_each(postgres_url, statements)
        backend = capture.open(1)
        assert backend.schedules is not None
        found.append((backend.schedules.schedules().kept, backend.inspector.get("4").state))
    assert found[0] == found[1]
    assert [one.name for one in found[1][0]] == ["nightly"]
    capture.close()
