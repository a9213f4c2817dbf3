"""What Solid Queue does."""

from __future__ import annotations

import json
from datetime import datetime

from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State
from tests.backends.captures import query, table_names
from tests.captures.expected.declaration import Deed, Expectation, Values

_LATE_S = 301
_JOBS = "solid_queue_jobs"


def _solid_job(url: str, job_id: str) -> Values | None:
    """Return in which tables of executions a job of Solid Queue stands, and how many runs its text counts."""
    tables = table_names(url)
    jobs = next(name for name in tables if name.endswith(_JOBS))
    rows = query(url, f"select arguments, finished_at from {jobs} where id = {job_id}")
    stands = {
        name.removesuffix("_executions").rpartition("solid_queue_")[2]
        for name in tables
        if name.endswith("_executions") and query(url, f"select 1 from {name} where job_id = {job_id}")
    }
    if not rows and not stands:
        return None
    text, finished_at = rows[0]
    told = json.loads(text)
    counts = (told["executions"], told["exception_executions"])
    return {"stands": stands - {"recurring"}, "counts": counts, "finished": finished_at is not None}


_AGAIN: Values = {"stands": {"scheduled"}, "finished": False}
_SOLID_QUEUE = Expectation(
    kind="solid-queue",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {**_AGAIN, "counts": (0, {})}),
        Deed(Verb.RETRY, "delayed", State.PENDING, _AGAIN),
        Deed(Verb.RETRY, "retrying", State.RETRYING, _AGAIN),
        Deed(Verb.RELEASE, "stuck", State.PENDING, {"stands": {"ready"}, "finished": False}, _LATE_S),
        *(
            Deed(verb, word, None, {})
            for verb in (Verb.CANCEL, Verb.DELETE)
            for word in ("waiting", "delayed", "retrying", "blocked")
        ),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("failed", "completed")),
    ),
    stored=_solid_job,
    unsure={"attempts": "earlier runs are not counted"},
    schedules={
        f"solid-queue-{store}": (
            KeptSchedule(
                "nightly",
                "Add",
                "cronq",
                "every minute",
                payload='["cron"]',
                last_job_id="13",
                last_state=State.PENDING,
                last_at=datetime.fromisoformat(f"2026-11-29T{last}:00+00:00"),
            ),
        )
        for store, last in (("postgres", "05:45"), ("mariadb", "05:50"), ("sqlite", "06:00"))
    },
)
# By the "system" of a truth file.
EXPECTATIONS = {"solid_queue": _SOLID_QUEUE}
