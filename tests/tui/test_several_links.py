"""Several queue systems and profiles in one console: all are listed, one is shown, and each lives and fails by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from queuetui.config.profile import Profile
from queuetui.model.errors import QueueTuiError, Unreachable
from queuetui.model.page import Page, PageRequest
from queuetui.tui.app import QueueTui
from queuetui.tui.screens.all_events import AllEventsScreen
from queuetui.tui.screens.all_systems import AllSystemsScreen
from queuetui.tui.screens.detail import DetailScreen
from queuetui.tui.screens.jobs import JobsScreen
from queuetui.tui.screens.overview import OverviewScreen
from queuetui.tui.session import ConsoleSession
from tests.tui.scripted import ScriptedFeed, make_job
from tests.tui.scripted_operations import ScriptedOperations
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed
    from queuetui.operate.operations import Operations

Connect = Callable[[], "tuple[Feed, Operations]"]


class PartlyLookedThrough(ScriptedFeed):
    """A feed whose first look at a filter finds nothing yet."""

    def _page(self, request: PageRequest) -> Page:
        page = super()._page(request)
        return replace(page, jobs=(), looked=1_000, has_more=True) if request.query.terms else page


class Systems:
    """A profile whose store holds two systems, and another profile that may be away."""

    def __init__(self) -> None:
        self.feeds = {name: ScriptedFeed() for name in ("prod/native", "prod/rq", "cache")}
        self.feeds["prod/rq"].jobs = [make_job(77), make_job(78)]
        self.refusal: QueueTuiError | None = None

    def stage(self) -> Stage:
        """Return the console on both profiles."""
        whole = Profile("prod", "postgresql://db/app", poll_s=60.0)
        prod = ConsoleSession(whole, self._connect("prod/native"), find=self._find)
        stage = Stage(self.feeds["prod/native"], session=prod)
        stage.app = QueueTui(prod, self._session("cache", colour="red"))
        return stage

    def _find(self) -> Sequence[ConsoleSession]:
        return [self._session("prod/native"), self._session("prod/rq")]

    def _session(self, name: str, colour: str = "") -> ConsoleSession:
        return ConsoleSession(Profile(name, "redis://db", label=name, poll_s=60.0, colour=colour), self._connect(name))

    def _connect(self, name: str) -> Connect:
        def connect() -> tuple[Feed, Operations]:
            if name == "cache" and self.refusal is not None:
                raise self.refusal
            feed = self.feeds[name]
            return cast("tuple[Feed, Operations]", (feed, ScriptedOperations(feed)))

        return connect


def titles(stage: Stage) -> list[str]:
    """Return what the links are called, those of one store together."""
    return [link.reach.profile.title for link in stage.app.links]


async def _all_linked(stage: Stage) -> None:
    await stage.until(lambda: len(stage.app.links) == 3 and all(link.latest for link in stage.app.links))


def test_the_overview_lists_all_and_a_key_or_a_command_shows_another() -> None:
    """Each system has its line; `b` and `:use` show another one, with its own jobs, filter and title, and the first as it was left."""

    async def script(stage: Stage) -> None:
        await _all_linked(stage)
        assert titles(stage) == ["prod/native", "prod/rq", "cache"]
        assert "prod/native (1 of 3)" in stage.text()
        await stage.press("5", "0")
        await stage.until_shown("> prod/native")
        assert all(name in stage.lines_of("#systems") for name in titles(stage))
        await stage.press("b")
        await stage.write("rq")
        await stage.press("enter")
        await stage.until_shown("> prod/rq")
        assert stage.is_on(OverviewScreen)
        await stage.press("1")
        await stage.until(lambda: len(stage.table().rows) == 2)
        assert "prod/rq (2 of 3)" in stage.text()
        await stage.press("colon")
        await stage.write("use native")
        await stage.press("enter")
        await stage.until_shown("prod/native (1 of 3)")
        assert stage.is_on(JobsScreen)
        assert "failed" in stage.text()
        await stage.press("colon")
        await stage.write("use prod")
        await stage.press("enter")
        assert "'prod' names 2 of" in stage.lines_of("#status")

    Systems().stage().play(script)


def test_an_act_names_the_system_and_changes_no_other() -> None:
    """The dialog names the system that is shown, and the act goes to its store alone."""
    systems = Systems()

    async def script(stage: Stage) -> None:
        await _all_linked(stage)
        await stage.press("colon")
        await stage.write("use rq")
        await stage.press("enter")
        await stage.until(lambda: len(stage.table().rows) == 2)
        await stage.press("C")
        await stage.until_shown("in prod/rq")
        assert stage.app.connection is not None
        operations = cast("ScriptedOperations", stage.app.connection.operations)
        await stage.press("y")
        await stage.until(lambda: len(operations.performed) == 1)
        others = [link.connection for link in stage.app.links if link is not stage.app.shown]
        assert all(not cast("ScriptedOperations", one.operations).performed for one in others if one is not None)

    systems.stage().play(script)


def test_one_that_is_lost_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of the others go on being read while one is away; it is told of, and shown again once it answers."""
    monkeypatch.setattr("queuetui.monitor.poller.retry_s", lambda _: 60.0)
    systems = Systems()
    systems.refusal = Unreachable("it is away")

    async def script(stage: Stage) -> None:
        await stage.until(lambda: len(stage.app.links) == 3 and stage.app.links[2].state.is_down)
        await stage.press("0")
        await stage.until_shown("NO CONNECTION")
        assert "it is away" in stage.lines_of("#systems")
        polls = stage.feed.polls
        await stage.press("r")
        await stage.until(lambda: stage.feed.polls > polls)
        assert stage.app.link.is_live
        systems.refusal = None
        stage.app.links[2].poller.poll_now()
        await stage.until_shown("cache answers now")
        await stage.press("colon")
        await stage.write("use cache")
        await stage.press("enter")
        await stage.until_shown("cache (3 of 3)")

    systems.stage().play(script)


