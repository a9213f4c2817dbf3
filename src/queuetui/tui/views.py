"""The views of the console: each link has its own set, and two views span all links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.screen import Screen
from textual.widgets import Input

from queuetui.tui.console import Console
from queuetui.tui.present.tones import Tone
from queuetui.tui.scope import Scope
from queuetui.tui.screens.console_screen import ConsoleScreen
from queuetui.tui.screens.jobs import JobsScreen
from queuetui.tui.session import ConsoleSession

if TYPE_CHECKING:
    from textual.widget import AwaitMount

    from queuetui.tui.session import ConsoleLink

VIEWS = ("jobs", "overview", "failures", "workers", "schedules", "events", "database")
# The views that span all links, and so exist once.
SYSTEMS, ALL_EVENTS = "systems", "all_events"
_OF_ALL = (SYSTEMS, ALL_EVENTS)
# Variants of another view, from which they are reached.
_SIBLINGS = {"groups": "failures", "lives": "events", ALL_EVENTS: SYSTEMS}
# Separates the name of a view from the number of its link in the name of a Textual mode.
_OF_LINK = "@"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where Jobs was opened from: the view, the scope that Jobs had before, and the one opened."""

    view: str
    scope: Scope
    opened: Scope


def _make_screen(module: str, name: str) -> Screen[Any]:
    """Import and make a screen when it is first opened, so that its import does not delay the start."""
    made: Screen[Any] = getattr(import_module(f"queuetui.tui.screens.{module}"), name)()
    return made


class Views(Console, inherit_bindings=False):
    """Keeps which view of which link is in front, and where going back leads."""

    SCREENS_OF_VIEWS: ClassVar[dict[str, Callable[[], Screen[Any]]]] = {
        "jobs": JobsScreen,
        "overview": partial(_make_screen, "overview", "OverviewScreen"),
        "failures": partial(_make_screen, "failures", "FailuresScreen"),
        "groups": partial(_make_screen, "groups", "GroupsScreen"),
        "workers": partial(_make_screen, "workers", "WorkersScreen"),
        "schedules": partial(_make_screen, "schedules", "SchedulesScreen"),
        "database": partial(_make_screen, "database", "DatabaseScreen"),
        "events": partial(_make_screen, "events", "EventsScreen"),
        "lives": partial(_make_screen, "lives", "LivesScreen"),
        SYSTEMS: partial(_make_screen, "all_systems", "AllSystemsScreen"),
        ALL_EVENTS: partial(_make_screen, "all_events", "AllEventsScreen"),
    }
    # Textual parses all styles again when it opens a mode declared in MODES, which costs a tenth of the start.
    DEFAULT_MODE = "jobs"

    def __init__(self, *sessions: ConsoleSession, has_few_colours: bool = False) -> None:
        super().__init__(*sessions, has_few_colours=has_few_colours)
        self._origins: dict[ConsoleLink, Origin | None] = {}

    def get_default_screen(self) -> Screen[Any]:
        """Return the screen that the console opens with."""
        return JobsScreen()

    # Choosing the shown link

    @property
    def view(self) -> str:
        """The view in front; each link has screens of its own, with their own filter, marks and cursor."""
        return self.current_mode.partition(_OF_LINK)[0]

    @property
    def _origin(self) -> Origin | None:
        return self._origins.get(self.shown)

    @_origin.setter
    def _origin(self, origin: Origin | None) -> None:
        self._origins[self.shown] = origin

    def _switch_view(self, view: str) -> AwaitMount | None:
        number = 0 if view in _OF_ALL else self.numbers[self.shown]
        mode = f"{view}{_OF_LINK}{number}" if number else view
        if mode not in self._modes:
            self.add_mode(mode, self.SCREENS_OF_VIEWS[view])
        return None if mode == self.current_mode else self.switch_mode(mode)

    async def action_use(self, name: str = "") -> None:
        """Show another link: the one with that name, or one chosen from a list."""
        titles = [link.reach.profile.title for link in self.links]
        if len(titles) == 1:
            self._say_it_is_alone()
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

    def _say_it_is_alone(self) -> None:
        title = self.profile.title
        if self.connection is None:
            self.flash(f"{title} has not answered yet, so what it holds is not known", Tone.WARNING)
        else:
            self.flash(f"{title} is all that is linked; --profile A --profile B shows several side by side")

    async def _use(self, place: int) -> None:
        link, is_of_all = self.links[place], self.view in _OF_ALL
        if link is self.shown and not is_of_all:
            return
        while len(self.screen_stack) > 1:
            self.pop_screen()
        view = VIEWS[0] if is_of_all else self.view
        self.exchange_shown(link)
        # Jobs is added first, as keys of every view lead to it.
        for each in dict.fromkeys((VIEWS[0], view)):
            switching = self._switch_view(each)
            if switching is not None:
                await switching

    def exchange_shown(self, link: ConsoleLink) -> None:
        """Change the shown link without changing the screen in front."""
        before, self.shown = self.shown, link
        if before.reach.profile.colour != self.profile.colour:
            self.recolour()

    # Leaving and moving about

    async def action_back(self) -> None:
        """Go back one step: leave a screen, the filter, the tab, the queue or the view.

        At the root of Jobs this ends the console.
        """
        if not self._step_back():
            self.exit(0)

    def _step_back(self) -> bool:
        """Go back one step; return False at the root of Jobs."""
        screen = self.screen
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif isinstance(screen, ConsoleScreen) and screen.step_back():
            return True
        elif self.view != VIEWS[0]:
            self._switch_view(VIEWS[0])
        elif self._origin is not None:
            origin = self._origin
            self.jobs_screen().rescope(origin.scope)
            self.action_view(origin.view)
        else:
            return False
        return True

    def action_ladder(self) -> None:
        """Clear the filter, else the marks, else go back one step; never ends the console."""
        screen = self.screen
        if isinstance(screen, ConsoleScreen) and screen.clear_one():
            return
        self._step_back()

    @property
    def opened_scope(self) -> Scope:
        """The scope with which Jobs was opened by another view, else all jobs: going back from it leaves Jobs."""
        return Scope() if self._origin is None else self._origin.opened

    def action_view(self, name: str) -> None:
        """Open one of the views at its root."""
        if name in _OF_ALL and len(self.links) == 1:
            self._say_it_is_alone()
            return
        if name != VIEWS[0]:
            self._origin = None
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self._switch_view(name)

    def action_next_view(self, step: int) -> None:
        """Open the next view, or the previous one."""
        if isinstance(self.focused, Input):
            return
        views = VIEWS if len(self.links) == 1 else (*VIEWS, SYSTEMS)
        place = views.index(_SIBLINGS.get(self.view, self.view))
        self.action_view(views[(place + step) % len(views)])

    def open_jobs_in(self, scope: Scope) -> None:
        """Show the jobs of a scope that another view refers to; going back returns to that view."""
        view = self.view
        jobs = self.jobs_screen()
        self._origin = Origin(view, jobs.scope, scope)
        jobs.rescope(scope)

    def jobs_screen(self) -> JobsScreen:
        """Show Jobs at its root, and return its screen."""
        self.action_view(VIEWS[0])
        return cast("JobsScreen", self.screen)
