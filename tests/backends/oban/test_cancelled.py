"""What is told of a job of Oban that was cancelled: by whom its last run ended, and why."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from tests.backends.rights.sql_users import load_dump

_TRACE = 'Traceback (most recent call last):\n  File "shop.py", line 1, in charge\nshop.CardDeclined: naïve\nsecond'


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ([], None),
        (["told to stop"], "its run ended with the reason: told to stop"),
        (["reason: näh\nsecond line"], "its run ended with the reason: reason: näh"),
        ([_TRACE, "no more"], "its run ended with the reason: no more"),
        ([_TRACE], "its last run that failed told CardDeclined: naïve"),
        ([_TRACE + "x" * 20_000], "its last run that failed told CardDeclined: naïve"),
        ([" \n"], None),
        (["** (Oban.PerformError) Shop failed with {:cancel, :late}"], "its run ended with the reason: ** (Oban.PerformError) Shop"),
    ],
)  # fmt: skip
def test_the_reason_or_the_last_error_is_told(postgres_url: str, errors: list[str], told: str | None) -> None:
    """A run that cancels itself leaves its reason; of a job that a person cancels the last error is left, where one failed."""
    capture = load_dump("oban", "oban", postgres_url)
    entries = [{"attempt": number, "error": one} for number, one in enumerate(errors, 1)]
    with psycopg.connect(postgres_url) as server:
        server.execute("update oban_jobs set errors = %s where id = 16", (Jsonb(entries),))
    backend = capture.open(1)
    listed = next(job for job in backend.inspector.page(PageRequest(limit=100), Limits()).jobs if job.ref.id == "16")
    for remarks in (listed.remarks, backend.inspector.get("16").remarks):
        assert len(remarks) == (told is not None)
        assert all(remark.startswith(told or "") for remark in remarks)
    capture.close()
