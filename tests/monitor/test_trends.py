"""Types that got slower and counters that grow."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import open_backend
from queuetui.backends.native.sql.look.histories import MINUTES_APART
from queuetui.backends.native.sql.look.tables import tally
from queuetui.backends.reading import histories
from queuetui.model.access import OWN, Way
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.histories import Durations
from queuetui.model.limits import Limits
from queuetui.model.page import Page, PageRequest
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.monitor.alarms import kept_medians, watcher
from queuetui.monitor.alarms.alarm import Turn
from queuetui.monitor.alarms.trends import Usual, judge_trends, read_usual
from queuetui.monitor.observations import Observations
from tests.backends.native.seeds import Seed
from tests.monitor.test_feed import Scene

LIMITS = AlarmLimits()


def took(median_s: float, runs: int = 100) -> dict[str, Durations]:
    """Return how long the runs of one type took."""
    return {"Send": Durations(Untrusted("Send"), runs, median_s, median_s, median_s, median_s)}


@pytest.mark.parametrize(
    ("recent", "usual", "codes"),
    [
        (took(6.1), took(2.0), ["type_slower"]),
        (took(6.0), took(2.0), []),
        (took(6.1, runs=19), took(2.0), []),
        (took(6.1), took(2.0, runs=49), []),
        (took(0.05), took(0.001), []),
        (took(6.1), {}, []),
    ],
)
def test_a_type_is_slower(recent: dict[str, Durations], usual: dict[str, Durations], codes: list[str]) -> None:
    """Its median is over three times that of a week, over enough runs, by a span that somebody notices."""
    found = judge_trends(Usual(recent, usual), LIMITS, OWN)
    assert [one.code for one in found] == codes


@pytest.mark.parametrize(
    ("lately", "day", "long_ago", "codes"),
    [
        (16.0, 1_440.0, 700.0, ["usage_over"]),
        (15.0, 1_440.0, 700.0, []),
        (16.0, 1_440.0, 0.0, []),
        (0.0, 0.0, 0.0, []),
    ],
)
def test_a_counter_grows(lately: float, day: float, long_ago: float, codes: list[str]) -> None:
    """Its rate of 5 minutes is over three times that of a day; a counter that is new is not judged."""
    found = judge_trends(Usual(usage={"credits": (lately, day, long_ago)}), LIMITS, OWN)
    assert [one.code for one in found] == codes


def test_eased_limits_are_lower() -> None:
    """An alarm that stands has to fall below less than what raised it."""
    near = Usual(took(5.9), took(2.0))
    assert judge_trends(near, LIMITS, OWN) == ()
    assert [one.code for one in judge_trends(near, LIMITS.eased(), OWN)] == ["type_slower"]


def test_a_busy_queue_is_held_against_its_week(migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the newest jobs that are looked at are all of the last hour, the tally tells what was usual before."""
    monkeypatch.setattr(histories, "MOST_JOBS", 20)
    monkeypatch.setattr(histories, "JOBS_A_PAGE", 20)
    now = datetime.now(UTC)
    with closing(open_backend(migrated_sqlite_url, BackendOptions(create=True, now=now))) as backend:
        seed = Seed(backend.database, now)
        ran = {"state": State.COMPLETED, "type": "Send", "started_at": seed.ago(61), "done_at": seed.ago(60)}
        seed.jobs(*(ran for _ in range(30)))
        minute = now.replace(second=0, microsecond=0)
        own = {"worker_id": "w", "queue": "mail", "type": "Send", "completed": 10, "took_03": 10}
        past = (minute - timedelta(minutes=ago) for ago in range(MINUTES_APART * 10, 6 * 1_440, MINUTES_APART * 20))
        seed.rows(tally, *({**own, "minute": one} for one in past))
        seen = read_usual(backend)
        assert (seen.recent["Send"].p50_s, seen.usual["Send"].p50_s) == (1.0, 0.008)
        assert [one.code for one in judge_trends(seen, LIMITS, OWN)] == ["type_slower"]


def test_a_busy_queue_without_a_tally_is_held_against_the_hours_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the newest jobs are all of the last hour, the medians that a watcher kept hour by hour tell what was usual."""
    monkeypatch.setattr(histories, "MOST_JOBS", 20)
    monkeypatch.setattr(histories, "JOBS_A_PAGE", 20)
    monkeypatch.setattr(watcher, "USUAL_EVERY_S", 0.0)
    scene, observations = Scene(), Observations(tmp_path)
    watched = watcher.Watched("shop", "memory://", Limits(), (), lambda: [("shop", scene.feed)], Way())
    watch = watcher.AlarmWatcher(watched, observations, clock=lambda: scene.now)
    told = list[str]()
    for hour in range(9):
        scene.pass_time(3600)
        for number in range(30):
            scene.enqueue(f"{hour}-{number}")
        scene.run_all(10.0 if hour == 8 else 2.0)
        told.append(" ".join(change.alarm.finding.code for change in watch.look() if change.turn is Turn.RAISED))
    assert ["type_slower" in one for one in told] == [False] * 8 + [True]
    watch.close()
    observations.close()


def test_kept_medians_are_bounded(tmp_path: Path) -> None:
    """A week of so many types is kept; what is ahead of the clock goes, and of few hours nothing is told."""
    observations, now = Observations(tmp_path), datetime.now(UTC)
    medians = kept_medians.KeptMedians(observations, "shop")
    many = {f"Type{number}": took(2.0)["Send"] for number in range(kept_medians.MOST_TYPES + 9)}
    for hours in (*range(kept_medians.LEAST_HOURS), 400):
        medians.keep({**many, "x" * 500: took(2.0)["Send"]}, now - timedelta(hours=7 - hours))
        assert medians.usual(now) == {} or hours == kept_medians.LEAST_HOURS - 1
        if hours == kept_medians.LEAST_HOURS - 1:
            assert len(medians.usual(now)) == kept_medians.MOST_TYPES
    assert medians.usual(now) == {}
    observations.close()


def test_a_week_is_looked_through_once_where_no_tally_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known of a week that is not whole is what was usual; the same pages are not asked for again."""
    monkeypatch.setattr(histories, "MOST_JOBS", 20)
    monkeypatch.setattr(histories, "JOBS_A_PAGE", 20)
    scene, asked = Scene(), list[PageRequest]()
    backend, page = scene.backend, scene.backend.inspector.page
    for number in range(30):
        scene.enqueue(str(number))
    scene.run_all(2.0)

    def count_pages(request: PageRequest, limits: Limits) -> Page:
        asked.append(request)
        return page(request, limits)

    monkeypatch.setattr(backend.inspector, "page", count_pages)
    assert read_usual(backend).usual["Send"].runs == 20
    assert len(asked) == 2
