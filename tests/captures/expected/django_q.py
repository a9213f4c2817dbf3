"""What django-q2 does."""

from __future__ import annotations

import json
from datetime import datetime

from queuetui.backends.payloads.decoder import Caps
from queuetui.backends.payloads.django_signed import open_signed
from queuetui.backends.payloads.pickle_reader import read_pickle
from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State
from tests.backends.captures import query
from tests.captures.expected.declaration import Deed, Expectation, Values

# The cluster of the captures holds what it takes for an hour.
_LATE_S = 3601


def _task(url: str, job_id: str) -> Values | None:
    """Return where a task stands."""
    if query(url, f"select 1 from django_q_task where id = '{job_id}'"):
        return {"stands": "task"}
    packages = (payload for (payload,) in query(url, "select payload from django_q_ormq"))
    ids = [json.loads(read_pickle(open_signed(payload, Caps()), Caps()))["id"] for payload in packages]
    return {"stands": "queue"} if job_id in ids else None


_at = datetime.fromisoformat
_DJANGO_Q = Expectation(
    kind="django-q2",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RELEASE, "stuck", State.PENDING, {"stands": "queue"}, _LATE_S),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("waiting", "completed", "failed")),
        Deed(Verb.DELETE, "stuck", None, {}, _LATE_S),
    ),
    stored=_task,
    one_queue=True,
    schedules=dict.fromkeys(
        ("django-postgres", "django-sqlite"),
        (
            KeptSchedule(
                "2",
                "app.add",
                None,
                "every 5 minutes",
                payload="1, 2, x=1",
                next_at=_at("2026-11-22T04:00:00+00:00"),
            ),
            KeptSchedule(
                "nightly",
                "app.add",
                "reports",
                "0 5 * * *",
                payload="(7,)",
                next_at=_at("2026-11-22T05:00:00+00:00"),
            ),
            KeptSchedule(
                "once",
                "app.once",
                None,
                "once",
                next_at=_at("2026-11-21T05:00:00+00:00"),
                paused=True,
            ),
        ),
    ),
    scheduling="insert into django_q_schedule (id, func, schedule_type, repeats, next_run, task, name, minutes, cron, cluster, "
    "kwargs, args) values "
    "(1, 'app.add', 'C', -1, '2026-11-22 05:00:00+00', null, 'nightly', null, '0 5 * * *', 'reports', '{}', '(7,)'), "
    "(2, 'app.add', 'I', -1, '2026-11-22 04:00:00+00', null, null, 5, null, null, 'x=1', '1, 2'), "
    "(3, 'app.once', 'O', 0, '2026-11-21 05:00:00+00', null, 'once', null, null, null, null, null)",
)
# By the "system" of a truth file.
EXPECTATIONS = {"django-q2-orm": _DJANGO_Q}
