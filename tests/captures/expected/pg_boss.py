"""What pg-boss does."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, row_of

# pg-boss lets no run last longer than a day.
_LATE_S = 86_401
_HAS_DEPENDENTS = "other jobs wait for it"
_PG_BOSS = Expectation(
    kind="pg-boss",
    stuck_after_s=_LATE_S,
    refusal="what one alone may hold",
    deeds=(
        Deed(Verb.RETRY, "failed", State.RETRYING, {"state": "retry", "completed_on": None}),
        Deed(Verb.RETRY, "cancelled", State.PENDING, {"state": "created", "completed_on": None}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"state": "created"}),
        Deed(Verb.RETRY, "retrying", State.RETRYING, {"state": "retry"}),
        Deed(Verb.CANCEL, "waiting", State.CANCELLED, {"state": "cancelled"}, unless=_HAS_DEPENDENTS),
        Deed(Verb.CANCEL, "stuck", State.CANCELLED, {"state": "cancelled"}, unless=_HAS_DEPENDENTS),
        Deed(Verb.DELETE, "waiting", None, {}, unless=_HAS_DEPENDENTS),
        Deed(Verb.DELETE, "completed", None, {}, unless=_HAS_DEPENDENTS),
        Deed(Verb.DELETE, "stuck", None, {}, _LATE_S, unless=_HAS_DEPENDENTS),
        Deed(Verb.RELEASE, "stuck", State.RETRYING, {"state": "retry", "completed_on": None}, _LATE_S),
    ),
    stored=row_of("select row_to_json(job)::text from job where id::text = '{id}'"),
    schedules=dict.fromkeys(
        ("pg-boss-postgres", "pg-boss12-postgres"),
        (KeptSchedule("reports", "reports", "reports", "0 3 * * *", payload='{"nightly": 1}'),),
    ),
)
# By the "system" of a truth file.
EXPECTATIONS = {"pg-boss": _PG_BOSS}
