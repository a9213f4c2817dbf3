"""What the screen shows of a link: the first line, and its row in the list of systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.tui.present.frame import READ_ONLY, Heading
from queuetui.tui.present.systems import SystemRow

if TYPE_CHECKING:
    from queuetui.tui.session import ConsoleLink


def row_of_link(link: ConsoleLink, *, is_shown: bool) -> SystemRow:
    """Return a link as a row of the list of systems."""
    latest, capabilities = link.latest, link.capabilities
    return SystemRow(
        link.reach.profile.title,
        link.state,
        None if latest is None else latest.picture.snapshot,
        "" if capabilities is None else capabilities.label,
        is_shown=is_shown,
        keeps_tally=capabilities is not None and capabilities.tally,
    )


def heading_of(link: ConsoleLink, title: str, *, is_read_only: bool, frozen: bool) -> Heading:
    """Return the content of the first line while the store of a link answers."""
    latest, capabilities, interval_s = link.latest, link.capabilities, link.poller.interval_s
    return Heading(
        title=title,
        backend="" if capabilities is None else capabilities.label,
        grade="" if capabilities is None else capabilities.durability,
        rights="" if link.connection is None else READ_ONLY if is_read_only else "operate",
        pace_s=interval_s if latest is None else round(latest.pace_s, 1),
        is_slowed=latest is not None and latest.pace_s > interval_s,
        cost_s=None if latest is None else latest.cost_s,
        clock="" if latest is None else f"{latest.picture.snapshot.now:%H:%M:%S}",
        frozen=frozen,
    )
