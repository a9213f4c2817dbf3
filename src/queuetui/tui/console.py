"""The base of the application: start and end, messages from threads, and the calls of its screens."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.reactive import reactive

from queuetui.monitor.link import Link, LinkState
from queuetui.monitor.store_link import StoreLink
from queuetui.tui import collector
from queuetui.tui.actions import KeyPlace, key_at
from queuetui.tui.crash import crash_text
from queuetui.tui.linked import heading_of
from queuetui.tui.links import Links
from queuetui.tui.messages import HandedOver
from queuetui.tui.partial_draw import PartialDraw, is_partial
from queuetui.tui.present.column_choice import ColumnChoice
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.console_screen import ConsoleScreen
from queuetui.tui.stylesheets import read_styles
from queuetui.tui.terminal import TerminalWatch
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.tone_paint import TONE_CLASSES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import RenderableType
    from textual.screen import Screen

    from queuetui.model.snapshot import Watch
    from queuetui.tui.host import FullScreen
    from queuetui.tui.present.frame import Heading
    from queuetui.tui.session import ConsoleLink, ConsoleSession

_TICK_S = 1.0
_STYLES = ("queuetui/styles", "")


class Console(Links, inherit_bindings=False):
    """Connects after the first paint, and never blocks a key on a store."""

    ENABLE_COMMAND_PALETTE = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(TONE_CLASSES)
    TITLE = "queuetui"
    frozen: reactive[bool] = reactive(False, init=False)

    def __init__(self, *sessions: ConsoleSession, has_few_colours: bool = False) -> None:
        # Blended colours cannot be told apart with 16 colours: there, and without colour, the terminal's own palette is used.
        is_plain = has_few_colours or bool(os.environ.get("NO_COLOR"))
        super().__init__(ansi_color=True if is_plain else None)
        if is_plain:
            self.theme = "ansi-dark"
        self.animation_level = "none"
        # A link keeps its number for as long as the console runs.
        self.numbers: dict[ConsoleLink, int] = {}
        self.links = [self._make_link(session) for session in sessions]
        self.shown = self.links[0]
        self.stylesheet.add_source(read_styles(self.profile.colour), read_from=_STYLES)
        self.command_history: list[str] = []
        self.column_choice = ColumnChoice(hidden=self.profile.hidden_columns)
        self._terminal = TerminalWatch(self)
        self._partial_draw = PartialDraw()

    def _make_link(self, session: ConsoleSession) -> ConsoleLink:
        link: ConsoleLink = StoreLink(session, self, self._hand_over)
        self.numbers[link] = len(self.numbers)
        return link

    def _hand_over(self, deliver: Callable[[], None]) -> None:
        self.post_message(HandedOver(deliver))

    def recolour(self) -> None:
        """Apply the colour of the shown profile."""
        self.stylesheet.add_source(read_styles(self.profile.colour), read_from=_STYLES)
        self.refresh_css(animate=False)

    # Starting and ending

    def on_load(self) -> None:
        """Switch the garbage collector off until the first picture has been shown."""
        collector.hold()

    def on_mount(self) -> None:
        """Start to connect after the first screen has been painted."""
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        self._terminal.start()
        for link in self.links:
            self._start_link(link)
        self._ticking = self.set_interval(_TICK_S, self._tick, name="link")

    def _start_link(self, link: ConsoleLink) -> None:
        self._have_read(link, self._console_screen)
        link.start()

    def _have_read(self, link: ConsoleLink, screen: FullScreen | None) -> None:
        """Tell a link's poller what the screen in front wants read."""
        if screen is not None and (link is self.shown or screen.SHOWS_ALL):
            link.show(screen.wanted)
        elif link is not self.shown:
            link.stand_beside()

    def on_unmount(self) -> None:
        """Stop the links without waiting for their stores."""
        self._terminal.stop()
        for link in self.links:
            link.stop()
        collector.forget()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Draw only the changed cells of a partial update.

        If this version of Textual builds partial updates in another way, Textual draws them itself.
        """
        if is_partial(renderable):
            vars(renderable)["render_segments"] = partial(self._partial_draw.draw, renderable)
        elif renderable is not None:
            self._partial_draw.forget()
        super()._display(screen, renderable)

    def _fatal_error(self) -> None:
        """End after an internal error with a page that shows no value of any variable: no payload, no URL."""
        self._exit_renderables.append(crash_text(self._exception))
        self._close_messages_no_wait()

    # Messages of the links

    def link_changed(self, link: ConsoleLink, before: Link) -> None:
        """Show the state of a link; after a loss the rows stay on the screen, dimmed."""
        if link.state.state is LinkState.LOST:
            collector.let_go()
        if link is not self.shown:
            self._tell_of_other(link, before)
            return
        if link.state.is_down:
            self.unsay(About.STORE)
        self._show_link()
        if link.state.is_live and before.is_down:
            self._flash_link(_greeting(before))

    def _tell_of_other(self, link: ConsoleLink, before: Link) -> None:
        title = link.reach.profile.title
        if link.state.is_down and before.is_live:
            self.flash(f"{title} does not answer: {link.state.reason}", Tone.WARNING)
        elif link.state.is_live and before.is_down:
            self.flash(f"{title} answers {'again' if before.was_live else 'now'}", Tone.GOOD)
        self._show_systems()

    def picture_arrived(self, link: ConsoleLink) -> None:
        """Show the newest picture, unless the screen is frozen or a dialog is up."""
        if not self.frozen:
            if link is self.shown:
                self.show_latest()
            self._show_systems()
        self.call_after_refresh(collector.let_go)

    def page_refused(self, link: ConsoleLink, watch: Watch, reason: str) -> None:
        """Say why the backend cannot answer a filter."""
        for screen in self.screen_stack:
            if (
                isinstance(screen, ConsoleScreen)
                and screen.wanted == watch
                and (link is self.shown or screen.SHOWS_ALL)
            ):
                screen.refuse(link, reason)

    def found_beside(self, link: ConsoleLink, reaches: Sequence[ConsoleSession]) -> None:
        """Add a link to each other queue system that was found in a store."""
        found = [self._make_link(session) for session in reaches]
        behind = self.links.index(link) + 1
        self.links[behind:behind] = found
        for one in found:
            self._start_link(one)
        choose, every = (key_at(KeyPlace.EVERYWHERE, name) for name in ("use", "systems"))
        self.flash(
            f"{len(self.links)} queue systems are linked: {choose} chooses which is shown, {every} lists the jobs of all"
        )
        self._show_link()
        self._show_systems()

    def _show_systems(self) -> None:
        screen = self._console_screen
        if len(self.links) > 1 and screen is not None and screen.is_mounted:
            screen.show_systems(self.systems)

    # The interface for screens

    @property
    def heading(self) -> Heading:
        """The content of the first line while the store answers."""
        several = f" ({self.links.index(self.shown) + 1} of {len(self.links)})" if len(self.links) > 1 else ""
        title, is_read_only = f"{self.profile.title}{several}", self.is_read_only
        return heading_of(self.shown, title, is_read_only=is_read_only, frozen=self.frozen)

    def screen_came_up(self, screen: FullScreen) -> None:
        """Read what this screen wants, and show it the latest picture meanwhile."""
        for link in self.links:
            self._have_read(link, screen)
        if not self.frozen:
            screen.status.end_about(About.FREEZING)
        if self.link.is_down:
            screen.status.end_about(About.STORE)
        screen.show_frame()
        if self.latest is not None:
            screen.show_alarms(self.latest.picture.alarms)
            screen.show_picture(self.latest.picture, self.latest.watch)
        screen.show_systems(self.systems)

    def read_again(self) -> None:
        """Read again, after the screen in front changed what it wants read."""
        if self._console_screen is not None:
            for link in self.links:
                self._have_read(link, self._console_screen)

    def flash(self, text: str, tone: Tone = Tone.PLAIN, about: About = About.ANSWER) -> None:
        """Show a message on the status line of the screen in front."""
        if (screen := self._full_screen) is not None:
            screen.flash(text, tone, about=about)

    def unsay(self, about: About) -> None:
        """Clear the status line if its message is about this subject."""
        if (screen := self._full_screen) is not None:
            screen.status.end_about(about)

    def flash_report(self, text: str, tone: Tone) -> None:
        """Show the outcome of an act on the status line of the screen in front."""
        if (screen := self._full_screen) is not None:
            screen.flash_report(text, tone)

    def _flash_link(self, text: str) -> None:
        if (screen := self._full_screen) is not None:
            screen.status.tell_of_store(text, Tone.GOOD)

    @property
    def _full_screen(self) -> ConsoleScreen | None:
        """The full screen in front, or the one behind the dialogs."""
        found = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, ConsoleScreen)), None)
        return found if found is not None and found.is_attached else None

    @property
    def _console_screen(self) -> ConsoleScreen | None:
        """The screen on top; None if that is a dialog, or after the console has ended."""
        return next((screen for screen in self.screen_stack[-1:] if isinstance(screen, ConsoleScreen)), None)

    def show_latest(self) -> None:
        """Show the newest picture on the screen in front."""
        screen = self._console_screen
        if self.latest is not None and screen is not None and screen.is_mounted:
            screen.show_frame()
            screen.show_alarms(self.latest.picture.alarms)
            screen.show_picture(self.latest.picture, self.latest.watch)

    def _tick(self) -> None:
        """Notice silent stores, and update the time since they last answered."""
        for link in self.links:
            link.look_at_clock()
        if self.link.is_down:
            self._show_link()
        if any(link.state.is_down for link in self.links):
            self._show_systems()

    def _show_link(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen) and screen.is_mounted:
                screen.show_frame()


def _greeting(before: Link) -> str:
    """Return the message for a store that answers, depending on its state before."""
    if not before.was_live:
        return "Connected"
    silent = before.state is LinkState.SILENT
    return "The store answers again" if silent else "Connected again; everything on screen is fresh"
