"""The console's styles as one sheet."""

from __future__ import annotations

from queuetui import resources

_IN_ORDER = ("tokens.tcss", "app.tcss", "widgets.tcss", "dialogs.tcss", "screens/*.tcss")


def read_styles() -> str:
    """Return every style file as one sheet, tokens first, as a variable reaches no further than its own sheet."""
    folder = resources.path(resources.STYLES)
    files = [path for pattern in _IN_ORDER for path in sorted(folder.glob(pattern))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)
