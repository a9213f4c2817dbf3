"""A backend seen through the rules, on the in-memory queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.backends.native.memory.store import MemoryStore
from queuetui.model.act import Act, Verb
from queuetui.model.errors import NotFound
from queuetui.model.job import Ending, NewJob, Settlement
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.run_notes import RunNotes
from queuetui.model.snapshot import Watch
from queuetui.model.verdict import Code
from queuetui.model.worker import WorkerCard
from queuetui.monitor.feed import Feed
from queuetui.monitor.run_counters import RunCounters
from tests.monitor.pictures import NOW

LIMITS = Limits(stuck_after_s=300, worker_silent_s=30)


class Scene:
    """A queue whose clock is moved by hand: `mail` is listened to, `import` is not."""

    def __init__(self) -> None:
        self.now: datetime = NOW
        self.backend = MemoryBackend(MemoryStore(clock=lambda: self.now), BackendOptions())
        self.feed = Feed(self.backend, LIMITS)
        self.backend.jobs.register(WorkerCard("w1", "web-1", 4411, "0.1.0", ("mail",), 9))

    def enqueue(self, job_id: str, queue: str = "mail") -> None:
        """Store one due job."""
        self.backend.jobs.enqueue([NewJob(job_id, "Send", b"{}", queue)])

    def claim(self, lease_s: float, queue: str = "mail") -> str:
        """Claim one job and return its id."""
        lease = self.backend.jobs.open_lease("w1", queue, lease_s)
        (claimed,) = self.backend.jobs.step(lease.id, (), 1).claimed
        return claimed.id

    def run_all(self, took_s: float, queue: str = "mail") -> None:
        """Run all jobs of a queue side by side."""
        lease = self.backend.jobs.open_lease("w1", queue, took_s + 60)
        claimed = self.backend.jobs.step(lease.id, (), 1000).claimed
        self.pass_time(took_s)
        ends = [Settlement(one.id, one.fence, one.type, Ending.COMPLETED, took_s) for one in claimed]
        self.backend.jobs.step(lease.id, ends, 0)

    def pass_time(self, seconds: float) -> None:
        """Move the clock, the worker beating at its end."""
        self.now += timedelta(seconds=seconds)
        self.backend.jobs.beat("w1", None, stopping=False)

    def codes(self, filter_text: str = "") -> dict[str, Code]:
        """Return the verdict of every job that matches."""
        return {job.ref.id: verdict.code for job, verdict in self.feed.search(parse_query(filter_text), 1000)}


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A fresh scene."""
    made = Scene()
    yield made
    made.feed.close()


def test_a_living_queue_is_judged_job_by_job(scene: Scene) -> None:
    """A healthy run, an orphan, a hung run and a job nobody listens for each get their own verdict."""
    scene.enqueue("a-hung")
    scene.claim(lease_s=9999)
    scene.enqueue("b-orphan")
    scene.claim(lease_s=30)
    scene.enqueue("d-unheard", "import")
    scene.pass_time(400)
    scene.enqueue("c-healthy")
    scene.claim(lease_s=30)
    scene.enqueue("e-waiting")
    codes = scene.codes()
    assert codes == {
        "a-hung": Code.HUNG,
        "b-orphan": Code.ORPHANED,
        "c-healthy": Code.HEALTHY,
        "d-unheard": Code.NO_CONSUMER,
        "e-waiting": Code.WAITING,
    }


def test_what_is_called_stuck_is_what_is_counted_and_found(scene: Scene) -> None:
    """The count, the filter `is:stuck` and the verdicts name the same jobs."""
    scene.enqueue("a-orphan")
    scene.claim(lease_s=30)
    scene.enqueue("b-unheard", "import")
    scene.enqueue("c-paused", "reports")
    scene.backend.operator.apply_to_queue(Act(Verb.PAUSE, "ann"), "reports")
    scene.pass_time(400)
    scene.enqueue("d-fine")
    picture = scene.feed.poll(Watch(page=PageRequest(parse_query(""))))
    stuck = {job_id for job_id, verdict in picture.verdicts.items() if verdict.stuck}
    assert stuck == set(scene.codes("is:stuck"))
    assert stuck == {"a-orphan", "b-unheard"}
    assert picture.snapshot.stuck.value == len(stuck)


def test_a_poll_judges_its_page_and_its_dead_letters(scene: Scene) -> None:
    """Every job that a poll shows carries a verdict, whichever parts were asked for."""
    scene.enqueue("a")
    picture = scene.feed.poll(Watch(page=PageRequest(), parts=frozenset()))
    assert set(picture.verdicts) == {"a"}
    assert picture.snapshot.workers


def test_the_limits_are_the_feeds_own(scene: Scene) -> None:
    """A watch cannot bring limits of its own: the profile's hold."""
    scene.enqueue("a", "import")
    scene.pass_time(200)
    assert scene.feed.poll(Watch(limits=Limits(stuck_after_s=1))).snapshot.stuck.value == 0


def test_one_job_is_opened_whole(scene: Scene) -> None:
    """Opening a job brings its verdict and its kept attempts; an unknown id is not found."""
    scene.enqueue("a")
    scene.claim(lease_s=1)
    scene.pass_time(5)
    scene.backend.jobs.sweep(10)
    detail = scene.feed.open("a")
    assert detail.verdict.code is Code.WAITING
    assert [attempt.outcome for attempt in detail.attempts] == ["lost"]
    with pytest.raises(NotFound, match="no job"):
        scene.feed.open("nobody")


def test_a_search_stops_at_its_limit(scene: Scene) -> None:
    """No more jobs come than were asked for, and it is told when more match."""
    for number in range(5):
        scene.enqueue(f"job-{number}")
    told: list[str] = []
    assert len(list(scene.feed.search(parse_query("sort:created"), 3, told.append))) == 3
    assert told == ["more jobs match than the 3 shown"]
    assert len(list(scene.feed.search(parse_query(""), 5, told.append))) == 5
    assert len(told) == 1


def test_a_search_goes_over_many_pages(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search longer than a page brings every job once."""
    monkeypatch.setattr("queuetui.backends.search.PAGE_JOBS", 2)
    for number in range(5):
        scene.enqueue(f"job-{number}")
    found = [job.ref.id for job, _ in scene.feed.search(parse_query("sort:created"), 100)]
    assert found == [f"job-{number}" for number in range(5)]


def test_a_page_carries_its_verdicts(scene: Scene) -> None:
    """A page read by itself is judged as a poll is."""
    scene.enqueue("a", "import")
    scene.pass_time(301)
    page, verdicts = scene.feed.page(PageRequest())
    assert [job.ref.id for job in page.jobs] == ["a"]
    assert verdicts["a"].code is Code.NO_CONSUMER


def test_what_handlers_counted_never_falls(scene: Scene) -> None:
    """A store that is asked when the minute has changed forgets the first one; the sum stays as high as it was."""
    counters, asked_at = RunCounters(), scene.now
    assert counters.read_usage(scene.feed, asked_at) == ()
    scene.enqueue("a")
    lease = scene.backend.jobs.open_lease("w1", "mail", 600)
    (claimed,) = scene.backend.jobs.step(lease.id, (), 1).claimed
    scene.backend.notes.write_notes(lease.id, [RunNotes("a", claimed.fence, "Send", usage={"credits": 3})])
    for _ in range(2):
        assert [one.amount for one in counters.read_usage(scene.feed, asked_at)] == [3]
        scene.pass_time(120)
    assert scene.feed.usage(1) == ()
    week = asked_at + timedelta(days=7)
    assert counters.read_usage(scene.feed, week) == ()
