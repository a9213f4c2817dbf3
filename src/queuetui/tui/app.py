"""The application: the actions that work on every view."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.binding import BindingType
from textual.dom import DOMNode

from queuetui.model.errors import BadQuery
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.identity import find_queue, true_name
from queuetui.tui.present.queue_rows import picked_queue
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.unbound import unbound_text
from queuetui.tui.screens.console_screen import ConsoleScreen
from queuetui.tui.screens.jobs import JobsScreen
from queuetui.tui.session import ConsoleSession
from queuetui.tui.terminal import has_few_colours, require_terminal
from queuetui.tui.views import SYSTEMS, Views
from queuetui.tui.widgets.status_line import About

if TYPE_CHECKING:
    from queuetui.model.page import IdSearch
    from queuetui.tui.host import ConsoleHost
    from queuetui.tui.screens.events import EventsScreen
    from queuetui.tui.screens.system_list import SystemList
    from queuetui.tui.session import ConsoleLink

RATES_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class QueueTui(Views, inherit_bindings=False):
    """Runs the actions that work on every view."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.EVERYWHERE)

    def on_key(self, event: events.Key) -> None:
        """Say where a key works that has no action here, or which key to press instead."""
        screen = self.screen
        if isinstance(screen, ConsoleScreen) and event.key not in screen.active_bindings:
            self.flash(unbound_text(event.key, event.character, screen.places), Tone.MUTED)

    def action_tab(self, digit: str) -> None:
        """Show the jobs of one state tab; of all systems if their list is in front."""
        self._list_of_jobs().choose_tab(digit)

    def action_jobs(self, queue: str = "") -> None:
        """Show the jobs of one queue, or of all."""
        name = find_queue(None if self.latest is None else self.latest.picture.snapshot, queue) if queue else None
        if queue and name is None:
            self.flash(f"no queue is called {queue!r} here; Q lists them", Tone.WARNING)
            return
        self.jobs_screen().choose_queue(name)

    def action_filter(self, text: str = "") -> None:
        """Filter the jobs; those of all systems if their list is in front."""
        self._list_of_jobs().apply_filter_text(text)

    def action_events(self, text: str = "") -> None:
        """Show the events, or those that match a filter; waits until the store answers."""
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
        """Open the job whose id equals the typed text or ends in it."""

        def open_found(found: tuple[str, ...]) -> None:
            if len(found) == 1:
                self.open_job(found[0])
            else:
                self.flash(
                    f"{'no job has' if not found else 'several jobs have'} an id that ends in {job_id}", Tone.WARNING
                )

        self.find_jobs(job_id, open_found, lambda why: self.flash(why, Tone.CRITICAL))

    def find_jobs(self, suffix: str, take: Callable[[tuple[str, ...]], None], miss: Callable[[str], None]) -> None:
        """Look for the jobs whose id equals the typed text or ends in it.

        If that takes long, a dialog asks whether to search on.
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

        self.calls.read(lambda: connection.feed.find(suffix), go_on, miss)

    def open_job(self, job_id: str, tab: str = "Summary") -> None:
        """Open the detail screen of a job."""
        from queuetui.tui.screens.detail import DetailScreen

        self.push_screen(DetailScreen(job_id, tab))

    def open_job_of(self, link: ConsoleLink, job_id: str, tab: str = "Summary") -> None:
        """Show a link and open the detail screen of one of its jobs; going back returns here."""
        self.exchange_shown(link)
        self.open_job(job_id, tab)

    def action_help(self) -> None:
        """List every key of the screen in front."""
        from queuetui.tui.screens.help import HelpScreen

        if isinstance(self.screen, ConsoleScreen):
            self.push_screen(HelpScreen(self.screen.PLACE, self.screen.places, self.screen.why_not, self.session.hint))

    def action_command(self) -> None:
        """Open the command line."""
        from queuetui.tui.dialogs.command import CommandDialog

        if isinstance(self.screen, ConsoleScreen):
            queues = (
                [] if self.latest is None else [true_name(queue.name) for queue in self.latest.picture.snapshot.queues]
            )
            dialog = CommandDialog(self.screen.places, self.screen.why_not, self.command_history, queues)
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
                self.jobs_screen().choose_queue(picked_queue(key))

        self.push_screen(QueueDialog(self.latest.picture), choose)

    # Reading

    def action_refresh(self) -> None:
        """Read the store now."""
        screen = self.screen
        is_of_all = isinstance(screen, ConsoleScreen) and screen.SHOWS_ALL
        if isinstance(screen, ConsoleScreen):
            screen.ask_anew()
        for link in self.links if is_of_all else (self.shown,):
            link.poller.poll_now()

    def action_freeze(self) -> None:
        """Freeze the screen, or update it again."""
        self.frozen = not self.frozen
        if self.frozen:
            self.flash("Frozen: reading goes on behind the screen; z lets it show", Tone.WARNING, About.FREEZING)
        else:
            self.unsay(About.FREEZING)
        self.show_latest()

    def action_slower(self) -> None:
        """Poll less often."""
        self._choose_rate(next((rate for rate in RATES_S if rate > self.poller.interval_s), RATES_S[-1]))

    def action_faster(self) -> None:
        """Poll more often."""
        self._choose_rate(next((rate for rate in reversed(RATES_S) if rate < self.poller.interval_s), RATES_S[0]))

    def action_rate(self, seconds: str) -> None:
        """Poll every so many seconds."""
        try:
            self._choose_rate(float(seconds.removesuffix("s")))
        except ValueError:
            self.flash(f"{seconds!r} is not a number of seconds; write it like :rate 5", Tone.WARNING)

    def _choose_rate(self, interval_s: float) -> None:
        self.poller.choose_interval(interval_s)
        self.flash(f"Reading every {self.poller.interval_s:g} s")

    def _list_of_jobs(self) -> JobsScreen | SystemList:
        is_in_front = self.view == SYSTEMS and len(self.screen_stack) == 1
        return cast("SystemList", self.screen) if is_in_front else self.jobs_screen()


if TYPE_CHECKING:

    def _as_host(app: QueueTui) -> ConsoleHost:
        """Let the type checker prove that the application implements ConsoleHost."""
        return app


def run_console(*sessions: ConsoleSession) -> int:
    """Open the console on this terminal and return the exit code; raises Unsupported.

    It runs until a person or a signal ends it.
    """
    require_terminal()
    app = QueueTui(*sessions, has_few_colours=has_few_colours(os.environ))
    # Mouse reports are off, so that the terminal itself selects text, also over SSH.
    app.run(mouse=False)
    return app.return_code or 0
