"""The claim rules that a person sets for one queue.

Limits of the queue and of its types, and ageing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from queuetui.model.clock import from_us, to_text, to_us
from queuetui.model.duration import parse_duration_s
from queuetui.model.errors import BadConfig

MOST_LIMITS = 100
_HOW_TO_MEND = "install that version here, or clear them: queuetui queues limit QUEUE --clear"
_MOST_NUMBER = 2**62
MOST_AT_ONCE = 1_000_000
# A rate is counted in slots of this share of its period; a slot's starts count until the whole of it is a period ago.
SLOTS_A_PERIOD = 60
SHORTEST_PERIOD_S = 0.1
LONGEST_PERIOD_S = 31 * 86_400.0
SHORTEST_AGEING_S = 0.001


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` jobs begin in any `period_s`; all of them may begin at once."""

    count: int
    period_us: int

    @property
    def slot_us(self) -> int:
        """The length of a slot of the rate's period, in which starts are counted together."""
        return self.period_us // SLOTS_A_PERIOD

    def describe(self) -> str:
        """Return the rate as people write it."""
        for unit, unit_us in (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000)):
            if self.period_us % unit_us == 0:
                return f"{self.count}/{self.period_us // unit_us}{unit}"
        return f"{self.count}/{self.period_us / 1e6:g}s"


# More digits than a valid rate has; Python refuses numbers of thousands of digits.
_MOST_DIGITS = 40


def parse_rate(text: str) -> Rate:
    """Return the rate that is written as COUNT/DURATION, like 10/1m; raises ValueError."""
    count, slash, period = text.strip().partition("/")
    is_count = slash and count.strip().isdecimal() and len(count) < _MOST_DIGITS
    if not is_count or not 1 <= int(count) <= MOST_AT_ONCE:
        message = f"{text[:40]!r} is not a rate; write how many in how long, like 10/1m, 100/1h or 5/s"
        raise ValueError(message)
    written = period.strip()
    period_s = parse_duration_s(written if written[:1].isdecimal() else f"1{written}")
    if not SHORTEST_PERIOD_S <= period_s <= LONGEST_PERIOD_S:
        message = f"the period of {text[:40]!r} is not between 0.1 s and 31 days"
        raise ValueError(message)
    return Rate(int(count), round(period_s * 1e6))


@dataclass(frozen=True, slots=True)
class ClaimLimit:
    """A bound on the jobs of a queue, or of one type within it.

    It bounds how many are processed at once, and how many begin in a period.
    """

    type: str | None = None
    concurrency: int | None = None
    rate: Rate | None = None
    set_by: str = ""
    set_at: datetime | None = None

    @property
    def binds(self) -> bool:
        """Whether the limit bounds anything."""
        return self.concurrency is not None or self.rate is not None

    def describe(self) -> str:
        """Return the limit in a word or two, without its type."""
        at_once = [] if self.concurrency is None else [f"{self.concurrency} at once"]
        return ", ".join(at_once + ([] if self.rate is None else [self.rate.describe()]))


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """All rules of one queue.

    `ageing_s` is what a job waits for each 1 that its priority grows by.
    """

    limits: tuple[ClaimLimit, ...] = ()
    ageing_s: float | None = None
    ageing_by: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there are no rules."""
        return not self.limits and self.ageing_s is None

    @property
    def bounds_concurrency(self) -> bool:
        """Whether a limit bounds how many jobs are processed at once."""
        return any(limit.concurrency is not None for limit in self.limits)

    def may_rest(self, span_s: float) -> bool:
        """Tell whether a rate may let no job begin for a span."""
        rates = [limit.rate for limit in self.limits if limit.rate is not None]
        return any(rate.period_us > span_s * 1e6 for rate in rates)

    def to_text(self) -> str:
        """Return the JSON that stores hold."""
        told: dict[str, Any] = {"limits": [_limit_to_json(limit) for limit in self.limits]}
        if self.ageing_s is not None:
            told |= {"ageing_us": round(self.ageing_s * 1e6), "ageing_by": self.ageing_by}
        return json.dumps(told, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str | None) -> ClaimRules:
        """Return the rules of a stored text; raises BadConfig for a text that `to_text` did not write."""
        if not text:
            return cls()
        try:
            told = json.loads(text)
            ageing_us = told.get("ageing_us")
            ageing_s = None if ageing_us is None else _whole(ageing_us, 1) / 1e6
            return cls(tuple(map(_limit_from_json, told.get("limits") or ())), ageing_s, str(told.get("ageing_by", "")))
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
            why = f"the stored rules cannot be read ({type(error).__name__})"
            message = f"{why}: another program or a newer queuetui wrote them; {_HOW_TO_MEND}"
            raise BadConfig(message, "rules") from None


def may_rest(text: str | None, span_s: float) -> bool:
    """Tell whether stored rules may let no job begin for a span.

    Rules that cannot be read do not count.
    """
    try:
        return ClaimRules.from_text(text).may_rest(span_s)
    except BadConfig:
        return False


@dataclass(frozen=True, slots=True)
class RulesInUse:
    """The rules of one queue and what is in use of them, by type; the queue's own figures stand under ''.

    `running` counts the jobs processed (whatever leases they have), `begun` those that a rate counts, `opens_at` tells when one that
    is spent leaves more. `problem` tells why the rules cannot be read: a worker then takes nothing from the queue.
    """

    queue: str
    rules: ClaimRules
    running: Mapping[str, int] = field(default_factory=dict)
    begun: Mapping[str, int] = field(default_factory=dict)
    opens_at: Mapping[str, datetime] = field(default_factory=dict)
    problem: str = ""

    def is_reached(self, limit: ClaimLimit) -> bool:
        """Tell whether a limit admits no more jobs."""
        name = limit.type or ""
        full = limit.concurrency is not None and self.running.get(name, 0) >= limit.concurrency
        return full or name in self.opens_at

    def describe(self) -> list[dict[str, Any]]:
        """Return, for programs, each limit with its current use."""
        return [
            {
                "type": limit.type,
                "concurrency": limit.concurrency,
                "processing": None if limit.concurrency is None else self.running.get(limit.type or "", 0),
                "rate": None if limit.rate is None else limit.rate.describe(),
                "begun": None if limit.rate is None else self.begun.get(limit.type or "", 0),
                "set_by": limit.set_by,
                "set_at": None if limit.set_at is None else to_text(limit.set_at),
            }
            for limit in self.rules.limits
        ]


@dataclass(frozen=True, slots=True)
class RulesEdit:
    """An edit of rules: the given parts replace those of the queue, or of its type.

    `clear` removes the old rules first.
    With a type only that type's limit is touched, and `clear` without one takes away everything.
    """

    type: str | None = None
    concurrency: int | None = None
    rate: Rate | None = None
    ageing_s: float | None = None
    clear: bool = False

    def __post_init__(self) -> None:
        if self.concurrency is not None and not 1 <= self.concurrency <= MOST_AT_ONCE:
            message = (
                f"concurrency is {self.concurrency}; it is between 1 and {MOST_AT_ONCE} (to stop a queue, pause it)"
            )
            raise ValueError(message)
        if self.ageing_s is not None and self.ageing_s < SHORTEST_AGEING_S:
            message = "ageing is less than a millisecond; it is how long a job waits for each 1 its priority grows by"
            raise ValueError(message)
        if self.type is not None and self.ageing_s is not None:
            raise ValueError("ageing is of a whole queue; leave the type out")
        if not self.clear and self.concurrency is None and self.rate is None and self.ageing_s is None:
            raise ValueError("nothing to lay down; name a concurrency, a rate or an ageing, or clear")

    def describe(self) -> dict[str, str]:
        """Return the edit as an act's arguments."""
        told = {
            "type": self.type,
            "concurrency": None if self.concurrency is None else str(self.concurrency),
            "rate": None if self.rate is None else self.rate.describe(),
            "ageing_s": None if self.ageing_s is None else f"{self.ageing_s:g}",
            "clear": "yes" if self.clear else None,
        }
        return {name: text for name, text in told.items() if text is not None}


