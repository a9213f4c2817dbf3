"""The links to stores, one of which is shown: how each stands, and what may be done in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from queuetui.model.access import OWN, Access
from queuetui.model.act import Verb
from queuetui.tui.linked import row_of_link
from queuetui.tui.typed_ahead import TypedAhead

if TYPE_CHECKING:
    from queuetui.config.profile import Profile
    from queuetui.model.capabilities import Capabilities
    from queuetui.monitor.background import BackgroundCalls
    from queuetui.monitor.link import Link
    from queuetui.monitor.poller import Poller
    from queuetui.monitor.store_link import Sighting
    from queuetui.tui.actions import Action
    from queuetui.tui.present.systems import SystemRow
    from queuetui.tui.session import Connection, ConsoleLink, ConsoleSession


class Links(TypedAhead, inherit_bindings=False):
    """Holds a link to each store and shows one of them."""

    links: list[ConsoleLink]
    shown: ConsoleLink

    # The link that is shown

    @property
    def session(self) -> ConsoleSession:
        """How the store that is shown is reached."""
        return self.shown.reach

    @property
    def profile(self) -> Profile:
        """The profile that is shown."""
        return self.shown.reach.profile

    @property
    def poller(self) -> Poller[Connection]:
        """What reads the store that is shown."""
        return self.shown.poller

    @property
    def calls(self) -> BackgroundCalls:
        """What asks the store that is shown."""
        return self.shown.calls

    @property
    def link(self) -> Link:
        """How the store stands that is shown."""
        return self.shown.state

    @property
    def connection(self) -> Connection | None:
        """What reads and changes the store that is shown, None until it answered."""
        return self.shown.connection

    @property
    def capabilities(self) -> Capabilities | None:
        """What the store that is shown can do, None until it answered."""
        return self.shown.capabilities

    @property
    def latest(self) -> Sighting | None:
        """What was read last of the store that is shown."""
        return self.shown.latest

    @property
    def title_text(self) -> str:
        """The profile's name on screen."""
        return self.profile.title

    @property
    def link_text(self) -> str:
        """The sentence about a store that does not answer."""
        return self.link.describe(time.monotonic())

    def access_to(self, link: ConsoleLink) -> Access:
        """Return how commands come to a link's store."""
        return OWN if link.connection is None else link.connection.feed.access

    # All of them

    @property
    def systems(self) -> tuple[SystemRow, ...]:
        """Every link as it stands, those of one store together; none where there is only one."""
        if len(self.links) == 1:
            return ()
        return tuple(row_of_link(link, is_shown=link is self.shown) for link in self.links)

    # What may be done

    @property
    def is_read_only(self) -> bool:
        """Whether the rights in the store that is shown rule out every act that it knows."""
        return self.is_read_only_in(self.shown)

    def is_read_only_in(self, link: ConsoleLink) -> bool:
        """Whether the rights in a link's store rule out every act that it knows."""
        if link.connection is None or link.capabilities is None:
            return False
        verbs = link.capabilities.verbs & {Verb.RETRY, Verb.CANCEL, Verb.DELETE, Verb.PAUSE, Verb.UPKEEP}
        return all(link.connection.operations.why_not(verb) is not None for verb in verbs)

    def why_not(self, action: Action, link: ConsoleLink | None = None) -> str | None:
        """Return why an action is not to be had just now in a link, the one that is shown; None when it is."""
        asked = link or self.shown
        if action.verb is None:
            return None
        if asked.connection is None or not asked.state.is_live:
            return "the store does not answer; nothing can be changed until it does"
        return asked.connection.operations.why_not(action.verb)