def test_where_there_is_one_system_nothing_is_said_of_others() -> None:
    """The title has no number, the Overview no list, and the key says how to see several."""

    async def script(stage: Stage) -> None:
        await stage.press("0")
        assert "of 1" not in stage.text()
        assert stage.lines_of("#systems") == ""
        await stage.press("b")
        assert "--profile A --profile B" in stage.lines_of("#status")

    Stage().play(script)


def test_the_jobs_of_all_systems_are_one_list_and_each_act_goes_to_its_own() -> None:
    """`A` lists the jobs of every link; marks over two systems are asked about one after the other, and Enter opens a job at home."""
    systems = Systems()

    async def script(stage: Stage) -> None:
        await _all_linked(stage)
        await stage.press("A")
        await stage.until_shown("all 3 systems")
        await stage.until(
            lambda: {key.partition(":")[0] for key in (row.key for row in stage.table().rows)} == set("012")
        )
        assert "prod/rq 2" in stage.lines_of("#crumbs")
        await stage.press("5")
        await stage.until(lambda: "0 of" not in stage.lines_of("#crumbs") and len(stage.table().rows) == 12)
        assert {row.cells[1].text for row in stage.table().rows} == {"prod/native", "cache"}
        keys = {row.cells[1].text: row.key for row in stage.table().rows}
        stage.table().mark(keys.values())
        await stage.press("R")
        for name in ("prod/native", "cache"):
            await stage.until_shown(f"Retry 1 job in {name}")
            await stage.press("y")
        await stage.until_shown("1 retried")
        assert {title: performed(stage, title) for title in titles(stage)} == {
            "prod/native": 1,
            "prod/rq": 0,
            "cache": 1,
        }
        assert not stage.table().marks
        await stage.press("1", "i")
        await stage.until(
            lambda: (ids := [row.cells[0].text for row in stage.table().rows]) == sorted(ids, reverse=True) != []
        )
        await stage.press("i", "c")
        await stage.write("system")
        await stage.press("enter", "escape")
        await stage.until(lambda: "system" not in stage.table().shown_columns)
        await stage.press("slash")
        await stage.write("type:absent")
        await stage.press("enter")
        await stage.until_shown("No such jobs in 3 of 3 systems")
        await stage.press("X")
        await stage.until_shown("There is no job to purge here")
        await stage.press("escape", "slash")
        await stage.write("queue:nowhere")
        await stage.press("enter")
        await stage.until_shown("No such jobs in 3 of 3 systems")
        await stage.press("escape")
        await stage.until(lambda: stage.table().rows)
        key = stage.table().cursor_key
        await stage.press("enter")
        await stage.until(lambda: stage.is_on(DetailScreen) and "id " in stage.text())
        assert stage.app.numbers[stage.app.shown] == int(str(key).partition(":")[0])
        await stage.press("q")
        assert stage.is_on(AllSystemsScreen)
        assert stage.table().cursor_key == key
        await stage.press("q")
        assert stage.is_on(JobsScreen)

    systems.stage().play(script)


