"""The sample mapping of its page is taken whole for the tables that it tells of."""

from __future__ import annotations

from pathlib import Path

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query import Query
from queuetui.model.state import State
from tests.architecture.source import ROOT
from tests.backends.captures import run_script
from tests.docs.pages import blocks

TABLES = """\
CREATE TABLE jobs (id bigint PRIMARY KEY, status text, priority integer, type text, attempts integer, run_at timestamp,
  started_at timestamp, updated_at timestamp);
CREATE TABLE audit_logs (occurred_at timestamp, event_type text, job_id bigint, payload jsonb, correlation_id text);
CREATE TABLE workers (id text, status text, last_heartbeat timestamp, created_at timestamp);
CREATE TABLE worker_bootstrap_tokens (token text, worker_id text, expires_at timestamp);
INSERT INTO jobs VALUES (1, 'new', 5, 'mail', 0, '2020-01-01'), (2, 'new', 5, 'mail', 0, '2100-01-01'), (3, 'busy', 5, 'mail', 1, NULL),
  (4, 'done', 5, 'mail', 1, NULL), (5, 'dead', 5, 'mail', 3, NULL);
"""


def test_the_sample_is_taken_as_it_is_printed(postgres_url: str, tmp_path: Path) -> None:
    """Both blocks of the page, in one file, are opened, and each job is in its state."""
    sample = [block.text for block in blocks(ROOT / "docs" / "mapping.md") if "table = " in block.text]
    assert len(sample) == 2
    (tmp_path / "jobs.toml").write_text("".join(sample), encoding="utf-8")
    run_script(postgres_url, TABLES)
    backend = open_backend(postgres_url, BackendOptions(settings={"mapping": str(tmp_path / "jobs.toml")}))
    states = {job.ref.id: job.state for job in backend.inspector.page(PageRequest(Query(), 100), Limits()).jobs}
    backend.close()
    wanted = [State.PENDING, State.SCHEDULED, State.PROCESSING, State.COMPLETED, State.FAILED]
    assert states == {str(number): state for number, state in enumerate(wanted, start=1)}
