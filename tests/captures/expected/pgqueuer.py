"""What PgQueuer does."""

from __future__ import annotations

import json
from datetime import datetime

from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State
from tests.backends.captures import query
from tests.captures.expected.declaration import Deed, Expectation, Values

_LATE_S = 31
_QUEUED: Values = {"status": "queued", "queue_manager_id": None, "step": "queued"}
# Whatever the tables of a capture are called.
_TABLES = (
    "select min(quote_ident(table_schema) || '.' || quote_ident(table_name)) from information_schema.columns "
    "where column_name = '{column}' and table_schema not in ('pg_catalog', 'information_schema')"
)
_RECORD = "only its record"


def _job(url: str, job_id: str) -> Values | None:
    """Return the row of a job, or its last step in the log where it has none, with that step's word."""
    jobs, log = (query(url, _TABLES.format(column=one))[0][0] for one in ("queue_manager_id", "aggregated"))
    last = (
        f"select row_to_json(one)::text from {log} one where job_id = {job_id} order by created desc, id desc limit 1"
    )
    rows = query(url, f"select row_to_json(one)::text from {jobs} one where id = {job_id}") or query(url, last)
    step = json.loads(query(url, last)[0][0])["status"]
    return {**json.loads(rows[0][0]), "step": step} if rows else None


_PGQUEUER = Expectation(
    kind="pgqueuer",
    stuck_after_s=_LATE_S,
    refusal="another job with its dedupe key|it is due already",
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {**_QUEUED, "attempts": 0}, unless=_RECORD),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"status": "queued"}),
        Deed(Verb.RETRY, "retrying", State.RETRYING, {"status": "queued"}),
        *(
            Deed(Verb.CANCEL, word, State.CANCELLED, {"status": "canceled"})
            for word in ("waiting", "delayed", "retrying", "stuck")
        ),
        Deed(Verb.DELETE, "failed", State.CANCELLED, {"status": "deleted"}, unless=_RECORD),
        Deed(Verb.RELEASE, "stuck", State.PENDING, {**_QUEUED, "slot": None}, _LATE_S),
    ),
    stored=_job,
    schedules={
        "pgqueuer-postgres": (
            KeptSchedule(
                "nightly",
                "nightly",
                "nightly",
                "* * * * *",
                next_at=datetime.fromisoformat("2026-11-29T05:28:00+00:00"),
            ),
        )
    },
)
# By the "system" of a truth file.
EXPECTATIONS = {"pgqueuer": _PGQUEUER}