def test_a_purge_leaves_out_no_system_without_a_word() -> None:
    """It is asked about also where the first look has found nothing yet; who cannot answer is named, and who was not asked."""
    systems = Systems()
    systems.feeds["prod/native"] = PartlyLookedThrough()
    systems.feeds["prod/rq"].refused_field = "queue"

    async def script(stage: Stage) -> None:
        await _all_linked(stage)
        await stage.press("A", "slash")
        await stage.write("queue:mail")
        await stage.press("enter")
        await stage.until(lambda: "left out" in stage.lines_of("#crumbs") and len(stage.table().rows))
        assert {row.cells[1].text for row in stage.table().rows} == {"cache"}
        await stage.press("X")
        await stage.until_shown("jobs in prod/native")
        assert "No purge in prod/rq: queue cannot be searched here" in stage.text()
        await stage.press("escape")
        await stage.until_shown("Left; no purge was asked about in cache")
        systems.feeds["prod/native"].jobs = []
        await stage.press("X")
        await stage.until_shown("Nothing to purge in prod/native")
        await stage.press("escape")
        await stage.until_shown("jobs in cache")

    systems.stage().play(script)


def test_what_happens_in_all_systems_is_one_list() -> None:
    """`]` on the list of all systems shows the newest events of every log, each with its system; Enter opens the job of one at home."""
    systems = Systems()

    async def script(stage: Stage) -> None:
        await _all_linked(stage)
        await stage.press("A", "right_square_bracket")
        await stage.until_shown("of 3 of 3 systems")
        await stage.until(
            lambda: {row.cells[2].text for row in stage.table().rows} == {"prod/native", "prod/rq", "cache"}
        )
        stage.table().move_cursor_to(
            next(row.key for row in stage.table().rows if row.cells[2].text == "cache" and row.cells[3].text)
        )
        await stage.press("enter")
        await stage.until(lambda: stage.is_on(DetailScreen))
        assert stage.app.shown.reach.profile.title == "cache"
        await stage.press("q", "left_square_bracket")
        await stage.until_shown("All systems")
        assert stage.is_on(AllSystemsScreen)

    systems.stage().play(script)


def test_the_events_of_all_systems_hang_on_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that hangs holds up no other, and the others go on being read while the system that is shown is away."""
    monkeypatch.setattr("queuetui.monitor.poller.retry_s", lambda _: 60.0)
    monkeypatch.setattr(AllEventsScreen, "ASKED_EVERY_S", 0.0)
    systems, answers = Systems(), threading.Event()

    def hold_calls() -> None:
        if threading.current_thread().name == "queuetui-calls":
            answers.wait(60)

    def lose() -> None:
        raise Unreachable("it is away")

    async def script(stage: Stage) -> None:
        await _all_linked(stage)
        systems.feeds["prod/rq"].before_poll = hold_calls
        await stage.press("A", "right_square_bracket")
        await stage.until_shown("of 2 of 3 systems")
        answers.set()
        await stage.until_shown("of 3 of 3 systems")
        systems.feeds["prod/native"].before_poll = lose
        stage.app.poller.poll_now()
        await stage.until_shown("2 of 3 systems answer")
        asked = len(systems.feeds["cache"].asked)
        stage.app.links[2].poller.poll_now()
        await stage.until(lambda: len(systems.feeds["cache"].asked) > asked)
        assert not stage.table().stale
        assert "prod/native does not answer; its events are old" in stage.lines_of("#crumbs")

    try:
        systems.stage().play(script)
    finally:
        answers.set()


def performed(stage: Stage, title: str) -> int:
    """Return how many acts were done in the system of that title."""
    connection = next(link.connection for link in stage.app.links if link.reach.profile.title == title)
    return 0 if connection is None else len(cast("ScriptedOperations", connection.operations).performed)
