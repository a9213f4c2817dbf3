"""The app: the views, and what keys and commands do on every one of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.binding import BindingType
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input

from queuetui.model.errors import BadQuery
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.console import Console
from queuetui.tui.present.identity import find_queue, typable_queues
from queuetui.tui.present.queue_rows import picked_queue
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.unbound import unbound_text
from queuetui.tui.scope import Scope
from queuetui.tui.screens.console_screen import ConsoleScreen
from queuetui.tui.screens.jobs import JobsScreen
from queuetui.tui.session import ConsoleSession
from queuetui.tui.terminal import has_few_colours, require_terminal
from queuetui.tui.widgets.status_line import About

if TYPE_CHECKING:
    from textual.widget import AwaitMount

    from queuetui.model.page import IdSearch
    from queuetui.tui.host import ConsoleHost
    from queuetui.tui.screens.events import EventsScreen
    from queuetui.tui.session import ConsoleLink

VIEWS = ("jobs", "overview", "failures", "workers", "schedules", "events", "database")
# Between the name of a view and the number of its link, in the name of a mode.
_OF_LINK = "@"
RATES_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True)
class Origin:
    """The view from which jobs were opened, the scope that Jobs had before, and the one that was opened."""

    view: str
    scope: Scope
    opened: Scope


def _make_screen(module: str, name: str) -> Screen[Any]:
    """Import a screen when it is first opened, so that the first one is not kept waiting by the others."""
    made: Screen[Any] = getattr(import_module(f"queuetui.tui.screens.{module}"), name)()
    return made


class QueueTui(Console, inherit_bindings=False):
    """The views of each link, and what keys do on every one of them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.EVERYWHERE)
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "jobs": JobsScreen,
        "overview": partial(_make_screen, "overview", "OverviewScreen"),
        "failures": partial(_make_screen, "failures", "FailuresScreen"),
        "workers": partial(_make_screen, "workers", "WorkersScreen"),
        "schedules": partial(_make_screen, "schedules", "SchedulesScreen"),
        "database": partial(_make_screen, "database", "DatabaseScreen"),
        "events": partial(_make_screen, "events", "EventsScreen"),
    }
    DEFAULT_MODE = "jobs"

    def __init__(self, *sessions: ConsoleSession, has_few_colours: bool = False) -> None:
        super().__init__(*sessions, has_few_colours=has_few_colours)
        self._origins: dict[ConsoleLink, Origin | None] = {}

    def on_key(self, event: events.Key) -> None:
        """Say of a key that nothing here takes where it works, or what to press instead."""
        screen = self.screen
        if isinstance(screen, ConsoleScreen) and event.key not in screen.active_bindings:
            self.flash(unbound_text(event.key, event.character, screen.places), Tone.MUTED)

    # Which link is shown

    @property
    def view(self) -> str:
        """The view in front; each link has its own screens, and so its own filter, marks and cursor."""
        return self.current_mode.partition(_OF_LINK)[0]

    @property
    def _origin(self) -> Origin | None:
        return self._origins.get(self.shown)

    @_origin.setter
    def _origin(self, origin: Origin | None) -> None:
        self._origins[self.shown] = origin

    def _switch_view(self, view: str) -> AwaitMount | None:
        number = self.numbers[self.shown]
        mode = f"{view}{_OF_LINK}{number}" if number else view
        if mode not in self._modes:
            self.add_mode(mode, self.MODES[view])
        return None if mode == self.current_mode else self.switch_mode(mode)

    async def action_use(self, name: str = "") -> None:
        """Show another link: the one of that name, or one that is chosen from a list."""
        titles = [link.reach.profile.title for link in self.links]
        if len(titles) == 1:
            self.flash(f"{titles[0]} is all that is linked; --profile A --profile B shows several side by side")
        elif name:
            fitting = [title for title in titles if title == name] or [title for title in titles if name in title]
            if len(fitting) == 1:
                await self._use(titles.index(fitting[0]))
            else:
                self.flash(f"{name!r} names {len(fitting) or 'none'} of {', '.join(titles)}", Tone.WARNING)
        else:
            from queuetui.tui.dialogs.systems import SystemDialog

            async def choose(key: str | None) -> None:
                if key is not None:
                    await self._use(int(key))

            self.push_screen(SystemDialog(self.systems), choose)

    async def _use(self, place: int) -> None:
        link = self.links[place]
        if link is self.shown:
            return
        while len(self.screen_stack) > 1:
            self.pop_screen()
        view, before, self.shown = self.view, self.shown, link
        before.stand_beside()
        if before.reach.profile.colour != self.profile.colour:
            self.recolour()
        # Jobs is there from the start, as keys of every view lead to it.
        for each in dict.fromkeys((VIEWS[0], view)):
            switching = self._switch_view(each)
            if switching is not None:
                await switching

    # Leaving and moving about

    async def action_back(self) -> None:
        """Go back one step: out of a screen, the filter, the tab, the queue or the view.

        At the root of Jobs it ends the console.
        """
        if not self._step_back():
            self.exit(0)

    def _step_back(self) -> bool:
        """Go back one step; False at the root of Jobs, from where there is none."""
        screen = self.screen
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif isinstance(screen, ConsoleScreen) and screen.step_back():
            return True
        elif self.view != VIEWS[0]:
            self._switch_view(VIEWS[0])
        elif self._origin is not None:
            origin = self._origin
            self._jobs_screen().rescope(origin.scope)
            self.action_view(origin.view)
        else:
            return False
        return True

    def action_ladder(self) -> None:
        """Clear the nearest thing: the filter, the marks, else go back; never ends the console."""
        screen = self.screen
        if isinstance(screen, ConsoleScreen) and screen.clear_one():
            return
        self._step_back()

    @property
    def opened_scope(self) -> Scope:
        """The scope of Jobs from which going back leaves it: what another view opened, else all jobs."""
        return Scope() if self._origin is None else self._origin.opened

    def action_view(self, name: str) -> None:
        """Open one of the views, at its own root."""
        if name != VIEWS[0]:
            self._origin = None
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self._switch_view(name)

    def action_next_view(self, step: int) -> None:
        """Open the next view, or the previous one."""
        if isinstance(self.focused, Input):
            return
        place = VIEWS.index(self.view)
        self.action_view(VIEWS[(place + step) % len(VIEWS)])

    def action_tab(self, digit: str) -> None:
        """Show the jobs of one state tab."""
        self._jobs_screen().choose_tab(digit)

    def action_jobs(self, queue: str = "") -> None:
        """Show the jobs of one queue, or of all."""
        name = find_queue(None if self.latest is None else self.latest.picture.snapshot, queue) if queue else None
        if queue and name is None:
            self.flash(f"no queue is called {queue!r} here; Q lists them", Tone.WARNING)
            return
        self._jobs_screen().choose_queue(name)

    def open_jobs_in(self, scope: Scope) -> None:
        """Show the jobs of a scope that another view points at; leaving them leads back to it."""
        view = self.view
        jobs = self._jobs_screen()
        self._origin = Origin(view, jobs.scope, scope)
        jobs.rescope(scope)

    def action_filter(self, text: str = "") -> None:
        """Filter the jobs."""
        self._jobs_screen().apply_filter_text(text)

    def action_events(self, text: str = "") -> None:
        """Show what happens; with a filter, of what it names, once the store answers."""
        if text and self.connection is None:
            self.flash("the store does not answer yet", Tone.WARNING)
            return
        from queuetui.model.event_filter import parse_event_filter

        try:
            asked = parse_event_filter(text)
        except BadQuery as error:
            self.flash(str(error), Tone.CRITICAL)
            return
        self.action_view("events")
        if text:
            cast("EventsScreen", self.screen).narrow(asked)

    def action_show(self, job_id: str) -> None:
        """Open the job whose id is or ends in what was typed."""

        def open_found(found: tuple[str, ...]) -> None:
            if len(found) == 1:
                self.open_job(found[0])
            else:
                self.flash(
                    f"{'no job has' if not found else 'several jobs have'} an id that ends in {job_id}", Tone.WARNING
                )

        self.find_jobs(job_id, open_found, lambda why: self.flash(why, Tone.CRITICAL))

    def find_jobs(self, suffix: str, take: Callable[[tuple[str, ...]], None], miss: Callable[[str], None]) -> None:
        """Look for the jobs whose id is or ends in what was typed.

        A person is asked how far, where that takes long.
        """
        from queuetui.tui.dialogs.seek import SeekDialog

        connection = self.connection
        if connection is None:
            self.flash("the store does not answer yet", Tone.WARNING)
            return

        def take_found(search: IdSearch | None) -> None:
            if search is not None:
                take(tuple(ref.id for ref in search.refs))

        def go_on(search: IdSearch) -> None:
            if search.refs or search.reached is None:
                take_found(search)
            else:
                self.push_screen(SeekDialog(suffix, connection.feed, self.calls, search), take_found)

        self.calls.send(lambda: connection.feed.find(suffix), go_on, miss)

    def open_job(self, job_id: str, tab: str = "Summary") -> None:
        """Open one job whole."""
        from queuetui.tui.screens.detail import DetailScreen

        self.push_screen(DetailScreen(job_id, tab))

    def action_help(self) -> None:
        """List every key of the screen in front."""
        from queuetui.tui.screens.help import HelpScreen

        if isinstance(self.screen, ConsoleScreen):
            self.push_screen(HelpScreen(self.screen.PLACE, self.screen.places, self.why_not, self.session.hint))

    def action_command(self) -> None:
        """Open the command line."""
        from queuetui.tui.dialogs.command import CommandDialog

        if isinstance(self.screen, ConsoleScreen):
            queues = () if self.latest is None else typable_queues(self.latest.picture.snapshot)
            dialog = CommandDialog(self.screen.places, self.why_not, self.command_history, queues)
            self.push_screen(dialog, self._run_command)

    async def _run_command(self, call: str | None) -> None:
        if call is not None:
            method = f"action_{call.partition('(')[0]}"
            nodes: tuple[DOMNode | None, ...] = (self.screen.focused, self.screen, self)
            target = next(node for node in nodes if node is not None and hasattr(node, method))
            await self.run_action(call, target)

    def action_queues(self) -> None:
        """Choose the queue whose jobs are shown."""
        from queuetui.tui.dialogs.queues import QueueDialog

        if self.latest is None:
            self.flash("nothing has been read yet", Tone.WARNING)
            return

        def choose(key: str | None) -> None:
            if key is not None:
                self._jobs_screen().choose_queue(picked_queue(key))

        self.push_screen(QueueDialog(self.latest.picture), choose)

    # Reading

    def action_refresh(self) -> None:
        """Read now."""
        self.poller.poll_now()

    def action_freeze(self) -> None:
        """Hold the screen still, or let it go on."""
        self.frozen = not self.frozen
        if self.frozen:
            self.flash("Frozen: reading goes on behind the screen; z lets it show", Tone.WARNING, About.FREEZING)
        else:
            self.unsay(About.FREEZING)
        self.show_latest()

    def action_slower(self) -> None:
        """Read less often."""
        self._choose_rate(next((rate for rate in RATES_S if rate > self.poller.interval_s), RATES_S[-1]))

    def action_faster(self) -> None:
        """Read more often."""
        self._choose_rate(next((rate for rate in reversed(RATES_S) if rate < self.poller.interval_s), RATES_S[0]))

    def action_rate(self, seconds: str) -> None:
        """Read every so many seconds."""
        try:
            self._choose_rate(float(seconds.removesuffix("s")))
        except ValueError:
            self.flash(f"{seconds!r} is not a number of seconds; write it like :rate 5", Tone.WARNING)

    def _choose_rate(self, interval_s: float) -> None:
        self.poller.choose_interval(interval_s)
        self.flash(f"Reading every {self.poller.interval_s:g} s")

    def _jobs_screen(self) -> JobsScreen:
        self.action_view(VIEWS[0])
        return cast("JobsScreen", self.screen)


if TYPE_CHECKING:

    def _as_host(app: QueueTui) -> ConsoleHost:
        """Have the type checker hold the app to what its screens ask of it."""
        return app


def run_console(*sessions: ConsoleSession) -> int:
    """Open the console on this terminal and return the exit code. Raises Unsupported.

    A person or a signal ends it.
    """
    require_terminal()
    app = QueueTui(*sessions, has_few_colours=has_few_colours(os.environ))
    app.run(mouse=False)
    return app.return_code or 0
