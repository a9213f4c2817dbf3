"""The links to stores, one of which is shown: the state of each, and the acts it allows."""

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
    from queuetui.monitor.store_link import PollResult
    from queuetui.tui.actions import Action
    from queuetui.tui.present.systems import SystemRow
    from queuetui.tui.session import Connection, ConsoleLink, ConsoleSession


class Links(TypedAhead, inherit_bindings=False):
    """Holds a link to each store and shows one of them."""

    links: list[ConsoleLink]
    shown: ConsoleLink

    # The shown link

    @property
    def session(self) -> ConsoleSession:
        """How the shown store is reached."""
        return self.shown.reach

    @property
    def profile(self) -> Profile:
        """The profile of the shown link."""
        return self.shown.reach.profile

    @property
    def poller(self) -> Poller[Connection]:
        """The poller of the shown store."""
        return self.shown.poller

    @property
    def calls(self) -> BackgroundCalls:
        """The background thread that runs calls to the shown store."""
        return self.shown.calls

    @property
    def link(self) -> Link:
        """The state of the shown link."""
        return self.shown.state

    @property
    def connection(self) -> Connection | None:
        """The connection to the shown store, None until the store has answered."""
        return self.shown.connection

    @property
    def capabilities(self) -> Capabilities | None:
        """The capabilities of the shown store, None until the store has answered."""
        return self.shown.capabilities

    @property
    def latest(self) -> PollResult | None:
        """The latest reading of the shown store."""
        return self.shown.latest

    @property
    def title_text(self) -> str:
        """The profile's name on screen."""
        return self.profile.title

    @property
    def link_text(self) -> str:
        """The sentence that describes the link while its store does not answer."""
        return self.link.describe(time.monotonic())

    def access_to(self, link: ConsoleLink) -> Access:
        """Return how advised commands reach a link's store."""
        return OWN if link.connection is None else link.connection.feed.access

    # All links

    @property
    def systems(self) -> tuple[SystemRow, ...]:
        """A row for every link, those of one store together; no rows if there is only one link."""
        if len(self.links) == 1:
            return ()
        return tuple(row_of_link(link, is_shown=link is self.shown) for link in self.links)

    # Rights

    @property
    def is_read_only(self) -> bool:
        """Whether the rights in the shown store rule out every act that it supports."""
        return self.is_read_only_in(self.shown)

    def is_read_only_in(self, link: ConsoleLink) -> bool:
        """Tell whether the rights in a link's store rule out every act that it supports."""
        if link.connection is None or link.capabilities is None:
            return False
        verbs = link.capabilities.verbs & {Verb.RETRY, Verb.CANCEL, Verb.DELETE, Verb.PAUSE, Verb.UPKEEP}
        return all(link.connection.operations.why_not(verb) is not None for verb in verbs)

    def why_not(self, action: Action, link: ConsoleLink | None = None) -> str | None:
        """Return why an action is not available now in a link (by default the shown one), None if it is."""
        asked = link or self.shown
        if action.verb is None:
            return None
        if asked.connection is None or not asked.state.is_live:
            return "the store does not answer; nothing can be changed until it does"
        return asked.connection.operations.why_not(action.verb)
