"""What django-tasks-db does."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.state import State
from tests.backends.captures import query
from tests.captures.expected.declaration import Deed, Expectation, Values

_LATE_S = 3001
_FIELDS = ("status", "started_at", "finished_at", "exception_class_path", "traceback", "worker_ids")
_READY: Values = {
    "status": "READY",
    "started_at": None,
    "finished_at": None,
    "exception_class_path": "",
    "traceback": "",
}


def _task(url: str, job_id: str) -> Values | None:
    """Return what is stored of a task; a uuid is compared by its digits, as no store but PostgreSQL has it with dashes."""
    is_postgresql = url.startswith("postgres")
    digits = "replace(id::text, '-', '')" if is_postgresql else "replace(id, '-', '')"
    ids = "worker_ids::text" if is_postgresql else "worker_ids"
    chosen = ", ".join((*_FIELDS[:-1], ids))
    rows = query(
        url, f"select {chosen} from django_tasks_database_dbtaskresult where {digits} = '{job_id.replace('-', '')}'"
    )
    return dict(zip(_FIELDS, rows[0], strict=True)) if rows else None


_DJANGO_TASKS = Expectation(
    kind="django-tasks-db",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {**_READY, "worker_ids": "[]"}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"status": "READY", "worker_ids": "[]"}),
        Deed(Verb.RELEASE, "stuck", State.PENDING, _READY, _LATE_S),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("waiting", "delayed", "completed", "failed")),
    ),
    stored=_task,
)
# By the "system" of a truth file.
EXPECTATIONS = {"django-tasks-db": _DJANGO_TASKS}
