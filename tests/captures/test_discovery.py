"""Several sets of one system's tables in one database are several queues, which are never mixed."""

from __future__ import annotations

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover, open_backend
from queuetui.model.errors import BadConfig, NotFound
from queuetui.model.snapshot import Watch
from tests.backends.captures import FIXTURES, query, run_script


def test_each_schema_of_pg_boss_is_a_queue(postgres_url: str) -> None:
    """One schema is opened by the URL alone; of two each is found, none is guessed, and each is opened by its name."""
    run_script(postgres_url, (FIXTURES / "pg-boss" / "dump.postgres.sql").read_text(encoding="utf-8"))
    assert [found.kind for found in discover(postgres_url, BackendOptions())] == ["pg-boss"]
    query(postgres_url, "alter schema pgboss rename to ten; delete from ten.job where name = 'reports'")
    run_script(postgres_url, (FIXTURES / "pg-boss12" / "dump.postgres.sql").read_text(encoding="utf-8"))
    found = {one.kind: one.jobs.value for one in discover(postgres_url, BackendOptions()) if one.jobs is not None}
    assert found == {"pg-boss:pgboss": 15, "pg-boss:ten": 13}
    with pytest.raises(BadConfig):
        open_backend(postgres_url, BackendOptions())
    with pytest.raises(NotFound):
        open_backend(postgres_url, BackendOptions(kind="pg-boss:eleven"))
    opened = open_backend(postgres_url, BackendOptions(kind="pg-boss:ten"))
    assert opened.inspector.snapshot(Watch()).total.value == 13
    opened.close()
