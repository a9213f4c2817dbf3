"""Which alarms stand, across looks, runs and watchers."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.model.access import Way
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.errors import Unreachable
from queuetui.model.limits import Limits
from queuetui.model.verdict import Severity
from queuetui.monitor.alarms.alarm import AlarmChange
from queuetui.monitor.alarms.book import MOST_ALARMS, AlarmBook, AlarmLook
from queuetui.monitor.alarms.watcher import AlarmWatcher, Watched
from queuetui.monitor.feed import Feed
from queuetui.monitor.health import HealthFinding
from queuetui.monitor.observations import FILE_NAME, Observations
from tests.conformance.scenes import add
from tests.monitor.pictures import NOW

DEEP = HealthFinding("queue", "mail", "depth_over", Severity.WARNING, "120 jobs wait", {"depth": 120}, "look")
CLEAR_S = 60.0


@pytest.fixture
def observations(tmp_path: Path) -> Iterator[Observations]:
    """Return a file of observations."""
    opened = Observations(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def book(observations: Observations) -> AlarmBook:
    """Return the alarms of one store."""
    return AlarmBook(observations, "pg 1", "shop")


def turn(book: AlarmBook, after_s: float, *found: HealthFinding, silent: bool = False, **look: object) -> list[str]:
    """Take in a look so many seconds after NOW; return what became of the alarms."""
    changes = book.turn(AlarmLook(NOW + timedelta(seconds=after_s), found, **look), CLEAR_S, lambda _: silent)  # type: ignore[arg-type] # fields of a look
    return list(map(told, changes))


def told(change: AlarmChange) -> str:
    """Return a change in two words."""
    return f"{change.turn} {'silently' if change.is_silenced else 'aloud'}"


def test_an_alarm_is_told_once_and_once_when_it_is_over(book: AlarmBook) -> None:
    """It is raised at once, stands while it is seen, and ends when it was not seen for long enough."""
    assert turn(book, 0, DEEP) == ["raised aloud"]
    assert turn(book, 10, DEEP) == []
    assert turn(book, 20) == []
    assert turn(book, 69) == []
    assert turn(book, 70) == ["cleared aloud"]
    assert turn(book, 1_000) == []


def test_a_clock_that_is_set_back_holds_no_alarm(book: AlarmBook) -> None:
    """What was seen in an hour that is not yet is not seen any more: it ends after its time."""
    turn(book, 3_600, DEEP)
    assert turn(book, 0) == []
    assert turn(book, 59) == []
    assert turn(book, 60) == ["cleared aloud"]


def test_an_alarm_does_not_flap(book: AlarmBook) -> None:
    """What goes over and under its limit within the time raises one alarm."""
    assert turn(book, 0, DEEP) == ["raised aloud"]
    assert [turn(book, 10.0 * step, *([DEEP] if step % 5 == 0 else [])) for step in range(1, 30)] == [[]] * 29


def test_what_is_near_its_limit_keeps_an_alarm_and_begins_none(book: AlarmBook) -> None:
    """Between the eased limit and the limit nothing changes, however long it is."""
    assert turn(book, 0, near=(DEEP,)) == []
    turn(book, 1, DEEP)
    assert [turn(book, 100.0 * step, near=(DEEP,)) for step in (1, 2, 3)] == [[]] * 3
    assert turn(book, 359) == []
    assert turn(book, 360) == ["cleared aloud"]


def test_a_look_that_could_not_read_all_ends_no_alarm(book: AlarmBook) -> None:
    """What was not read is not over."""
    turn(book, 0, DEEP)
    assert turn(book, 500, is_whole=False) == []
    assert turn(book, 559) == []
    assert turn(book, 560) == ["cleared aloud"]


def test_what_gets_worse_is_told_again(book: AlarmBook) -> None:
    """A warning that becomes critical is told once, however often it goes to and fro."""
    turn(book, 0, DEEP)
    assert turn(book, 1, replace(DEEP, severity=Severity.CRITICAL)) == ["worse aloud"]
    assert turn(book, 2, DEEP) == []
    assert turn(book, 3, replace(DEEP, severity=Severity.CRITICAL)) == []


def test_a_silence_delays_what_still_stands(book: AlarmBook) -> None:
    """What is raised in a silence is told once when the silence is over."""
    assert turn(book, 0, DEEP, silent=True) == ["raised silently"]
    assert turn(book, 10, DEEP, silent=True) == []
    assert turn(book, 20, DEEP) == ["raised aloud"]
    assert turn(book, 30, DEEP) == []


def test_what_began_and_ended_in_a_silence_is_told_to_nobody(book: AlarmBook) -> None:
    """Nobody heard of it, so nobody hears that it is over."""
    turn(book, 0, DEEP, silent=True)
    assert turn(book, 60) == ["cleared silently"]


def test_what_was_told_and_ended_in_a_silence_is_told_when_it_is_over(book: AlarmBook) -> None:
    """Nobody is told anything in the silence; after it they hear that what they know of is over, or nothing where it is back."""
    turn(book, 0, DEEP)
    assert [turn(book, after_s, silent=True) for after_s in (60.0, 600.0)] == [[], []]
    assert turn(book, 700) == ["cleared aloud"]
    turn(book, 701, DEEP)
    assert [turn(book, 800, silent=True), turn(book, 801, DEEP, silent=True), turn(book, 802, DEEP)] == [[], [], []]


def test_a_silence_of_months_forgets_no_alarm(book: AlarmBook) -> None:
    """What was told before it and ended in it is told as over after it; an alarm of a store that nobody watches is forgotten."""
    month_s = 31 * 86_400.0
    unwatched = AlarmBook(book._observations, "pg 2", "shop")
    assert [turn(one, 0, DEEP) for one in (book, unwatched)] == [["raised aloud"]] * 2
    assert [turn(book, 60, silent=True), turn(book, month_s, silent=True)] == [[], []]
    assert turn(book, month_s + 1) == ["cleared aloud"]
    assert turn(unwatched, month_s + 2, DEEP) == ["raised aloud"]


def test_what_gets_worse_in_a_silence_is_told_after_it(book: AlarmBook) -> None:
    """As worse than what is known, or as over where it ended in the silence."""
    graver = replace(DEEP, severity=Severity.CRITICAL)
    turn(book, 0, DEEP)
    assert turn(book, 1, graver, silent=True) == ["worse silently"]
    assert turn(book, 2, graver) == ["worse aloud"]
    turn(book, 100)
    turn(book, 200, DEEP)
    assert turn(book, 201, graver, silent=True) == ["worse silently"]
    assert [turn(book, 300, silent=True), turn(book, 301)] == [[], ["cleared aloud"]]


def test_alarms_outlive_their_watcher_and_two_tell_once(tmp_path: Path, book: AlarmBook) -> None:
    """Another run, or another watcher of the same store, knows what was told; another store has its own."""
    turn(book, 0, DEEP)
    other = Observations(tmp_path)
    assert turn(AlarmBook(other, "pg 1", "shop"), 1, DEEP) == []
    assert turn(AlarmBook(other, "pg 2", "shop"), 1, DEEP) == ["raised aloud"]
    other.close()


def test_the_file_is_bounded_and_of_its_owner(tmp_path: Path, book: AlarmBook) -> None:
    """A store has at most so many alarms, and only the owner may read them."""
    many = [replace(DEEP, name=f"q{number}") for number in range(MOST_ALARMS + 5)]
    assert len(turn(book, 0, *many)) == MOST_ALARMS
    assert turn(book, 1, *many) == []
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_a_file_that_is_none_of_ours_is_made_anew(tmp_path: Path) -> None:
    """What is learned may be lost, a watch may not."""
    (tmp_path / FILE_NAME).write_text("no database, but long enough to be taken for one " * 20, encoding="utf-8")
    opened = Observations(tmp_path)
    assert opened.problem is None
    assert turn(AlarmBook(opened, "pg 1", "shop"), 0, DEEP) == ["raised aloud"]
    opened.close()


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    """The alarms are kept in memory, and it is said why."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    opened = Observations(tmp_path / "file")
    assert opened.problem is not None
    assert turn(AlarmBook(opened, "pg 1", "shop"), 0, DEEP) == ["raised aloud"]
    opened.close()


