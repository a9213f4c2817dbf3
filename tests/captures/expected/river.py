"""What River does, by its source."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.job import Job
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values, row_of

_LATE_S = 3661
_FREE: Values = {"state": "available", "finalized_at": None, "has_attempts": True}
_CANCELLED: Values = {"state": "cancelled", "is_final": True, "is_asked": True}
_ASKED: Values = {"state": "running", "is_final": False, "is_asked": True}


def _again(job: Job) -> State:
    return State.RETRYING if job.attempts else State.PENDING


_RIVER = Expectation(
    kind="river",
    stuck_after_s=_LATE_S,
    refusal="what one alone may hold",
    deeds=(
        *(Deed(Verb.RETRY, word, _again, _FREE) for word in ("failed", "cancelled", "completed", "delayed")),
        Deed(Verb.RETRY, "retrying", _again, _FREE, unless="next free worker"),
        *(
            Deed(Verb.CANCEL, word, State.CANCELLED, _CANCELLED)
            for word in ("waiting", "delayed", "retrying", "blocked")
        ),
        *(Deed(Verb.CANCEL, word, State.PROCESSING, _ASKED) for word in ("running", "stuck")),
        Deed(Verb.RELEASE, "stuck", _again, {**_FREE, "last": "released by queuetui: its worker was taken for dead"}),
        *(
            Deed(Verb.DELETE, word, None, {})
            for word in ("waiting", "delayed", "retrying", "blocked", "failed", "completed", "cancelled")
        ),
    ),
    stored=row_of(
        "select (to_jsonb(one) || jsonb_build_object('is_final', finalized_at is not null, 'has_attempts', attempt < max_attempts, "
        "'is_asked', metadata ? 'cancel_attempted_at', 'last', to_jsonb(errors) -> -1 ->> 'error'))::text "
        "from river_job one where id = {id}"
    ),
)
# By the "system" of a truth file.
EXPECTATIONS = {"river": _RIVER}
