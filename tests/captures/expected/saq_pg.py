"""What SAQ does on PostgreSQL."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values, row_of

_LATE_S = 3001
# As if it had never run.
_ANEW: Values = {
    "status": "queued",
    "said": "queued",
    "expire_at": None,
    **dict.fromkeys(("attempts", "started", "error")),
}
_ABORTED: Values = {"status": "aborted", "said": "aborted", "expires": True}
_ASKED: Values = {"status": "aborting", "said": "aborting"}
_SAQ = Expectation(
    kind="saq-pg",
    stuck_after_s=_LATE_S,
    deeds=(
        *(Deed(Verb.RETRY, word, State.PENDING, _ANEW) for word in ("failed", "cancelled", "delayed", "retrying")),
        Deed(Verb.RELEASE, "stuck", State.PENDING, _ANEW, _LATE_S),
        *(Deed(Verb.CANCEL, word, State.CANCELLED, _ABORTED) for word in ("waiting", "delayed", "retrying")),
        Deed(Verb.CANCEL, "stuck", State.PROCESSING, _ASKED),
        *(
            Deed(Verb.DELETE, word, None, {})
            for word in ("waiting", "delayed", "retrying", "failed", "completed", "cancelled")
        ),
    ),
    stored=row_of(
        "select json_build_object('status', status, 'said', message ->> 'status', 'expire_at', expire_at, 'expires', expire_at > 0, "
        "'attempts', message ->> 'attempts', 'started', message ->> 'started', 'error', message ->> 'error')::text "
        "from (select *, convert_from(job, 'utf8')::json as message from saq_jobs where key = '{id}') one"
    ),
    # The truth of what is tried again does not tell the error of its last run.
    unsure={"error": "that of its last run"},
)
# By the "system" of a truth file.
EXPECTATIONS = {"saq-pg": _SAQ}
