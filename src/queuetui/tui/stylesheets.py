"""The console's styles as one sheet."""

from __future__ import annotations

from queuetui import resources

_IN_ORDER = ("tokens.tcss", "colours/{}.tcss", "app.tcss", "widgets.tcss", "dialogs.tcss", "screens/*.tcss")


def read_styles(colour: str = "") -> str:
    """Return the style files as one sheet, tokens first.

    Textual's variables are visible in their own sheet only, so all files must be in one.
    Only the colour of the shown profile is included, as every rule costs time at the start.
    """
    folder = resources.path(resources.STYLES)
    files = [path for pattern in _IN_ORDER for path in sorted(folder.glob(pattern.format(colour or "none")))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)
