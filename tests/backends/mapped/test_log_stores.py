"""An application's log on every store: a job's id as a number or a text in JSON, and more rows deleted than one statement takes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.sizes import Sizes
from queuetui.model.event import EventRequest
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.operate.authority import Authority
from queuetui.operate.journal import Journal
from queuetui.operate.rights import Right
from queuetui.operate.upkeep import UpkeepOperations
from tests.backends.captures import query, run_script

MAPPING = """\
label = "Log"
table = "jobs"
key = "id"
status = "status"
times = { kind = "seconds" }
[fields]
type = "name"
[states]
pending = { is = ["PENDING"] }
[events]
table = "audit"
at = "occurred_at"
kind = "event_type"
job = ["payload.job_id"]
clear = true
[events.kinds]
JobCreated = ["JobCreated"]
JobStarted = ["JobStarted"]
"""
OLD_ROWS = 12_000


@pytest.mark.parametrize("store", ["sqlite", "postgres", "mysql"])
def test_a_log_is_read_and_cleared_on_each_store(store: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Ids in JSON are texts to us, whatever they are there; clearing old rows takes all of them, in batches, and no newer one.

    What was kept of a costly page is forgotten then.
    """
    url: str = request.getfixturevalue(f"{store}_url")
    run_script(
        url,
        "CREATE TABLE jobs (id integer PRIMARY KEY, name varchar(20), status varchar(20));\n"
        f"CREATE TABLE audit (occurred_at bigint, event_type varchar(40), payload {'text' if store == 'sqlite' else 'json'});\n"
        "INSERT INTO jobs VALUES (1, 'mail', 'PENDING');\n",
    )
    old = ", ".join(f"({1_000_000_000 + n}, 'Beat', NULL)" for n in range(OLD_ROWS))
    new = """(1700000000, 'JobCreated', '{"job_id": 1}'), (1700000005, 'JobStarted', '{"job_id": "1"}')"""
    run_script(url, f"INSERT INTO audit VALUES {new}, {old};\n")
    file = tmp_path / "log.toml"
    file.write_text(MAPPING)
    now = datetime.fromtimestamp(1_700_000_100, UTC)
    backend = open_backend(url, BackendOptions(settings={"mapping": str(file)}, now=now))
    try:
        assert backend.events is not None
        events = backend.events.events(EventRequest(job_id="1")).events
        assert [(one.kind, one.job_id) for one in events] == [("JobStarted", "1"), ("JobCreated", "1")]
        chores = UpkeepOperations(backend, Authority(Right.ADMIN, "me", Journal(tmp_path / "acts.jsonl", "b"), None))
        plan = chores.plan("clear-events", 1)
        assert plan.rows == OLD_ROWS
        inspector = backend.inspector
        assert isinstance(inspector, TablesInspector)
        inspector.sizes, inspector.page_cache.costly_s = Sizes(sorted_rows=0), 0.0
        watch = Watch(PageRequest(parse_query("state:pending")), parts=frozenset())
        assert [_is_kept(inspector.snapshot(watch)) for _ in range(2)] == [False, True]
        chores.perform(plan)
        assert not _is_kept(inspector.snapshot(watch))
        assert query(url, "SELECT count(*), min(occurred_at) FROM audit") == [(2, 1_700_000_000)]
    finally:
        backend.close()


def _is_kept(snapshot: Snapshot) -> bool:
    """Tell whether the page of a picture was looked for at an earlier poll."""
    return snapshot.page is not None and any("looked for" in note for note in snapshot.page.notes)
