"""Verdicts on jobs, queues and workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How much it matters, worst last."""

    OK = 0
    INFO = 1
    WARNING = 2
    CRITICAL = 3


class Code(StrEnum):
    """The name of a verdict; those in STUCK_CODES make a job stuck."""

    NOT_DUE = "not_due"
    WAITING = "waiting"
    QUEUE_PAUSED = "queue_paused"
    NO_CONSUMER = "no_consumer"
    OVERDUE = "overdue"
    ALL_SLOTS_BUSY = "all_slots_busy"
    LIMIT_REACHED = "limit_reached"
    RULES_UNREADABLE = "rules_unreadable"
    CLAIMS_HELD = "claims_held"
    NO_TAGGED_WORKER = "no_tagged_worker"
    NO_HANDLER = "no_handler"
    STARVED = "starved"
    CLOCK_SKEW = "clock_skew"
    BLOCKED_BY = "blocked_by"
    HEALTHY = "healthy"
    SLOW = "slow"
    HUNG = "hung"
    ORPHANED = "orphaned"
    OVER_LIMIT = "over_limit"
    CANCEL_REQUESTED = "cancel_requested"
    WILL_RETRY = "will_retry"
    ATTEMPTS_USED_UP = "attempts_used_up"
    DEADLINE_PAST = "deadline_past"
    DEAD_LETTER = "dead_letter"
    POISON_PILL = "poison_pill"
    FINISHED = "finished"
    BLOCKED = "blocked"
    STALE_WORKER = "stale"
    LIVE_WORKER = "live"
    ON_SCHEDULE = "on_schedule"
    SCHEDULE_PAUSED = "schedule_paused"
    SCHEDULE_OVERDUE = "schedule_overdue"
    SCHEDULE_UNKNOWN = "schedule_unknown"
    GAP = "gap"
    BUSY_BUT_DEAD = "busy_but_dead"
    BACKLOG_GROWING = "backlog_growing"
    OLDEST_TOO_OLD = "oldest_too_old"
    DEAD_LETTERS_OVER = "dead_letters_over"
    DEPTH_OVER = "depth_over"
    ERROR_RATE_OVER = "error_rate_over"
    RETRY_STORM = "retry_storm"
    RETRY_RATE_OVER = "retry_rate_over"
    AVERAGE_OVER = "average_over"
    MEMORY_GROWING = "memory_growing"
    WRONG_VERSION = "wrong_version"
    TYPE_SLOWER = "type_slower"
    USAGE_OVER = "usage_over"
    UNREACHABLE = "unreachable"


STUCK_CODES = frozenset(
    {Code.NO_CONSUMER, Code.OVERDUE, Code.HUNG, Code.ORPHANED, Code.OVER_LIMIT, Code.ATTEMPTS_USED_UP}
)

# The key of the evidence that tells where the limit comes from.
LEARNED = "judged_by"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement with its evidence and the next step.

    `summary` and `next` are our own words: no text of a queue is ever put into them unless it was made safe first.
    `evidence` holds values read: numbers, times as RFC 3339 text, names made safe.
    """

    code: Code
    severity: Severity
    summary: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    next: str = ""

    @property
    def confidence(self) -> str:
        """The basis of the verdict: a learned limit, a limit of the settings, or a value of the store."""
        if LEARNED in self.evidence:
            return str(self.evidence[LEARNED])
        is_by_limit = any(key.removesuffix("_s").endswith("limit") for key in self.evidence)
        return "a limit of the settings" if is_by_limit else "what the store tells"

    @property
    def stuck(self) -> bool:
        """Whether this verdict makes a job stuck."""
        return self.code in STUCK_CODES
