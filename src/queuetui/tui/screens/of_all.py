"""What the screens share that are of all systems: they stand as long as any store answers."""

from __future__ import annotations

from dataclasses import replace

from queuetui.tui.present.frame import READ_ONLY, Heading
from queuetui.tui.screens.console_screen import ConsoleScreen


class OfAllSystems(ConsoleScreen):
    """A screen that hangs on no single link."""

    @property
    def is_lost(self) -> bool:
        """Whether no store answers."""
        return all(link.state.is_down for link in self.console.links)

    @property
    def is_live(self) -> bool:
        """Whether a store answers."""
        return any(link.state.is_live for link in self.console.links)

    @property
    def is_read_only(self) -> bool:
        """Whether the rights rule out every act in every system."""
        return all(self.console.is_read_only_in(link) for link in self.console.links)

    @property
    def heading(self) -> Heading:
        """The first line: how many systems there are, and how many of them answer."""
        links = self.console.links
        live = sum(link.state.is_live for link in links)
        return replace(
            self.console.heading,
            title=f"all {len(links)} systems" if live == len(links) else f"{live} of {len(links)} systems answer",
            backend="",
            grade="",
            rights=READ_ONLY if self.is_read_only else "",
        )
