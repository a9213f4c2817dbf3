"""What graphile-worker does."""

from __future__ import annotations

from datetime import datetime

from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, row_of

_LATE_S = 14_401
_FREE = {"locked_at": None, "locked_by": None}
_GRAPHILE_WORKER = Expectation(
    kind="graphile-worker",
    stuck_after_s=_LATE_S,
    by_functions=True,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {"attempts": 0, **_FREE}, or_blocked=True),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"attempts": 0, **_FREE}, or_blocked=True),
        Deed(Verb.RETRY, "retrying", State.RETRYING, _FREE, or_blocked=True),
        *(
            Deed(Verb.CANCEL, word, State.FAILED, {"last_error": "cancelled with queuetui", **_FREE})
            for word in ("waiting", "delayed", "retrying", "blocked")
        ),
        Deed(
            Verb.RELEASE,
            "stuck",
            lambda job: State.FAILED if job.is_used_up else State.RETRYING,
            {**_FREE, "queue_locked_by": None},
            _LATE_S,
        ),
        *(
            Deed(Verb.DELETE, word, None, {}, _LATE_S if word == "stuck" else 1)
            for word in ("waiting", "delayed", "retrying", "blocked", "failed", "stuck")
        ),
    ),
    stored=row_of(
        "select (to_jsonb(one) || jsonb_build_object('queue_locked_by', queue.locked_by))::text "
        "from _private_jobs one left join _private_job_queues queue "
        "on queue.id = one.job_queue_id where one.id = {id}"
    ),
    schedules={
        "graphile-worker-postgres": (
            KeptSchedule("nightly", "nightly", last_at=datetime.fromisoformat("2026-11-22T03:00:00+00:00")),
            KeptSchedule("ünused", "ünused"),
        )
    },
    scheduling="insert into _private_known_crontabs values "
    "('nightly', '2026-11-20 00:00+00', '2026-11-22 03:00+00'), "
    "('ünused', '2026-11-20 00:00+00', null)",
)
# By the "system" of a truth file.
EXPECTATIONS = {"graphile-worker": _GRAPHILE_WORKER}
