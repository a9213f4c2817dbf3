"""The acts on jobs and queues, for every screen that offers them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from queuetui.model.act import RETRY_UNTIL, Verb
from queuetui.model.snapshot import QueueInfo
from queuetui.operate.report import GONE
from queuetui.tui.actions import named
from queuetui.tui.present.identity import true_name
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.console_screen import ConsoleScreen
from queuetui.tui.widgets.status_line import About

if TYPE_CHECKING:
    from queuetui.operate.manifest import Manifest
    from queuetui.operate.operations import Operations, Thoroughness
    from queuetui.operate.report import Report
    from queuetui.tui.dialogs.ask import Tell
    from queuetui.tui.session import ConsoleLink

    ManifestReader = Callable[[Thoroughness, str], Manifest]


class Acting(ConsoleScreen):
    """A screen with acts.

    The targets are fixed when the key is pressed; nothing is changed before the dialog is confirmed.
    """

    def action_act(self, verb_name: str) -> None:
        """Open the dialog of an act on the targets."""
        operations = self._operations_for(verb_name)
        if operations is None:
            return
        prepare = self.prepare_act(operations, Verb(verb_name))
        if prepare is None:
            # While another list is being read, the old rows are removed, and the cursor with them.
            if self.has_read:
                self.flash("There is no job under the cursor to act on", Tone.WARNING, about=About.CURSOR)
            else:
                self.flash("These jobs are still being read", Tone.WARNING, about=About.LIST)
            return
        self.ask_about_jobs(verb_name, self.console.shown, operations, prepare, self.act_ended)

    def action_purge(self) -> None:
        """Open the dialog that purges all jobs that match the filter."""
        operations = self._operations_for("purge")
        prepare = None if operations is None else self.prepare_purge(operations)
        if operations is not None and prepare is not None:
            self.ask_about_jobs("purge", self.console.shown, operations, prepare, self.act_ended)

    def action_pause(self) -> None:
        """Open the dialog that pauses the queue in question, or resumes it."""
        from queuetui.tui.dialogs.ask import AskDialog
        from queuetui.tui.present.questions import ask_pause

        link, queue = self.link_in_question, self.queue_in_question
        operations = self._operations_for("pause", link)
        if operations is None:
            return
        if queue is None:
            self.flash("There is no queue under the cursor; Q chooses one", Tone.WARNING, about=About.CURSOR)
            return
        profile = link.reach.profile

        def perform(asked: QueueInfo) -> Report:
            return operations.set_paused(true_name(asked.name), paused=not asked.is_paused)

        def ended(report: Report | None) -> None:
            if report is not None:
                self.act_ended_in(link, report)

        self.app.push_screen(
            AskDialog(
                "Pause or resume",
                link.calls,
                lambda _: queue,
                lambda asked: ask_pause(asked, profile),
                perform,
                self._tell_later,
            ),
            ended,
        )

    # What each screen defines

    def prepare_act(self, operations: Operations, verb: Verb) -> ManifestReader | None:
        """Return the reader of the manifest of an act on the present targets, None if there are none.

        Its arguments are how far the search goes, and what to do with a past deadline (empty if nothing was chosen).
        """
        jobs = tuple(self.targets)
        return (lambda _, retry_until: operations.prepare_seen(verb, jobs, retry_until)) if jobs else None

    def prepare_purge(self, operations: Operations) -> ManifestReader | None:
        """Return the reader of the manifest of a purge, None if the screen has no filter to purge by."""
        return None

    @property
    def queue_in_question(self) -> QueueInfo | None:
        """The queue that a pause would apply to."""
        return None

    @property
    def link_in_question(self) -> ConsoleLink:
        """The link to the store of that queue."""
        return self.console.shown

    def act_ended(self, report: Report | None) -> None:
        """Show the outcome of an act, and read the store at once."""
        if report is not None:
            self.act_ended_in(self.console.shown, report)

    def act_ended_in(self, link: ConsoleLink, report: Report) -> None:
        """Show the outcome of an act in a link's store, and read that store at once."""
        self.flash_report(report.lines()[0], Tone.GOOD if report.complete else Tone.WARNING)
        self.forget_done(link, set(report.settled))
        self.console.action_refresh()

    def forget_done(self, link: ConsoleLink, job_ids: set[str]) -> None:
        """Unmark jobs of a link that the act is done with, or that are gone."""

    # The dialog

    def _operations_for(self, name: str, link: ConsoleLink | None = None) -> Operations | None:
        asked = link or self.console.shown
        action, connection = named(name), asked.connection
        why_not = None if action is None else self.console.why_not(action, asked)
        if why_not is not None or connection is None:
            self.flash(f"No {name}: {why_not}", Tone.WARNING)
            return None
        return connection.operations

    def ask_about_jobs(
        self,
        name: str,
        link: ConsoleLink,
        operations: Operations,
        read: ManifestReader,
        ended: Callable[[Report | None], None],
    ) -> None:
        """Open the dialog of an act on jobs of a link.

        `ended` is called when the dialog closes, with None if nothing was done.
        """
        from queuetui.operate.operations import BOUNDED, Thoroughness
        from queuetui.tui.dialogs.ask import AskDialog
        from queuetui.tui.present.questions import ask_act, describe_search

        def prepare(tell: Tell, begun: Manifest | None = None) -> Manifest:
            how = Thoroughness(begun is not None, begun, lambda looked, found: tell(describe_search(looked, found)))
            return read(how, "" if begun is None else begun.args.get(RETRY_UNTIL, ""))

        profile = link.reach.profile
        dialog = AskDialog(
            f"{name.capitalize()} in {profile.title}",
            link.calls,
            prepare,
            lambda manifest: ask_act(self._unmark_missing(link, manifest), profile),
            operations.perform,
            partial(self._tell_later, link=link),
            lambda retry_until: read(BOUNDED, retry_until),
            lambda manifest: None if manifest.looked is None else partial(prepare, begun=manifest),
        )
        self.app.push_screen(dialog, ended)

    def _unmark_missing(self, link: ConsoleLink, manifest: Manifest) -> Manifest:
        """Unmark the jobs that the manifest found missing from the store; return the manifest unchanged."""
        gone = {job.ref.id for job, reason in manifest.different if reason == GONE}
        if gone:
            self.forget_done(link, gone)
        return manifest

    def _tell_later(self, outcome: Report | str, link: ConsoleLink | None = None) -> None:
        """Show the outcome of an act whose dialog was closed early, on the screen that is in front."""
        if isinstance(outcome, str):
            self.console.flash_report(outcome, Tone.WARNING)
        else:
            self.console.flash_report(outcome.lines()[0], Tone.GOOD if outcome.complete else Tone.WARNING)
            if self.is_attached:
                self.forget_done(link or self.console.shown, set(outcome.settled))
        self.console.action_refresh()
