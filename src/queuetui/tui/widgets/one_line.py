"""A field of one line."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class OneLine(Input):
    """Accepts all lines of pasted text, of which Textual's own field keeps only the first."""

    def _on_paste(self, event: events.Paste) -> None:
        lines = (line.strip() for line in event.text.splitlines())
        event.text = " ".join(line for line in lines if line)
