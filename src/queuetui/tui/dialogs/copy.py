"""The dialog that copies a part of a job."""

from __future__ import annotations

from collections.abc import Sequence

from queuetui.model.access import Access
from queuetui.model.job import Job
from queuetui.model.text import sanitize
from queuetui.model.verdict import Verdict
from queuetui.tui.clipboard import copy_text
from queuetui.tui.dialogs.pick import PickDialog
from queuetui.tui.present.copies import Copy, copies_of
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone


class CopyDialog(PickDialog):
    """Copies one part of a job as safe text, and returns the sentence that says where the copy is."""

    TITLE_TEXT = "Copy"
    COLUMNS = (Column("what", "what", 10), Column("text", "text", 20, flex=1))

    def __init__(self, job: Job, verdict: Verdict | None, access: Access) -> None:
        super().__init__()
        self._copies: dict[str, Copy] = {copy.name: copy for copy in copies_of(job, verdict, access)}

    def rows_for(self, text: str) -> Sequence[Row]:
        """Return the parts whose names hold the typed text."""
        return [
            Row(copy.name, (Cell(sanitize(copy.name)), Cell(sanitize(copy.text), Tone.MUTED)))
            for copy in self._copies.values()
            if text.casefold() in copy.name
        ]

    def take(self, key: str | None, text: str) -> None:
        """Copy the chosen part."""
        if key is not None:
            self.dismiss(copy_text(self.app, self._copies[key].name, self._copies[key].text))
