"""What Procrastinate does."""

from __future__ import annotations

from datetime import datetime

from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, row_of
from tests.captures.lent_functions import lend_procrastinate

_LATE_S = 31
_at = datetime.fromisoformat
_PROCRASTINATE = Expectation(
    kind="procrastinate",
    lend=lend_procrastinate,
    stuck_after_s=_LATE_S,
    refusal="with the same queueing lock",
    deeds=(
        Deed(Verb.RETRY, "failed", State.RETRYING, {"status": "todo", "abort_requested": False}, or_blocked=True),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"status": "todo", "attempts": 0}, or_blocked=True),
        Deed(Verb.RETRY, "retrying", State.RETRYING, {"status": "todo"}, or_blocked=True),
        *(
            Deed(Verb.CANCEL, word, State.CANCELLED, {"status": "cancelled", "abort_requested": False})
            for word in ("waiting", "delayed", "retrying", "blocked")
        ),
        Deed(Verb.CANCEL, "stuck", State.PROCESSING, {"status": "doing", "abort_requested": True}),
        Deed(Verb.RELEASE, "stuck", State.RETRYING, {"status": "todo"}, _LATE_S, or_blocked=True),
        *(
            Deed(Verb.DELETE, word, None, {})
            for word in ("waiting", "delayed", "retrying", "blocked", "completed", "failed", "cancelled", "aborted")
        ),
        Deed(Verb.DELETE, "stuck", None, {}, _LATE_S),
    ),
    stored=row_of("select row_to_json(one)::text from procrastinate_jobs one where id = {id}"),
    schedules={
        "procrastinate-postgres": (
            KeptSchedule(
                "app.clean",
                "app.clean",
                last_at=_at("2026-11-22T04:00:00+00:00"),
                last_job_id="3",
                last_state=State.FAILED,
            ),
            KeptSchedule("app.clean/eu %", "app.clean", last_at=_at("2026-11-22T04:01:00+00:00")),
        )
    },
    scheduling="insert into procrastinate_periodic_defers (id, task_name, periodic_id, defer_timestamp, job_id) values "
    "(1, 'app.clean', '', 1795320000, 3), "
    "(2, 'app.clean', 'eu %', 1795320060, null)",
)
# By the "system" of a truth file.
EXPECTATIONS = {"procrastinate": _PROCRASTINATE}
