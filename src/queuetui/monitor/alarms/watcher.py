"""Looks at the queues of a profile, and returns the changes of their alarms."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from queuetui.model.access import Way
from queuetui.model.errors import BadQuery, Denied, QueueTuiError, Unreachable, Unsupported
from queuetui.model.limits import Limits
from queuetui.model.silence import Silence
from queuetui.model.verdict import Code, Severity
from queuetui.monitor.alarms.alarm import AlarmChange, is_alarming
from queuetui.monitor.alarms.book import AlarmBook, AlarmLook
from queuetui.monitor.alarms.kept_medians import KeptMedians
from queuetui.monitor.alarms.trends import Usual, judge_trends
from queuetui.monitor.diagnosis.words import command
from queuetui.monitor.feed import Feed
from queuetui.monitor.health import HealthFinding, judge_health
from queuetui.monitor.observations import Observations

# Usual run times and rates are averages over days, so they need not be read at each look.
USUAL_EVERY_S = 600.0


@dataclass(frozen=True, slots=True)
class Watched:
    """The store that a watcher watches: its title, its address, its limits, and how its queues are opened.

    `connect` opens the queue systems and returns them by title. `way` is how advised commands reach the store.
    """

    title: str
    address: str
    limits: Limits
    silences: Sequence[Silence]
    connect: Callable[[], Sequence[tuple[str, Feed]]]
    way: Way


@dataclass(slots=True)
class _Watched:
    """One open queue system."""

    feed: Feed
    book: AlarmBook
    medians: KeptMedians
    usual: Usual = field(default_factory=Usual)
    usual_read_at: float | None = None


class AlarmWatcher:
    """Watches one profile; a store that does not answer raises an alarm of its own and ends none."""

    def __init__(
        self,
        watched: Watched,
        observations: Observations,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._watched = watched
        self._observations = observations
        self._clock = clock
        self._place = AlarmBook(observations, f"address {watched.address}", watched.title)
        self._open: list[_Watched] = []
        self._was_away = False

    def look(self) -> tuple[AlarmChange, ...]:
        """Look once; return the changes of the alarms."""
        try:
            if not self._open:
                self._connect()
            looks = [(one.book, self._read(one)) for one in self._open]
        except QueueTuiError as error:
            self.close()
            self._was_away = True
            return self._turn(self._place, AlarmLook(self._clock(), (self._unreachable(error),)))
        if self._was_away:
            # The store was not seen meanwhile, so the time after which an alarm is cleared begins at this look.
            looks = [(book, replace(look, is_whole=False)) for book, look in looks]
            self._was_away = False
        turns = [(self._place, AlarmLook(self._clock())), *looks]
        return tuple(change for book, look in turns for change in self._turn(book, look))

    def close(self) -> None:
        """Close the connections; the next look opens them again."""
        for one in self._open:
            with suppress(QueueTuiError):
                one.feed.close()
        self._open = []

    def _connect(self) -> None:
        for title, feed in self._watched.connect():
            try:
                identity = feed.identity()
            except QueueTuiError:
                feed.close()
                raise
            name = identity.kept_under(f"{self._watched.address} {title}")
            book, medians = AlarmBook(self._observations, name, title), KeptMedians(self._observations, name)
            self._open.append(_Watched(feed, book, medians))

    def _read(self, one: _Watched) -> AlarmLook:
        limits, feed = self._watched.limits, one.feed
        eased = replace(limits, alarms=limits.alarms.eased())
        picture = feed.poll_health()
        if one.usual_read_at is None or time.monotonic() - one.usual_read_at >= USUAL_EVERY_S:
            one.usual_read_at = time.monotonic()
            # A store that refuses to read its usual figures is watched without them.
            with suppress(BadQuery, Denied, Unsupported):
                one.usual = self._with_week(feed.usual(), one.medians)
        found = (*judge_health(picture, limits).findings, *judge_trends(one.usual, limits.alarms, feed.access))
        near = (
            *judge_health(feed.judge_by(picture, eased), eased).findings,
            *judge_trends(one.usual, eased.alarms, feed.access),
        )
        alarming = tuple(filter(is_alarming, found))
        return AlarmLook(self._clock(), alarming, tuple(filter(is_alarming, near)), not picture.problems)

    def _with_week(self, seen: Usual, medians: KeptMedians) -> Usual:
        """Return the usual run times of a week, from kept medians if the store tells only its newest jobs."""
        if seen.is_whole:
            return seen
        now = self._clock()
        # A file that cannot be used is reported by the alarm book, and is no fault of the store.
        with suppress(Unreachable):
            medians.keep(seen.recent, now)
            return replace(seen, usual={**seen.usual, **medians.usual(now)})
        return seen

    def _turn(self, book: AlarmBook, look: AlarmLook) -> tuple[AlarmChange, ...]:
        def is_silenced(finding: HealthFinding) -> bool:
            return any(one.covers(finding.code, finding.name, look.at) for one in self._watched.silences)

        return book.turn(look, self._watched.limits.alarms.clear_after_s, is_silenced)

    def _unreachable(self, error: QueueTuiError) -> HealthFinding:
        return HealthFinding(
            "store",
            self._watched.title,
            Code.UNREACHABLE.value,
            Severity.CRITICAL,
            f"it cannot be read: {error}",
            {},
            command("doctor", way=self._watched.way),
        )
