"""The interface between the console and its screens, one protocol for each side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from queuetui.tui.present.tones import Tone

if TYPE_CHECKING:
    from queuetui.config.profile import Profile
    from queuetui.model.access import Access
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.picture import Picture, Warned
    from queuetui.model.snapshot import Watch
    from queuetui.monitor.background import BackgroundCalls
    from queuetui.monitor.link import Link
    from queuetui.monitor.store_link import PollResult
    from queuetui.tui.action import Action
    from queuetui.tui.present.column_choice import ColumnChoice
    from queuetui.tui.present.frame import Heading
    from queuetui.tui.present.systems import SystemRow
    from queuetui.tui.scope import Scope
    from queuetui.tui.session import Connection, ConsoleLink
    from queuetui.tui.widgets.status_line import StatusLine


class FullScreen(Protocol):
    """A full screen, as the console sees it."""

    SHOWS_ALL: ClassVar[bool]
    """Whether the screen shows all links, so that each of them reads what it wants."""

    @property
    def wanted(self) -> Watch:
        """The parts of the store that the screen wants read."""
        ...

    @property
    def status(self) -> StatusLine:
        """The screen's status line, above its footer."""
        ...

    def show_frame(self) -> object:
        """Show the state of the store in the frame."""
        ...

    def show_alarms(self, alarms: Sequence[Warned]) -> object:
        """Show the alarms."""
        ...

    def show_picture(self, picture: Picture, watch: Watch) -> object:
        """Show a picture; `watch` is the request that it answers."""
        ...

    def show_systems(self, rows: Sequence[SystemRow]) -> object:
        """Show the state of every link, if this screen lists them."""
        ...


class ConsoleHost(Protocol):
    """The console, as its screens see it."""

    column_choice: ColumnChoice
    links: list[ConsoleLink]
    numbers: dict[ConsoleLink, int]
    shown: ConsoleLink

    @property
    def profile(self) -> Profile:
        """The profile of the shown link."""
        ...

    @property
    def link(self) -> Link:
        """The state of the shown link."""
        ...

    @property
    def connection(self) -> Connection | None:
        """The connection to the shown store, None until the store has answered."""
        ...

    @property
    def capabilities(self) -> Capabilities | None:
        """The capabilities of the shown store, None until the store has answered."""
        ...

    @property
    def latest(self) -> PollResult | None:
        """The latest reading of the shown store."""
        ...

    @property
    def calls(self) -> BackgroundCalls:
        """The background thread that runs calls to the store for a person."""
        ...

    @property
    def frozen(self) -> bool:
        """Whether the screen is frozen."""
        ...

    @property
    def is_read_only(self) -> bool:
        """Whether the rights of the shown profile rule out every act."""
        ...

    @property
    def title_text(self) -> str:
        """The profile's name on screen."""
        ...

    @property
    def link_text(self) -> str:
        """The sentence that describes the link while its store does not answer."""
        ...

    @property
    def heading(self) -> Heading:
        """The content of the first line while the store answers."""
        ...

    @property
    def opened_scope(self) -> Scope:
        """The scope with which Jobs was opened: going back from it leaves Jobs."""
        ...

    def access_to(self, link: ConsoleLink) -> Access:
        """Return how advised commands reach a link's store."""
        ...

    def is_read_only_in(self, link: ConsoleLink) -> bool:
        """Tell whether the rights in a link's store rule out every act."""
        ...

    def why_not(self, action: Action, link: ConsoleLink | None = ...) -> str | None:
        """Return why an action is not available now in a link (by default the shown one), None if it is."""
        ...

    def screen_came_up(self, screen: FullScreen) -> None:
        """Read what this screen wants, and show it the latest picture meanwhile."""
        ...

    def read_again(self) -> None:
        """Read again, after the screen in front changed what it wants read."""
        ...

    def action_refresh(self) -> None:
        """Read the store now."""
        ...

    def flash_report(self, text: str, tone: Tone) -> None:
        """Show the outcome of an act on the status line of the screen in front."""
        ...

    def open_job(self, job_id: str, tab: str = ...) -> None:
        """Open the detail screen of a job."""
        ...

    def open_job_of(self, link: ConsoleLink, job_id: str, tab: str = ...) -> None:
        """Show a link and open the detail screen of one of its jobs."""
        ...

    def open_jobs_in(self, scope: Scope) -> None:
        """Show the jobs of a scope; going back returns here."""
        ...

    def find_jobs(self, suffix: str, take: Callable[[tuple[str, ...]], None], miss: Callable[[str], None]) -> None:
        """Look for the jobs whose id equals the typed text or ends in it."""
        ...
