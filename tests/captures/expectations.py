"""What each system does with its jobs that a truth file does not say: declared here, once a system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from queuetui.model.act import Verb
from queuetui.model.state import State


@dataclass(frozen=True)
class Deed:
    """A verb, the word of the truth whose jobs it is done to, and the state they are in afterwards (None: gone).

    `columns` are what the row then holds, by the system's own format; `after_s` is when it is done, counted from the capture.
    """

    verb: Verb
    word: str
    state: State | None
    columns: Mapping[str, object]
    after_s: float = 1


@dataclass(frozen=True)
class Expectation:
    """`stuck_after_s`: when the truth's stuck jobs are stuck, counted from the capture; `row` reads a job's row as JSON by its id."""

    kind: str
    stuck_after_s: float
    deeds: tuple[Deed, ...]
    row: str


_LATE_S = 3001
_PG_BOSS = Expectation(
    kind="pg-boss",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.RETRYING, {"state": "retry", "completed_on": None}),
        Deed(Verb.RETRY, "cancelled", State.PENDING, {"state": "created", "completed_on": None}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"state": "created"}),
        Deed(Verb.RETRY, "retrying", State.RETRYING, {"state": "retry"}),
        Deed(Verb.CANCEL, "waiting", State.CANCELLED, {"state": "cancelled"}),
        Deed(Verb.CANCEL, "stuck", State.CANCELLED, {"state": "cancelled"}),
        Deed(Verb.DELETE, "waiting", None, {}),
        Deed(Verb.DELETE, "completed", None, {}),
        Deed(Verb.DELETE, "stuck", None, {}, _LATE_S),
        Deed(Verb.RELEASE, "stuck", State.RETRYING, {"state": "retry", "completed_on": None}, _LATE_S),
    ),
    row="select row_to_json(job)::text from pgboss.job where id::text = '{id}'",
)
# By the "system" of a truth file.
EXPECTATIONS = {"pg-boss": _PG_BOSS}
