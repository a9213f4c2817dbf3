"""A parsed filter of the filter language.

state:failed queue:mail,high type:Send* age>1h attempts>=3 payload.user.id:42 error~"timed out" is:stuck -queue:slow word sort:-created
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from queuetui.model.pattern import Pattern

Value = str | float | datetime | Pattern


class Comparison(StrEnum):
    """The comparison of a field.

    IS takes any of several values, which may be patterns, HAS is "contains" in any letter case.
    """

    IS = ":"
    HAS = "~"
    OVER = ">"
    AT_LEAST = ">="
    UNDER = "<"
    AT_MOST = "<="


NAME_FIELDS = ("id", "state", "queue", "type", "name", "worker", "key", "correlation_id", "tag", "fingerprint")
TEXT_FIELDS = ("error", "data", "payload")
NUMBER_FIELDS = ("priority", "attempts", "max_attempts", "lost")
SPAN_FIELDS = ("age", "running", "waiting")
TIME_FIELDS = ("created", "scheduled", "started", "completed", "updated")
ALIASES = {
    "correlation": "correlation_id",
    "due": "scheduled",
    "idempotency_key": "key",
    "tags": "tag",
    "status": "state",
}
STATE_ALIASES = {"dead_letter": "failed", "dead": "failed"}
FLAGS = ("stuck", "live", "final", "waiting", "cancelling")
FIELDS = (*NAME_FIELDS, *TEXT_FIELDS, *NUMBER_FIELDS, *SPAN_FIELDS, *TIME_FIELDS, "is", "sort")
SORTS = ("created", "scheduled", "started", "completed", "updated", "priority", "attempts", "type", "queue", "state")
WORD = "word"


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a filter.

    `field` is one of FIELDS or WORD, `path` the keys below `payload`, `position` where it stands in the text.
    Values are checked: states and flags exist, numbers and spans (in seconds) are floats, times are aware datetimes, a name with
    wildcards outside quotes is a Pattern, the rest is text and taken literally.
    """

    field: str
    comparison: Comparison
    values: tuple[Value, ...]
    negated: bool = False
    path: tuple[str, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of a page; ties are broken by id."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A filter: all terms must hold; `sort` None is the backend's own order; `text` is what was written."""

    terms: tuple[Term, ...] = ()
    sort: Sort | None = None
    text: str = ""

    def only_values(self, field: str) -> tuple[str | Pattern, ...] | None:
        """Return the values that un-negated IS terms on `field` allow, None where no term limits it."""
        found: set[str | Pattern] | None = None
        for term in self.terms:
            if term.field == field and term.comparison is Comparison.IS and not term.negated:
                values = {value if isinstance(value, Pattern) else str(value) for value in term.values}
                found = values if found is None else found & values
        return None if found is None else tuple(sorted(found, key=str))

    def with_terms(self, *terms: Term) -> Query:
        """Return this filter with more conditions."""
        return replace(self, terms=(*self.terms, *terms))
