"""What GoodJob does."""

from __future__ import annotations

from datetime import datetime

from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values, row_of

_LATE_S = 301
_DISCARDED = "GoodJob::Job::DiscardJobError: discarded by queuetui"
_AGAIN: Values = {"finished_at": None, "performed_at": None, "locked_by_id": None, "error_event": 3}
_GOOD_JOB = Expectation(
    kind="good-job",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.RETRYING, {**_AGAIN, "counted": True}),
        Deed(Verb.RETRY, "cancelled", State.RETRYING, {**_AGAIN, "counted": True}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"finished_at": None, "error": None}),
        Deed(Verb.RETRY, "retrying", State.RETRYING, {"finished_at": None}),
        *(
            Deed(Verb.CANCEL, word, State.CANCELLED, {"error": _DISCARDED, "error_event": 5})
            for word in ("waiting", "delayed", "retrying")
        ),
        Deed(Verb.RELEASE, "stuck", State.RETRYING, {"locked_by_id": None, "lock_type": None, "began": True}, _LATE_S),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("failed", "completed", "cancelled")),
    ),
    stored=row_of(
        "select (to_jsonb(one) || jsonb_build_object('began', performed_at is not null, "
        "'counted', (serialized_params ->> 'executions')::int > 0))::text from good_jobs one where id = '{id}'"
    ),
    schedules={
        "good-job-postgres": (
            KeptSchedule(
                "nightly",
                "Add",
                "cronq",
                last_at=datetime.fromisoformat("2026-11-29T05:53:00+00:00"),
                last_state=State.PENDING,
                last_job_id="6cbbb9a9-11e8-4eb7-a5dc-2f3ccc85c58f",
            ),
        )
    },
)
# By the "system" of a truth file.
EXPECTATIONS = {"good_job": _GOOD_JOB}
