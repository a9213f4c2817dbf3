"""What the applications with tables of their own do."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, row_of

_OVER_S = 301
_CANCELLED = "cancelled by an operator"
_PHALCON = Expectation(
    kind="mapped:phalcon",
    stuck_after_s=_OVER_S,
    deeds=(
        Deed(
            Verb.RETRY,
            "failed",
            State.PENDING,
            {"status": "pending", "attempts": 0, "error": None, "started": None, "completed": None, "scheduled": None},
        ),
        Deed(Verb.RETRY, "retrying", State.PENDING, {"status": "pending", "error": None, "scheduled": None}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"status": "pending", "scheduled": None}),
        Deed(Verb.CANCEL, "waiting", State.FAILED, {"status": "failed", "error": _CANCELLED}),
        Deed(Verb.CANCEL, "delayed", State.FAILED, {"status": "failed", "error": _CANCELLED}),
        Deed(Verb.RELEASE, "stuck", State.PENDING, {"status": "pending", "attempts": 1, "started": None}, _OVER_S),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("waiting", "delayed", "retrying", "completed", "failed")),
    ),
    stored=row_of(
        "select json_object('status', status, 'attempts', attempts, 'error', error_message, 'started', started_at, "
        "'completed', completed_at, 'scheduled', scheduled_at) from jobs where id = '{id}'"
    ),
)
_PRISMA = Expectation(
    kind="mapped:prisma",
    stuck_after_s=_OVER_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {"status": "PENDING", "attempts": 0, "startedAt": None}),
        Deed(Verb.RETRY, "retrying", State.PENDING, {"status": "PENDING", "attempts": 0}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"status": "PENDING", "attempts": 0}),
        *(
            Deed(Verb.CANCEL, word, State.FAILED, {"status": "DEAD_LETTER", "lastError": _CANCELLED})
            for word in ("waiting", "delayed", "retrying")
        ),
        Deed(Verb.RELEASE, "stuck", State.RETRYING, {"status": "PENDING", "attempts": 2}, _OVER_S),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("waiting", "delayed", "retrying", "completed", "failed")),
    ),
    stored=row_of("""select row_to_json(one)::text from "JobQueue" one where id = '{id}'"""),
)
# Its jobs are its workers' affair: no verb is declared for them.
_RUST = Expectation(
    kind="mapped:rust-platform",
    stuck_after_s=_OVER_S,
    deeds=(),
    stored=row_of("select row_to_json(jobs)::text from jobs where id = '{id}'"),
)
# By the "system" of a truth file.
EXPECTATIONS = {"plain-phalcon": _PHALCON, "plain-prisma": _PRISMA, "plain-rust": _RUST}
