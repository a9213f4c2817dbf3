"""What BullMQ does on PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values, row_of

_WAITS: Values = {"state": "waiting", "lock_token": None, "locked_until_ms": None}
_at = datetime.fromisoformat
_BULLMQ = Expectation(
    kind="bullmq-pg",
    stuck_after_s=1,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {**_WAITS, "attempts_made": 0, "failed_reason": None}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {**_WAITS, "delay_ms": 0}),
        Deed(Verb.RETRY, "retrying", State.RETRYING, _WAITS, unless="waits already"),
        Deed(Verb.RELEASE, "stuck", State.PENDING, {**_WAITS, "stalled_count": 1}, unless="it stalled before"),
        *(Deed(Verb.CANCEL, word, None, {}, unless="scheduler") for word in ("waiting", "delayed", "retrying")),
        *(
            Deed(Verb.DELETE, word, None, {}, unless="scheduler")
            for word in ("waiting", "delayed", "retrying", "stuck", "failed", "completed")
        ),
    ),
    stored=row_of("select row_to_json(job)::text from job where queue || '/' || id = '{id}'"),
    by_functions=True,
    schedules={
        "bullmq-pg-postgres": (
            KeptSchedule(
                "email/nightly",
                "nightly-report",
                "email",
                "0 3 * * *",
                payload='{"r": 1}',
                next_at=_at("2026-11-30T03:00:00+00:00"),
            ),
        )
    },
)
# By the "system" of a truth file.
EXPECTATIONS = {"bullmq-pg": _BULLMQ}
