"""The progress that a handler reports."""

from __future__ import annotations

import json

from queuetui.model.text import SafeText, Untrusted, sanitize


def progress_text(progress: Untrusted) -> SafeText:
    """Return the progress of our own handlers as `29% half the rows are in`, any other text unchanged."""
    try:
        told = json.loads(progress.raw)
        share, note = told["fraction"], told.get("note", "")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return sanitize(progress)
    if (
        isinstance(share, bool)
        or not isinstance(share, int | float)
        or not 0 <= share <= 1
        or not isinstance(note, str)
    ):
        return sanitize(progress)
    return sanitize(f"{share:.0%} {note}".rstrip())