def test_a_file_that_fails_is_told_of(observations: Observations, book: AlarmBook) -> None:
    """What cannot be kept is an error of ours that says what to do, and the next change may do."""
    with observations.changing() as tables:
        tables.execute("ALTER TABLE alarm RENAME TO away")
    with pytest.raises(Unreachable, match="cannot be used"):
        turn(book, 0, DEEP)
    with observations.changing() as tables:
        tables.execute("ALTER TABLE away RENAME TO alarm")
    assert turn(book, 0, DEEP) == ["raised aloud"]


def test_the_first_look_after_a_store_was_away_ends_no_alarm(
    migrated_sqlite_url: str, observations: Observations
) -> None:
    """Nobody saw how it was meanwhile: an alarm is over once it was not seen for long enough from then on."""
    path, now, limits = Path(migrated_sqlite_url.removeprefix("sqlite:///")), [NOW], Limits(alarms=AlarmLimits(depth=1))
    away = path.with_suffix(".away")

    def connect() -> list[tuple[str, Feed]]:
        return [("shop", Feed(open_native(migrated_sqlite_url, BackendOptions()), limits))]

    def look(after_s: float) -> list[tuple[str, str]]:
        now[0] = NOW + timedelta(seconds=after_s)
        return [(change.turn.value, change.alarm.finding.code) for change in watcher.look()]

    with closing(connect()[0][1]) as feed:
        add(feed._backend, 2)  # type: ignore[arg-type] # it is one of ours
    watched = Watched("shop", migrated_sqlite_url, limits, (), connect, Way())
    with closing(AlarmWatcher(watched, observations, lambda: now[0])) as watcher:
        assert look(0) == [("raised", "depth_over")]
        path.rename(away)
        assert look(10) == [("raised", "unreachable")]
        with closing(sqlite3.connect(away, isolation_level=None)) as file:
            file.execute("DELETE FROM queuetui_job")
        away.rename(path)
        assert look(300) == [("cleared", "unreachable")]
        assert look(359) == []
        assert look(360) == [("cleared", "depth_over")]
