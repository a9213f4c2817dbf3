"""The meanings of the signs and words on the screen."""

from __future__ import annotations

from queuetui.model.measured import Exactness
from queuetui.model.verdict import STUCK_CODES, Code

_NUMBERS = {
    Exactness.EXACT: "the number was counted, all of it",
    Exactness.CAPPED: "10,000+: counting stopped there, so it is that many or more",
    Exactness.ESTIMATED: "~4.1M: worked out from the store's own statistics, not counted",
    Exactness.CACHED: "12k·40s: counted 40 s ago; in words, 12,403 (40 s)",
    Exactness.ABSENT: "- or not known: this store does not keep it, or it could not be read; that is not zero",
}
SIGNS = (
    ("!", "stuck: behind a state of a job, or behind a count; nothing will move it without you. e on a job says why"),
    (
        "▲ 2 alarms",
        "so many queues or workers are over a limit of [alarms]; the gravest stands beside it, the Overview has more",
    ),
    ("*", "marked: an act is about the marked jobs, else about the one under the cursor"),
    ("▲ ▼", "the list is in the order of this column, upward or downward"),
    ("(db)", "the time of the store's own clock, UTC, by which all ages are counted"),
    ("every 2 s", "how often the store is read, and beside it what the last reading took; + and - change it"),
    ("grade A", "a job that was acknowledged survives a power cut; A+: also most failovers to another server"),
    ("grade B", "jobs survive the death of workers; the last moments before a power cut may be lost"),
    ("grade C", "jobs may be lost with the store's server: its settings do not keep them on disk"),
    ("(R0)", "behind a grade: no replica is waited for, so a failover may lose what came last"),
    ("READ-ONLY", "your rights, or the profile's, allow no change here"),
    ("PAUSED", "no worker takes jobs of this queue until somebody resumes it with P"),
    ("FROZEN", "the screen is held still by z; the store is read all the same"),
    ("the mouse", "is your terminal's: select text with it as anywhere; y copies what the screen cuts"),
    ("due", "in the column age: the time at which a job may run has come, and for so long it has waited"),
    *((word.value, meaning) for word, meaning in _NUMBERS.items()),
)
VERDICTS = {
    Code.NOT_DUE: "scheduled for later",
    Code.WAITING: "due; its turn will come",
    Code.QUEUE_PAUSED: "due, but its queue is paused",
    Code.NO_CONSUMER: "due for too long, and no live worker takes jobs of its queue",
    Code.OVERDUE: "due for too long, and nothing that is stored tells why",
    Code.ALL_SLOTS_BUSY: "due, and every worker of its queue is full",
    Code.RULES_UNREADABLE: "the queue's stored limits cannot be read: no worker takes from it",
    Code.LIMIT_REACHED: "due, but as many run as a limit or a rate allows",
    Code.CLAIMS_HELD: "due, but the store gives out no jobs just now",
    Code.NO_TAGGED_WORKER: "due, but no live worker has the tags that it needs",
    Code.NO_HANDLER: "live workers take from its queue, and none has a handler for its type",
    Code.STARVED: "due, and jobs of a higher priority go first all the time",
    Code.CLOCK_SKEW: "a time is in the future by the store's clock: a clock or a time zone is wrong",
    Code.BLOCKED_BY: "held back by another job, or by somebody's lock on its row",
    Code.SLOW: "runs for far longer than its type does nearly always",
    Code.RETRY_STORM: "a queue most of whose runs end in another attempt, many times a minute",
    Code.HEALTHY: "runs, and its worker is alive",
    Code.HUNG: "runs longer than its limit, though its worker is alive",
    Code.ORPHANED: "runs on paper only: its worker is gone and its lease is over",
    Code.OVER_LIMIT: "runs longer than the limit, in a store that cannot tell whether its worker lives",
    Code.CANCEL_REQUESTED: "asked to end; its handler has not looked yet",
    Code.WILL_RETRY: "failed, and runs again by itself",
    Code.ATTEMPTS_USED_UP: "waits, but its attempts are used up: a worker that takes it fails it at once",
    Code.DEADLINE_PAST: "waits, but its retryUntil is past: a worker that takes it fails it at once",
    Code.DEAD_LETTER: "given up after its last attempt; it stays until you retry or delete it",
    Code.POISON_PILL: "given up because workers died while they ran it",
    Code.FINISHED: "completed or cancelled",
    Code.BLOCKED: "waits for another job",
    Code.STALE_WORKER: "a worker that has not been heard of for too long",
    Code.LIVE_WORKER: "a worker that was heard of just now",
    Code.ON_SCHEDULE: "a schedule whose next slot is to come",
    Code.SCHEDULE_PAUSED: "a schedule that somebody paused",
    Code.SCHEDULE_UNKNOWN: "a schedule of another system, which does not store when it is next",
    Code.SCHEDULE_OVERDUE: "a schedule whose slot has passed without a job",
    Code.GAP: "its events do not tell the whole of its way",
    Code.BUSY_BUT_DEAD: "a queue whose workers are all busy while nothing ends",
    Code.BACKLOG_GROWING: "a queue into which more jobs come than its workers end",
    Code.OLDEST_TOO_OLD: "a queue whose oldest due job waits for longer than the alarm's limit",
    Code.DEAD_LETTERS_OVER: "a queue, or all of them, with more dead letters than the alarm's limit",
    Code.DEPTH_OVER: "a queue in which more jobs wait than the alarm's limit",
    Code.ERROR_RATE_OVER: "a queue of whose ended jobs too many failed in the last minutes",
    Code.RETRY_RATE_OVER: "a queue of whose runs too many ended in another attempt",
    Code.AVERAGE_OVER: "a queue whose runs took longer on average than the alarm's limit",
    Code.MEMORY_GROWING: "a worker whose memory has grown for long",
    Code.WRONG_VERSION: "a worker of another version than the others",
    Code.TYPE_SLOWER: "a type half of whose runs take longer than is usual for it",
    Code.USAGE_OVER: "a counter that grows faster than is usual for it",
    Code.UNREACHABLE: "a store that cannot be read",
}


def verdict_meanings() -> list[tuple[str, str]]:
    """Return every word of the column `why` with its meaning; those that make a job stuck say so."""
    return [
        (code.value, f"{meaning} (stuck)" if code in STUCK_CODES else meaning) for code, meaning in VERDICTS.items()
    ]
