"""What a screen may ask of the console, and what the console hands a screen that came up."""

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
    from queuetui.monitor.store_link import Sighting
    from queuetui.tui.action import Action
    from queuetui.tui.present.column_choice import ColumnChoice
    from queuetui.tui.present.frame import Heading
    from queuetui.tui.present.systems import SystemRow
    from queuetui.tui.scope import Scope
    from queuetui.tui.session import Connection, ConsoleLink
    from queuetui.tui.widgets.status_line import StatusLine


class FullScreen(Protocol):
    """A screen that is shown what was read, as the console knows it."""

    SHOWS_ALL: ClassVar[bool]
    """Whether it shows every link, and so what it wants is read of each."""

    @property
    def wanted(self) -> Watch:
        """All that it wants read."""
        ...

    @property
    def status(self) -> StatusLine:
        """The line above its footer."""
        ...

    def show_frame(self) -> object:
        """Show how the store stands."""
        ...

    def show_alarms(self, alarms: Sequence[Warned]) -> object:
        """Show the strip of what is wrong."""
        ...

    def show_picture(self, picture: Picture, watch: Watch) -> object:
        """Show what was read; `watch` is what was asked for."""
        ...

    def show_systems(self, rows: Sequence[SystemRow]) -> object:
        """Show how every link stands, where this screen lists them."""
        ...


class ConsoleHost(Protocol):
    """The console, as its screens know it."""

    column_choice: ColumnChoice
    links: list[ConsoleLink]
    numbers: dict[ConsoleLink, int]
    shown: ConsoleLink

    @property
    def profile(self) -> Profile:
        """The profile that is shown."""
        ...

    @property
    def link(self) -> Link:
        """How the store stands."""
        ...

    @property
    def connection(self) -> Connection | None:
        """What reads and changes the store, None until it answered."""
        ...

    @property
    def capabilities(self) -> Capabilities | None:
        """What the store can do, None until it answered."""
        ...

    @property
    def latest(self) -> Sighting | None:
        """What was read last of the store."""
        ...

    @property
    def calls(self) -> BackgroundCalls:
        """What does in the background what a person asked for."""
        ...

    @property
    def frozen(self) -> bool:
        """Whether the screen is held still."""
        ...

    @property
    def is_read_only(self) -> bool:
        """Whether the profile's rights rule out every act."""
        ...

    @property
    def title_text(self) -> str:
        """The profile's name on screen."""
        ...

    @property
    def link_text(self) -> str:
        """The sentence about a store that does not answer."""
        ...

    @property
    def heading(self) -> Heading:
        """What the first line tells while the store answers."""
        ...

    @property
    def opened_scope(self) -> Scope:
        """The scope of Jobs from which going back leaves it."""
        ...

    def access_to(self, link: ConsoleLink) -> Access:
        """Return how commands come to a link's store."""
        ...

    def is_read_only_in(self, link: ConsoleLink) -> bool:
        """Whether the rights in a link's store rule out every act."""
        ...

    def why_not(self, action: Action, link: ConsoleLink | None = ...) -> str | None:
        """Return why an action is not available now in a link, the one that is shown; None when it is."""
        ...

    def screen_came_up(self, screen: FullScreen) -> None:
        """Read what this screen wants, and show it what is known already."""
        ...

    def read_again(self) -> None:
        """Read what the screen in front wants now, as that has changed."""
        ...

    def action_refresh(self) -> None:
        """Read the store now."""
        ...

    def flash_report(self, text: str, tone: Tone) -> None:
        """Say what became of an act on the screen in front."""
        ...

    def open_job(self, job_id: str, tab: str = ...) -> None:
        """Open one job whole."""
        ...

    def open_job_of(self, link: ConsoleLink, job_id: str, tab: str = ...) -> None:
        """Show a link, and open one of its jobs whole."""
        ...

    def open_jobs_in(self, scope: Scope) -> None:
        """Show the jobs of a scope; leaving them leads back here."""
        ...

    def find_jobs(self, suffix: str, take: Callable[[tuple[str, ...]], None], miss: Callable[[str], None]) -> None:
        """Look for the jobs whose id is or ends in what was typed."""
        ...
