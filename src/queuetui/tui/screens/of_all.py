"""The base of screens that show all systems: they are live as long as any store answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from queuetui.model.picture import Warned
from queuetui.tui.present.alarm_lines import strip_lines
from queuetui.tui.present.frame import READ_ONLY, Heading
from queuetui.tui.screens.console_screen import ConsoleScreen


class OfAllSystems(ConsoleScreen):
    """A screen that depends on no single link."""

    @property
    def is_lost(self) -> bool:
        """Whether no store answers."""
        return all(link.state.is_down for link in self.console.links)

    @property
    def is_live(self) -> bool:
        """Whether a store answers."""
        return any(link.state.is_live for link in self.console.links)

    def show_alarms(self, alarms: Sequence[Warned]) -> None:
        """Show the alarms of all systems, and the system of the gravest one."""
        found = [
            (warned, link.reach.profile.title)
            for link in self.console.links
            if link.latest is not None
            for warned in link.latest.picture.alarms
        ]
        found.sort(key=lambda one: one[0].verdict.severity, reverse=True)
        whose = found[0][1] if found else ""
        self.show_lines("#alarms", strip_lines([warned for warned, _ in found], self.app.size.width, whose))

    @property
    def is_read_only(self) -> bool:
        """Whether the rights rule out every act in every system."""
        return all(self.console.is_read_only_in(link) for link in self.console.links)

    @property
    def heading(self) -> Heading:
        """The content of the first line: how many systems there are, and how many answer."""
        links = self.console.links
        live = sum(link.state.is_live for link in links)
        return replace(
            self.console.heading,
            title=f"all {len(links)} systems" if live == len(links) else f"{live} of {len(links)} systems answer",
            backend="",
            grade="",
            rights=READ_ONLY if self.is_read_only else "",
        )
