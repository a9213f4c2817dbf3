"""Names of an application's own that remarks tell: they are told as they are written, in any script, and are safe to show."""

from __future__ import annotations

import pytest

from tests.backends.captures import query
from tests.backends.rights.sql_users import load_dump

_NAME = "größe лок\x1b[31m"
_SHOWN = r"'größe лок\x1b[31m'"


@pytest.mark.parametrize(
    ("kind", "statement", "job_id"),
    [
        ("procrastinate", "update procrastinate_jobs set lock = '{}' where id = 7", "7"),
        ("graphile-worker", "update _private_job_queues set locked_by = '{}'", "6"),
        ("good-job", "update good_jobs set cron_key = '{}'", ""),
    ],
)
def test_a_name_is_told_as_it_is_written(postgres_url: str, kind: str, statement: str, job_id: str) -> None:
    """A lock, a worker and a cron entry whose names are not ASCII can be read in the remarks of their jobs."""
    capture = load_dump(kind, kind, postgres_url)
    query(postgres_url, statement.format(_NAME))
    inspector = capture.open(1).inspector
    job = inspector.get(job_id or next(iter(capture.stored)))
    assert any(_SHOWN in remark for remark in job.remarks), job.remarks
    capture.close()