def edit_rules(rules: ClaimRules, edit: RulesEdit, actor: str, now: datetime) -> ClaimRules:
    """Return the rules after an edit; raises ValueError for more limits than a claim may look at."""
    known = rules
    if edit.clear:
        kept = tuple(limit for limit in known.limits if edit.type is not None and limit.type != edit.type)
        known = ClaimRules() if edit.type is None else replace(known, limits=kept)
    if edit.ageing_s is not None:
        known = replace(known, ageing_s=edit.ageing_s, ageing_by=actor)
    if edit.concurrency is None and edit.rate is None:
        return known
    before = next((limit for limit in known.limits if limit.type == edit.type), ClaimLimit(edit.type))
    concurrency = before.concurrency if edit.concurrency is None else edit.concurrency
    after = ClaimLimit(edit.type, concurrency, edit.rate or before.rate, actor, now)
    limits = (*(limit for limit in known.limits if limit.type != edit.type), after)
    if len(limits) > MOST_LIMITS:
        message = (
            f"a queue has at most {MOST_LIMITS} limits; put types with limits of their own into queues of their own"
        )
        raise ValueError(message)
    return replace(known, limits=tuple(sorted(limits, key=lambda limit: (limit.type is not None, limit.type or ""))))


def _limit_to_json(limit: ClaimLimit) -> dict[str, Any]:
    told: dict[str, Any] = {"by": limit.set_by}
    if limit.type is not None:
        told["type"] = limit.type
    if limit.concurrency is not None:
        told["concurrency"] = limit.concurrency
    if limit.rate is not None:
        told |= {"count": limit.rate.count, "period_us": limit.rate.period_us}
    if limit.set_at is not None:
        told["at"] = to_us(limit.set_at)
    return told


def _limit_from_json(told: Mapping[str, Any]) -> ClaimLimit:
    rate = Rate(_whole(told["count"]), _whole(told["period_us"], SLOTS_A_PERIOD)) if "count" in told else None
    set_at = from_us(_whole(told["at"])) if "at" in told else None
    concurrency = _whole(told["concurrency"]) if "concurrency" in told else None
    job_type = None if told.get("type") is None else str(told["type"])
    return ClaimLimit(job_type, concurrency, rate, str(told.get("by", "")), set_at)


def _whole(value: object, least: int = 0) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST_NUMBER:
        raise TypeError
    return value
