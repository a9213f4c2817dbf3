"""All systems: the actions on the list that holds the jobs of every link.

An act opens one dialog for each system, one after the other; closing one of them skips those that would follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from queuetui.model.act import Verb
from queuetui.model.job import Job
from queuetui.model.snapshot import QueueInfo
from queuetui.tui.actions import Action, KeyPlace, bindings_at, named
from queuetui.tui.present.identity import queue_named
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.filtering import Filtering
from queuetui.tui.screens.system_list import SystemList
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.table_messages import RowSelected

if TYPE_CHECKING:
    from queuetui.operate.manifest import Manifest
    from queuetui.operate.operations import Operations, Thoroughness
    from queuetui.operate.report import Report
    from queuetui.tui.screens.acting import ManifestReader
    from queuetui.tui.session import ConsoleLink

    # Makes the reader of an act's manifest in one system.
    Reading = Callable[[Operations], ManifestReader]
    OfOneSystem = tuple[ConsoleLink, Reading]


class AllSystemsScreen(SystemList, Filtering):
    """Enter opens a job in its own system; acts apply to the marked jobs of any system."""

    PLACE = KeyPlace.SYSTEMS
    VIEW = "systems"
    AUTO_FOCUS = "#jobs"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.SYSTEMS)
    OWN_NAME = "the systems' own, or newest first"

    @property
    def filter_text(self) -> str:
        """The filter that is shown."""
        return self.scope.filter_text

    def clear_one(self) -> bool:
        """Clear the filter being typed, else the filter, else the marks; False when there is nothing to clear."""
        if self.clear_filter():
            return True
        if self.table.marks:
            self.table.action_unmark_all()
            return True
        return False

    # Opening a job

    @on(RowSelected)
    def _open(self) -> None:
        self._open_at("Summary")

    def action_explain(self) -> None:
        """Open the job under the cursor at its tab Why."""
        self._open_at("Why")

    def _open_at(self, tab: str) -> None:
        job, link = self.job_under_cursor, self.owners.get(self.table.cursor_key or "")
        if job is not None and link is not None:
            self.console.open_job_of(link, job.ref.id, tab)

    # Acts

    def why_not(self, action: Action) -> str | None:
        """Return why an action is not available for the job under the cursor, None if it is."""
        return self.console.why_not(action, self.owners.get(self.table.cursor_key or ""))

    @property
    def queue_in_question(self) -> QueueInfo | None:
        """The queue of the job under the cursor."""
        listed = self._listed.get(self.table.cursor_key or "")
        return None if listed is None else queue_named(listed.snapshot, listed.job.queue)

    @property
    def link_in_question(self) -> ConsoleLink:
        """The system of the job under the cursor."""
        return self.owners.get(self.table.cursor_key or "", self.console.shown)

    def offer_all(self) -> None:
        """Say that only loaded rows can be marked: a mark on all that match works in one system only."""
        told = f"{len(self.table.marks):,} marked; all that match can be marked in the list of one system"
        self.flash(told, Tone.WARNING, about=About.MARKS)

    def action_act(self, verb_name: str) -> None:
        """Open the dialogs of an act on the marked jobs, one system after the other."""
        verb = Verb(verb_name)

        def reading(jobs: tuple[Job, ...]) -> Reading:
            return lambda operations: lambda _, retry_until: operations.prepare_seen(verb, jobs, retry_until)

        self._ask_each(verb_name, [(link, reading(jobs)) for link, jobs in self._targets_by_link()])

    def action_purge(self) -> None:
        """Open the dialogs of a purge, one after the other, for each system that may have matching jobs."""
        query, parts = self.scope.query, self._parts()

        def reading(operations: Operations) -> ManifestReader:
            return lambda how, _: operations.prepare_purge(query, how=how)

        left_out = [_cannot("purge", part.title, part.refusal) for part in parts.values() if part.refusal]
        holders = [link for link, part in parts.items() if part.may_match and not part.refusal]
        self._ask_each("purge", [(link, reading) for link in holders], left_out)

    def _ask_each(self, name: str, wanted: Sequence[OfOneSystem], left_out: Sequence[str] = ()) -> None:
        """Open the dialogs of the systems that allow the act, and name those that do not."""
        action, able, unable = named(name), [], list(left_out)
        for link, reading in wanted:
            why_not = None if action is None else self.console.why_not(action, link)
            if why_not is None:
                able.append((link, reading))
            else:
                unable.append(_cannot(name, link.reach.profile.title, why_not))
        if unable:
            self.flash("; ".join(unable), Tone.WARNING)
        elif not able:
            self.flash(f"There is no job to {name} here", Tone.WARNING, about=About.CURSOR)
        self._ask_in_turn(name, able)

    def _targets_by_link(self) -> Sequence[tuple[ConsoleLink, tuple[Job, ...]]]:
        found: dict[ConsoleLink, list[Job]] = {}
        for key in self.table.targets:
            if key in self.seen:
                found.setdefault(self.owners[key], []).append(self.seen[key])
        return [(link, tuple(jobs)) for link, jobs in found.items()]

    def _ask_in_turn(self, name: str, left: Sequence[OfOneSystem]) -> None:
        """Open the first system's dialog; the next one follows if the act was done or had no jobs."""
        if not left:
            return
        (link, reading), *rest = left
        connection = link.connection
        if connection is None:
            return

        reader, has_any = reading(connection.operations), True

        def read(how: Thoroughness, retry_until: str) -> Manifest:
            nonlocal has_any
            manifest = reader(how, retry_until)
            has_any = bool(manifest.refs)
            return manifest

        def ended(report: Report | None) -> None:
            if report is not None:
                self.act_ended_in(link, report)
            if report is not None or not has_any:
                self._ask_in_turn(name, rest)
            elif rest:
                titles = ", ".join(link.reach.profile.title for link, _ in rest)
                self.flash(f"Left; no {name} was asked about in {titles}", Tone.WARNING)

        self.ask_about_jobs(name, link, connection.operations, read, ended)

    def forget_done(self, link: ConsoleLink, job_ids: set[str]) -> None:
        """Unmark jobs that the act is done with."""
        self.table.unmark({key for key, job in self.seen.items() if self.owners[key] is link and job.ref.id in job_ids})


def _cannot(name: str, title: str, why: str) -> str:
    return f"No {name} in {title}: {why}"
