"""What Celery's results do in a database of their own, without a broker beside them."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from tests.captures.expected.declaration import Deed, Expectation, row_of

# The limit of a profile alone tells that a run is over.
_LATE_S = 3001
_at = datetime.fromisoformat
_beat = partial(KeptSchedule, told_within_s=185.0)
_SCHEDULES = (
    _beat("celery.backend_cleanup", "celery.backend_cleanup", None, "0 4 * * *", "Europe/Berlin", next_at=_at("2026-11-30T03:00:00+00:00")),
    _beat("dusk", "shop.add", None, "sunset at 52.5, 13.4", payload='{"args": [1], "kwargs": {}}'),
    _beat("every ten", "shop.add", "celery", "every 10 seconds", payload='{"args": [1], "kwargs": {"b": 3}}',
          next_at=_at("2026-11-30T02:45:39.417971+00:00"), last_at=_at("2026-11-30T02:45:29.417971+00:00")),
    _beat("nightly", "shop.fail", None, "30 4 * * *", "Europe/Berlin", '{"args": [4], "kwargs": {}}', _at("2026-11-30T03:30:00+00:00")),
    _beat("odd days", "shop.fail", None, "*/7 * 1-7 * mon-fri (where both days meet)"),
    _beat("off", "shop.add", None, "every 10 seconds", paused=True),
    _beat("once", "shop.add", None, "once", payload='{"args": [1], "kwargs": {}}', next_at=_at("2026-12-03T02:40:57.138283+00:00")),
    _beat("starts later", "shop.add", None, "every 10 seconds", next_at=_at("2026-11-30T07:40:57.294883+00:00")),
)  # fmt: skip
_CELERY_SQL = Expectation(
    kind="celery-sql",
    stuck_after_s=_LATE_S,
    deeds=tuple(Deed(Verb.DELETE, word, None, {}) for word in ("completed", "failed", "cancelled")),
    stored=row_of(
        "select to_json(one)::text from (select status from django_celery_results_taskresult where task_id = '{id}') one"
    ),
    schedules={"celery-django-postgres": _SCHEDULES},
)
# By the "system" of a truth file.
EXPECTATIONS = {"celery-sql": _CELERY_SQL}
