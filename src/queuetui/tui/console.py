"""What every screen asks of the console, and what its threads tell it."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.reactive import reactive

from queuetui.model.act import Verb
from queuetui.monitor.link import Link, LinkState
from queuetui.monitor.poller import Poller
from queuetui.tui import collector
from queuetui.tui.actions import Action
from queuetui.tui.background import BackgroundCalls
from queuetui.tui.crash import crash_text
from queuetui.tui.messages import CallEnded, Connected, LinkLost, PageRefused, PictureArrived, PollMessages
from queuetui.tui.partial_draw import draw_spans, is_partial
from queuetui.tui.present.column_choice import ColumnChoice
from queuetui.tui.present.frame import READ_ONLY, Heading
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.console_screen import ConsoleScreen
from queuetui.tui.stylesheets import read_styles
from queuetui.tui.terminal import TerminalWatch
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.tone_paint import TONE_CLASSES

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen

    from queuetui.model.capabilities import Capabilities
    from queuetui.tui.host import FullScreen
    from queuetui.tui.session import Connection, ConsoleSession

_TICK_S = 1.0
SILENT_AFTER_S = 3.0
ABANDON_AFTER_S = 15.0


class Console(App[int], inherit_bindings=False):
    """Shows one profile; connects after the first paint and never lets the store hold up a key."""

    ENABLE_COMMAND_PALETTE = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(TONE_CLASSES)
    TITLE = "queuetui"
    frozen: reactive[bool] = reactive(False, init=False)

    def __init__(self, session: ConsoleSession, *, has_few_colours: bool = False) -> None:
        # What is mixed for a screen of many colours falls together on one of 16: there, and without colour, the terminal's own serve.
        is_plain = has_few_colours or bool(os.environ.get("NO_COLOR"))
        super().__init__(ansi_color=True if is_plain else None)
        if is_plain:
            self.theme = "ansi-dark"
        self.animation_level = "none"
        self.stylesheet.add_source(read_styles(session.profile.colour), read_from=("queuetui/styles", ""))
        self.session = session
        self.profile = session.profile
        self.command_history: list[str] = []
        self.column_choice = ColumnChoice(hidden=session.profile.hidden_columns)
        self.poll_messages = PollMessages(self.post_message)
        self.poller = Poller(session.open, self.poll_messages, session.profile.poll_s)
        self.calls = BackgroundCalls(self.post_message)
        self.link = Link()
        self.connection: Connection | None = None
        self.capabilities: Capabilities | None = None
        self.latest: PictureArrived | None = None
        self._terminal = TerminalWatch(self)

    # Starting and ending

    def on_load(self) -> None:
        """Let nothing hold up the first screen."""
        collector.hold()

    def on_mount(self) -> None:
        """Begin to connect, once the first screen is up."""
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        self._terminal.start()
        self.calls.start()
        if self._console_screen is not None:
            self.poller.watch(self._console_screen.wanted)
        self.poller.start()
        self._ticking = self.set_interval(_TICK_S, self._tick, name="link")

    def on_unmount(self) -> None:
        """Let go of the store without waiting for it."""
        self._terminal.stop()
        self.poller.stop()
        collector.forget()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Draw of a partial update its cells alone.

        Where Textual makes it otherwise than is known here, it draws as ever.
        """
        if is_partial(renderable):
            vars(renderable)["render_segments"] = partial(draw_spans, renderable)
        super()._display(screen, renderable)

    def _fatal_error(self) -> None:
        """End on a fault of our own with a page that holds no value of any variable: no payload, no URL."""
        self._exit_renderables.append(crash_text(self._exception))
        self._close_messages_no_wait()

    # What the threads tell

    def on_connected(self, message: Connected) -> None:
        """Take up a store that answers."""
        before = self.link
        self.connection, self.capabilities = message.connection, message.capabilities
        self._set_link(Link(LinkState.LIVE, was_live=True))
        if before.is_down:
            self._flash_link("Connected again; everything on screen is fresh" if before.was_live else "Connected")

    def on_picture_arrived(self, message: PictureArrived) -> None:
        """Keep the newest picture and show it, unless the screen is frozen or a dialog is up."""
        if self.link.state is LinkState.SILENT:
            self._set_link(Link(LinkState.LIVE, was_live=True))
            self._flash_link("The store answers again")
        self.latest = message
        if not self.frozen:
            self.show_latest()
        self.call_after_refresh(collector.let_go)

    def on_page_refused(self, message: PageRefused) -> None:
        """Say why the backend cannot answer a filter."""
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen) and screen.wanted == message.watch:
                screen.refuse(message.reason)

    def on_link_lost(self, message: LinkLost) -> None:
        """Keep what is on the screen, dimmed, and say when the next try is."""
        collector.let_go()
        now = time.monotonic()
        lost_at = self.link.lost_at if self.link.is_down else now
        was_live = self.link.was_live
        self._set_link(Link(LinkState.LOST, message.reason, message.attempt, lost_at, now + message.retry_s, was_live))

    def on_call_ended(self, message: CallEnded) -> None:
        """Hand the answer to whoever asked."""
        message.deliver()

    # What screens ask

    @property
    def title_text(self) -> str:
        """The profile's name on screen."""
        return self.profile.title

    @property
    def link_text(self) -> str:
        """The sentence about a store that does not answer."""
        return self.link.describe(time.monotonic())

    @property
    def heading(self) -> Heading:
        """What the first line tells while the store answers."""
        latest, capabilities = self.latest, self.capabilities
        return Heading(
            title=self.profile.title,
            backend="" if capabilities is None else capabilities.label,
            grade="" if capabilities is None else capabilities.durability,
            rights="" if self.connection is None else READ_ONLY if self.is_read_only else "operate",
            pace_s=self.poller.interval_s if latest is None else round(latest.pace_s, 1),
            is_slowed=latest is not None and latest.pace_s > self.poller.interval_s,
            cost_s=None if latest is None else latest.cost_s,
            clock="" if latest is None else f"{latest.picture.snapshot.now:%H:%M:%S}",
            frozen=self.frozen,
        )

    @property
    def is_read_only(self) -> bool:
        """Whether the profile's rights rule out every act that the backend knows."""
        if self.connection is None or self.capabilities is None:
            return False
        verbs = self.capabilities.verbs & {Verb.RETRY, Verb.CANCEL, Verb.DELETE, Verb.PAUSE}
        return all(self.connection.operations.why_not(verb) is not None for verb in verbs)

    def why_not(self, action: Action) -> str | None:
        """Return why an action is not to be had just now, None when it is."""
        if action.verb is None:
            return None
        if self.connection is None or not self.link.is_live:
            return "the store does not answer; nothing can be changed until it does"
        return self.connection.operations.why_not(action.verb)

    def screen_came_up(self, screen: FullScreen) -> None:
        """Read what this screen wants, and show it what is known already."""
        self.poller.watch(screen.wanted)
        if not self.frozen:
            screen.status.end_about(About.FREEZING)
        if self.link.is_down:
            screen.status.end_about(About.STORE)
        screen.show_frame()
        if self.latest is not None:
            screen.show_picture(self.latest.picture, self.latest.watch)

    def read_again(self) -> None:
        """Read what the screen wants now, as that has changed."""
        if self._console_screen is not None:
            self.poller.watch(self._console_screen.wanted)

    def flash(self, text: str, tone: Tone = Tone.PLAIN, about: About = About.ANSWER) -> None:
        """Say something on the status line of the screen in front."""
        if (screen := self._full_screen) is not None:
            screen.flash(text, tone, about=about)

    def unsay(self, about: About) -> None:
        """Say no more of what is gone."""
        if (screen := self._full_screen) is not None:
            screen.status.end_about(about)

    def flash_report(self, text: str, tone: Tone) -> None:
        """Say what became of an act on the status line of the screen in front."""
        if (screen := self._full_screen) is not None:
            screen.flash_report(text, tone)

    def _flash_link(self, text: str) -> None:
        if (screen := self._full_screen) is not None:
            screen.status.tell_of_store(text, Tone.GOOD)

    @property
    def _full_screen(self) -> ConsoleScreen | None:
        """The screen in front, or the one behind the dialogs."""
        found = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, ConsoleScreen)), None)
        return found if found is not None and found.is_attached else None

    @property
    def _console_screen(self) -> ConsoleScreen | None:
        """The screen on top, unless a dialog is."""
        return self.screen if isinstance(self.screen, ConsoleScreen) else None

    def show_latest(self) -> None:
        """Show the newest picture on the screen in front."""
        screen = self._console_screen
        if self.latest is not None and screen is not None and screen.is_mounted:
            screen.show_frame()
            screen.show_picture(self.latest.picture, self.latest.watch)

    def _set_link(self, link: Link) -> None:
        self.link = link
        if link.is_down:
            self.unsay(About.STORE)
        self._show_link()

    def _tick(self) -> None:
        """Notice a store that keeps silent, and let the time without it be seen to pass."""
        silent_s = self.poller.silent_s
        if silent_s >= ABANDON_AFTER_S:
            self.calls.abandon()
            self.poller.abandon(
                f"the store has not answered for {silent_s:.0f} s; it hangs, or the network drops what is sent"
            )
        elif silent_s >= SILENT_AFTER_S and not self.link.is_down:
            reason = "the store keeps silent; what is shown is as old as that"
            self._set_link(
                Link(LinkState.SILENT, reason, lost_at=time.monotonic() - silent_s, was_live=self.link.was_live)
            )
        elif self.link.is_down:
            self._show_link()

    def _show_link(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen) and screen.is_mounted:
                screen.show_frame()
