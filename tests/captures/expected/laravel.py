"""What Laravel does."""

from __future__ import annotations

from uuid import UUID

from queuetui.model.act import Verb
from queuetui.model.state import State
from tests.backends.captures import query, table_names
from tests.captures.expected.declaration import Deed, Expectation, Values

_OVER_S = 301


def _laravel_job(url: str, job_id: str) -> Values | None:
    """Return what stands of a job of Laravel in the tables of any prefix, by its uuid or by its row."""
    table, _, row = job_id.partition("-")
    for name in table_names(url):
        stands = next((half for half in ("failed_jobs", "jobs") if name.endswith(half)), None)
        rows = {"jobs": "job", "failed_jobs": "failed"}.get(stands or "")
        if rows is None:
            continue
        at = f"id = {row}" if rows == table else f"payload like '%{job_id}%'"
        counted = "null, null" if rows == "failed" else "attempts, reserved_at"
        for attempts, reserved_at in query(url, f"select {counted} from {name} where {at}"):
            return {"table": stands, "attempts": attempts, "reserved_at": reserved_at}
    return None


def _laravel_id(name: str, true: Values) -> str:
    """Laravel before 5.8 gives its jobs no uuid: they are named by their rows."""
    try:
        return str(UUID(name))
    except ValueError:
        half = "failed" if str(true.get("table", "")).endswith("failed_jobs") else "job"
        return f"{half}-{true['row_id']}" if "row_id" in true else name


_AGAIN: Values = {"table": "jobs", "attempts": 0, "reserved_at": None}
_LARAVEL = Expectation(
    kind="laravel",
    stuck_after_s=_OVER_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, _AGAIN, unless="cannot be retried here"),
        Deed(Verb.RETRY, "delayed", State.PENDING, _AGAIN),
        Deed(Verb.RETRY, "retrying", State.PENDING, _AGAIN),
        Deed(
            Verb.RELEASE,
            "stuck",
            lambda job: State.RETRYING if (job.attempts or 0) > 1 else State.PENDING,
            {"table": "jobs", "reserved_at": None},
            _OVER_S,
        ),
        *(
            Deed(verb, word, None, {}, _OVER_S if word == "stuck" else 1)
            for verb in (Verb.CANCEL, Verb.DELETE)
            for word in ("waiting", "delayed", "retrying", "stuck")
        ),
        Deed(Verb.DELETE, "failed", None, {}),
    ),
    stored=_laravel_job,
    unsure={"attempts": "attempts are what"},
    guessed=frozenset({"attempts"}),
    shown_by=_laravel_id,
)
# By the "system" of a truth file.
EXPECTATIONS = {"laravel-database": _LARAVEL}
