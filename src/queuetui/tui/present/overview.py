"""The overview's figures: five cards, the last hour, and the latest dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from queuetui.model.counted import counted, short_number
from queuetui.model.job import Job
from queuetui.model.measured import Measured, absent, old_s
from queuetui.model.picture import Picture
from queuetui.model.rates import RATE_MINUTES, recent_in_all
from queuetui.model.snapshot import Snapshot
from queuetui.model.state import State
from queuetui.model.text import sanitize
from queuetui.model.verdict import Code
from queuetui.monitor.diagnosis.words import span
from queuetui.monitor.rates import completed_series
from queuetui.tui.present.ages import age_text
from queuetui.tui.present.frame import short_count
from queuetui.tui.present.identity import short_id, short_type
from queuetui.tui.present.job_rows import age_of, attempts_text, message_text
from queuetui.tui.present.lines import TextLine, line_of, say, wrap
from queuetui.tui.present.numbers import age_mark
from queuetui.tui.present.queue_rows import waited_s
from queuetui.tui.present.spark import spark_text
from queuetui.tui.present.tones import Tone

HOUR_MINUTES = 60
_LATE_CODES = frozenset({Code.OLDEST_TOO_OLD, Code.NO_CONSUMER, Code.OVERDUE})
_NOT_KEPT = "this store keeps no tally"


@dataclass(frozen=True, slots=True)
class Card:
    """One figure with its name and tone."""

    name: str
    title: str
    value: str
    tone: Tone


def make_cards(snapshot: Snapshot, *, keeps_tally: bool) -> tuple[Card, ...]:
    """Return the five cards, in the order of the screen."""
    stuck, failed = snapshot.stuck, _count(snapshot, State.FAILED)
    pending, running = _count(snapshot, State.PENDING), _count(snapshot, State.PROCESSING)

    def titled(title: str, count: Measured[int]) -> str:
        age_s = old_s(count, snapshot.now)
        return title if age_s is None else f"{title} {age_mark(age_s)}"

    rate = f"{recent_in_all(snapshot.tally, snapshot.now).done_per_minute:.1f}" if keeps_tally else "-"
    return (
        Card("pending", titled("pending", pending), _waiting(snapshot), Tone.PENDING),
        Card("processing", titled("processing", running), short_count(running), Tone.PROCESSING),
        Card("failed", titled("failed", failed), short_count(failed), Tone.FAILED if failed.value else Tone.MUTED),
        Card(
            "stuck",
            titled("stuck", stuck),
            short_count(stuck) + ("!" if stuck.value else ""),
            Tone.STUCK if stuck.value else Tone.MUTED,
        ),
        Card("done", f"done/min {RATE_MINUTES} m", rate, Tone.COMPLETED),
    )


def _waiting(snapshot: Snapshot) -> str:
    """Return the counts of due and of held back jobs, which one tab of Jobs counts together."""
    pending, blocked = short_count(_count(snapshot, State.PENDING)), _count(snapshot, State.BLOCKED)
    return f"{pending} +{short_count(blocked)} blocked" if blocked.value else pending


def card_lines(card: Card) -> list[TextLine]:
    """Return a card as text: the figure, and below it its name."""
    return [line_of(say(f" {card.value}", card.tone)), line_of(say(f" {card.title}", Tone.MUTED))]


def hour_lines(snapshot: Snapshot, width: int, *, keeps_tally: bool) -> list[TextLine]:
    """Return the spark line of the jobs done in each of the last 60 minutes, and its scale.

    The number of queues is beside it, as not all of them may fit below.
    """
    queues = counted(len(snapshot.queues), "queue")
    if snapshot.has_more_queues:
        queues = f"{len(snapshot.queues):,} and more queues"
    if not keeps_tally:
        return [line_of(say(f" the last hour: {_NOT_KEPT}", Tone.MUTED), right=[say(f"{queues} ", Tone.MUTED)])]
    series = completed_series(snapshot.tally, snapshot.now, HOUR_MINUTES)
    label = f"{queues}; done in the last hour {short_number(sum(series))}, most in a minute {short_number(max(series))}"
    room = width - len(label) - 5
    cells = next((size for size in (60, 30, 20) if size <= room), 10)
    spark = spark_text([float(value) for value in series], cells)
    return [line_of(say(" "), say(spark, Tone.COMPLETED, 1000), right=[say(f"{label} ", Tone.MUTED)])]


def letters_lines(snapshot: Snapshot, most: int) -> list[TextLine]:
    """Return the latest dead letters, one a line."""
    if not snapshot.failures:
        return [line_of(say(" No dead letters.", Tone.MUTED))]
    return [
        line_of(
            say(f" {sanitize(short_id(job.ref.id)):<9}", Tone.MUTED),
            say(f"{_ended_ago(job, snapshot.now):>10}  "),
            say(f"{attempts_text(job):>4}  ", Tone.MUTED),
            say(f"{sanitize(short_type(job), 30)}  "),
            say(message_text(job), Tone.FAILED),
        )
        for job in snapshot.failures[:most]
    ]


def _ended_ago(job: Job, now: datetime) -> str:
    return "-" if job.completed_at is None else f"{age_of(job, now)} ago"


def late_lines(picture: Picture, late_after_s: float) -> Sequence[TextLine]:
    """Return the queue whose oldest due job waits longest, if that is over the limit.

    It is left out if an alarm reports it.
    """
    snapshot = picture.snapshot
    if any(one.verdict.code in _LATE_CODES for one in picture.alarms):
        return []
    late = max(snapshot.queues, key=lambda queue: waited_s(queue, snapshot.now), default=None)
    if late is None or (waited := waited_s(late, snapshot.now)) <= late_after_s:
        return []
    story = f" the oldest due job of {sanitize(late.name, 40)} has waited {age_text(waited)}; the limit is {span(late_after_s)}"
    return [line_of(say(story, Tone.WARNING, 1000))]


def problem_lines(picture: Picture, width: int) -> Sequence[TextLine]:
    """Return the findings about the store, the parts that could not be read, and overdue schedules."""
    problems = [
        line_of(say(f" {text}", Tone.WARNING, 1000))
        for finding in picture.findings
        for sentence in (finding.summary, f"next: {finding.next}")
        for text in wrap(sanitize(sentence, 1000), width - 2)
    ]
    problems += [
        line_of(say(f" {text}", Tone.WARNING, 1000))
        for part, why in picture.problems.items()
        for text in wrap(sanitize(f"{part} could not be read: {why}", 1000), width - 2)
    ]
    overdue = sum(schedule.is_overdue for schedule in picture.schedules)
    if overdue:
        story = f" {counted(overdue, 'schedule')} overdue: S shows which"
        problems.append(line_of(say(story, Tone.STUCK)))
    return problems


def _count(snapshot: Snapshot, state: State) -> Measured[int]:
    return snapshot.counts.get(state) or absent("not kept")
