"""What one who watches remembers: warnings that stand, and what a worker's memory was at first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from queuetui.model.picture import Warned
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.surroundings import judge_worker
from queuetui.monitor.watched_past import WatchedPast
from tests.monitor.pictures import NOW, ago, facts, worker

DEEP = Warned("queue", Untrusted("mail"), Verdict(Code.DEPTH_OVER, Severity.WARNING, "120 jobs wait"))
DEAD = Warned("queue", Untrusted("mail"), Verdict(Code.NO_CONSUMER, Severity.CRITICAL, "nobody listens"))
MEGABYTE = 1_000_000


def test_a_warning_stands_for_a_while() -> None:
    """It is shown until it was not seen for a minute, the gravest first."""
    past = WatchedPast(60)
    assert past.stand([DEEP], NOW) == (DEEP,)
    assert past.stand([DEAD], NOW + timedelta(seconds=59)) == (DEAD, DEEP)
    assert past.stand([], NOW + timedelta(seconds=60)) == (DEAD,)
    assert past.stand([], NOW + timedelta(seconds=119)) == ()


def test_a_worker_whose_memory_grows_is_accused() -> None:
    """Twice what it took once it was warm, and much more, is growth; what it loads at first is not."""
    past = WatchedPast(60)

    def codes(rss_mb: int, up_s: float) -> list[Code]:
        one = replace(worker("mail"), rss_bytes=rss_mb * MEGABYTE, started_at=ago(up_s))
        known = replace(facts(one), first_rss=past.measure([one], NOW))
        return [verdict.code for verdict in judge_worker(one, known)]

    assert codes(30, 5) == []
    assert codes(120, 60) == []
    assert codes(240, 900) == []
    assert codes(241, 900) == [Code.MEMORY_GROWING]
    past.measure([], NOW)
    assert codes(241, 900) == []


def test_little_memory_is_no_trouble() -> None:
    """A worker that takes three times very little is left alone."""
    small = replace(worker("mail"), rss_bytes=90 * MEGABYTE, started_at=ago(900))
    assert judge_worker(small, replace(facts(small), first_rss={"w1": 30 * MEGABYTE})) == ()
