"""The Events screen: it follows at the top, stands still elsewhere, reads back by pages, and narrows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.backends.native.memory.store import MemoryStore
from queuetui.model.event import Event, EventKind
from queuetui.model.job import NewJob
from queuetui.model.text import Untrusted
from queuetui.tui.event_scroll import MOST_EVENTS, PAGE_EVENTS
from queuetui.tui.screens.detail import DetailScreen
from queuetui.tui.screens.events import EventsScreen
from queuetui.tui.screens.jobs import JobsScreen
from tests.tui.real_store import fill, session_over
from tests.tui.scripted import CAPABILITIES, NOW, ScriptedFeed
from tests.tui.scripted_events import make_events
from tests.tui.stage import NARROW, WIDE, Stage
from tests.tui.test_snapshots import SIZES, settle
from tests.zoo import SMALL_ZOO, assert_inert


def stage_with_log(count: int) -> Stage:
    """Return a console over a feed with so many events."""
    feed = ScriptedFeed()
    feed.told = make_events(NOW, count)
    return Stage(feed)


def tell(stage: Stage, count: int = 1) -> None:
    """Let newer events happen."""
    for _ in range(count):
        cursor = str(int(stage.feed.told[0].cursor) + 1)
        started = Event(cursor, NOW, EventKind.WORKER_STARTED, worker=Untrusted("web-3/1"))
        stage.feed.told = (started, *stage.feed.told)
    stage.app.poller.poll_now()


async def open_events(stage: Stage) -> None:
    """Go to the screen and wait for its rows."""
    await stage.press("E")
    await stage.until_shown("following")
    assert stage.is_on(EventsScreen)


async def until_held(stage: Stage, count: int) -> None:
    """Let the app go on until the table has so many rows."""
    await stage.until(lambda: len(stage.table().rows) == count)


def test_the_newest_events_stand_first_with_what_they_tell() -> None:
    """`E` lists time, kind, job, queue and facts, and shows all of the event under the cursor below."""

    async def script(stage: Stage) -> None:
        await open_events(stage)
        shown = stage.text()
        for text in ("02:51:04.000", "QueuePaused", "ana@ops-1", "web-2/4411", "TimeoutError", "took 31 s", "newest 8"):
            assert text in shown
        assert stage.table().rows[0].key == "8"
        await stage.press("j", "j")
        await stage.until_shown("job 0195a3f0-9c00-7000-8000-000000000006  correlation order-4703")

    Stage().play(script, NARROW)


def test_it_follows_at_the_top() -> None:
    """What happens comes in above, and the cursor stays on the newest event."""

    async def script(stage: Stage) -> None:
        await open_events(stage)
        tell(stage, 3)
        await stage.until_shown("newest 11, following")
        assert stage.table().cursor_key == stage.table().rows[0].key == "11"

    Stage().play(script)


def test_it_stands_still_below_the_top() -> None:
    """A person who looks at an event keeps all rows where they are, learns how many are newer, and `g` shows them."""

    async def script(stage: Stage) -> None:
        await open_events(stage)
        await stage.press("j", "j")
        before = [row.key for row in stage.table().rows]
        tell(stage, 120)
        await stage.until_shown("100+ newer, g shows them")
        assert [row.key for row in stage.table().rows] == before
        assert stage.table().cursor_key == "6"
        await stage.press("g")
        await stage.until_shown("newest 100+, following")
        assert stage.table().cursor_key == "128"

    Stage().play(script)


def test_who_comes_back_from_a_job_finds_the_event_again() -> None:
    """Enter opens the job at its error; the cursor is on the same event after, though others happened meanwhile."""

    async def script(stage: Stage) -> None:
        stage.feed.told = stage.feed.told[2:]
        await open_events(stage)
        await stage.press("enter")
        await stage.until(lambda: stage.is_on(DetailScreen))
        await stage.until_shown("[Error]")
        tell(stage)
        await stage.press("q")
        await stage.until_shown("1 newer, g shows them")
        assert stage.table().cursor_key == "6"
        await stage.press("k")
        await stage.until_shown("following")

    Stage().play(script)


@pytest.mark.parametrize(("downs", "shown"), [(0, "queue mail"), (1, "worker:web-2/4411")])
def test_an_event_of_no_job_opens_the_jobs_it_is_about(downs: int, shown: str) -> None:
    """A queue's event leads to the queue's jobs, a worker's to the worker's, and `q` leads back."""

    async def script(stage: Stage) -> None:
        await open_events(stage)
        await stage.press(*["j"] * downs, "enter")
        await stage.until(lambda: stage.is_on(JobsScreen))
        await stage.until_shown(shown)
        await stage.press("q")
        assert stage.is_on(EventsScreen)

    Stage().play(script)


def test_older_events_are_read_page_by_page() -> None:
    """Going down reads on behind the last event, by its cursor and never by counting."""

    async def script(stage: Stage) -> None:
        await open_events(stage)
        assert len(stage.table().rows) == PAGE_EVENTS
        for expected in (200, 250):
            await stage.press("G")
            await until_held(stage, expected)
        assert [request.before for request in stage.feed.asked] == ["151", "51"]
        assert len({row.key for row in stage.table().rows}) == 250
        await stage.press("G", "G")
        assert len(stage.feed.asked) == 2

    stage_with_log(250).play(script)


def test_what_is_held_is_bounded() -> None:
    """So many events are held and no more; the screen says what leads further."""

    async def script(stage: Stage) -> None:
        await open_events(stage)
        for expected in range(2 * PAGE_EVENTS, MOST_EVENTS + 1, PAGE_EVENTS):
            await stage.press("G")
            await until_held(stage, expected)
        await stage.press("G")
        await stage.until_shown("5,000 events are held here")
        assert len(stage.table().rows) == MOST_EVENTS

    stage_with_log(MOST_EVENTS + 50).play(script, NARROW)


NARROWED = {
    "failed": {"6"},
    "queue:sync": {"3", "2", "1"},
    "event:JobCreated queue:mail": {"4"},
    "job:00000007": {"3", "2", "1"},
    "correlation:order-4703": {"6", "5", "4", "3", "2", "1"},
    "lost,paused": {"8", "7"},
}


def test_a_filter_narrows_as_it_is_typed() -> None:
    """`/` narrows by kind, queue, job and correlation id; Esc shows everything again."""

    async def script(stage: Stage) -> None:
        await open_events(stage)
        for text, keys in NARROWED.items():
            await stage.press("slash")
            await stage.write(text)
            await stage.press("enter")
            await stage.until(lambda keys=keys: {row.key for row in stage.table().rows} == keys)  # type: ignore[misc]  # a default binds the loop's keys
            await stage.until_shown(f"Events > {text}")
            await stage.press("escape")
            await stage.until(lambda: len(stage.table().rows) == 8)

    feed = ScriptedFeed()
    feed.jobs = [job for job in feed.jobs if job.ref.id.endswith(("06", "07"))]
    Stage(feed).play(script)


def test_a_filter_that_cannot_be_read_points_at_its_place() -> None:
    """An unknown field is named where it stands, with the nearest one, and the rows stay."""

    async def script(stage: Stage) -> None:
        await open_events(stage)
        await stage.press("slash")
        await stage.write("queu:mail")
        await stage.until_shown("did you mean queue?")
        assert len(stage.table().rows) == 8

    Stage().play(script)


def test_a_command_opens_the_screen_narrowed() -> None:
    """`:events FILTER` goes there from anywhere; a job that nobody has is said to be missing."""

    async def script(stage: Stage) -> None:
        await stage.press("colon")
        await stage.write("events failed")
        await stage.press("enter")
        await stage.until_shown("Events > failed")
        await stage.press("colon")
        await stage.write("events job:ffffff")
        await stage.press("enter")
        await stage.until_shown("no job here has an id that ends in ffffff")

    Stage().play(script)


@pytest.mark.parametrize(("key", "shown"), [("t", "correlation:order-4703"), ("o", "job:0195a3f0-9c00-7000-8000-0000")])
def test_one_key_narrows_to_what_the_event_is_about(key: str, shown: str) -> None:
    """`t` shows all of the correlation id, `o` all of the job; where there is none, that is said."""

    async def script(stage: Stage) -> None:
        await open_events(stage)
        await stage.press(key)
        await stage.until_shown("This event ")
        await stage.press("j", "j", key)
        await stage.until_shown(f"Events > {shown}")

    Stage().play(script)


def test_a_store_without_events_says_why() -> None:
    """Where nothing is recorded the screen says so, and stays usable."""

    async def script(stage: Stage) -> None:
        await stage.press("E")
        await stage.until_shown("keeps no record of what happened")
        await stage.press("j", "enter", "t", "q")
        assert stage.is_on(JobsScreen)

    Stage(ScriptedFeed(capabilities=replace(CAPABILITIES, events=False))).play(script)


def test_a_filter_without_hits_says_what_to_do() -> None:
    """An empty answer is a sentence with the next step."""

    async def script(stage: Stage) -> None:
        await open_events(stage)
        await stage.press("slash")
        await stage.write("deleted")
        await stage.press("enter")
        await stage.until_shown("No event matches this filter")

    Stage().play(script)


def test_hostile_text_in_an_event_is_inert() -> None:
    """Whatever a queue, worker, person or error is called, the screen stands and shows it."""
    feed = ScriptedFeed()
    kinds = list(EventKind)
    feed.told = tuple(
        Event(
            str(1000 - n),
            NOW - timedelta(seconds=n),
            kinds[n % len(kinds)],
            queue=Untrusted(text),
            job_id=f"{n}[/]\x1b]0;t\x07" if n % 2 else None,
            worker=Untrusted(text),
            correlation_id=Untrusted(text),
            actor=Untrusted(text),
            detail=Untrusted(text),
        )
        for n, text in enumerate(SMALL_ZOO.values())
    )

    async def script(stage: Stage) -> None:
        await open_events(stage)
        for _ in feed.told:
            assert_inert(stage.text())
            await stage.press("j")
        await stage.press("g", "t")
        assert_inert(stage.text())

    Stage(feed).play(script, NARROW)


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_a_real_log_is_followed(size: tuple[int, int], tmp_path: Path) -> None:
    """Over our own queue a job that is enqueued shows at the next poll."""
    backend = MemoryBackend(MemoryStore(clock=lambda: NOW), BackendOptions(name="memory"))
    fill(backend, 5)

    async def script(stage: Stage) -> None:
        await stage.press("E")
        await stage.until_shown("newest 5, following")
        backend.jobs.enqueue(
            [NewJob(id="0195a3f0-9c00-7000-8000-0000000000ff", type="Late", payload=b"{}", queue="mail")]
        )
        stage.app.poller.poll_now()
        await stage.until_shown("newest 6, following")
        assert "Late" in stage.text()

    Stage(session=session_over(backend, tmp_path)).play(script, size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        pytest.param(["E"], "following", id="following"),
        pytest.param(["E", "j", "j", "j"], "standing still", id="still"),
        pytest.param(["E", "/", *"queue:mail"], "newest 4", id="filter"),
    ],
)
def test_the_screen_looks_as_it_did(
    keys: list[str], shown: str, size: tuple[int, int], snap_compare: Callable[..., bool]
) -> None:
    """The picture of the screen."""
    stage = stage_with_log(40 if "/" not in keys else 8)
    assert snap_compare(stage.app, terminal_size=size, run_before=settle(stage, keys, shown))
