"""What Oban for Python does."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.job import Job
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values, row_of

_LATE_S = 61
_AGAIN: Values = {"state": "available", "completed_at": None, "cancelled_at": None, "discarded_at": None}


def _again(job: Job) -> State:
    """A job that has run before tries again, one that has not waits."""
    return State.RETRYING if job.attempts else State.PENDING


_OBAN = Expectation(
    kind="oban",
    stuck_after_s=_LATE_S,
    refusal="what one alone may hold|it waits already for the next free worker",
    deeds=(
        *(Deed(Verb.RETRY, word, _again, _AGAIN) for word in ("failed", "cancelled", "completed")),
        # What snoozed has run, and its attempt was taken back.
        Deed(Verb.RETRY, "delayed", _again, _AGAIN, unless="snoozed"),
        Deed(Verb.RETRY, "retrying", State.RETRYING, _AGAIN),
        *(
            Deed(Verb.CANCEL, word, State.CANCELLED, {"state": "cancelled"})
            for word in ("waiting", "delayed", "retrying", "blocked")
        ),
        *(
            Deed(Verb.DELETE, word, None, {})
            for word in ("waiting", "delayed", "retrying", "blocked", "failed", "completed", "cancelled")
        ),
        Deed(Verb.RELEASE, "stuck", State.RETRYING, {"state": "available"}, _LATE_S),
    ),
    stored=row_of("select row_to_json(job)::text from oban_jobs job where id::text = '{id}'"),
)
# By the "system" of a truth file.
EXPECTATIONS = {"oban": _OBAN}
