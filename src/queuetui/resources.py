"""Files that ship with queuetui and are not Python: styles, statements, scripts."""

from __future__ import annotations

from pathlib import Path

from queuetui.model.errors import QueueTuiError

PACKAGE = Path(__file__).resolve().parent
STYLES = "styles"


def path(*parts: str) -> Path:
    """Return where a shipped file or folder lies, named from the package's root.

    `path("styles", "app.tcss")`.
    The styles lie in the package of a wheel, and beside `src` in a checkout.
    """
    inside = PACKAGE.joinpath(*parts)
    if inside.exists():
        return inside
    beside = PACKAGE.parents[1].joinpath(*parts)
    if parts[:1] == (STYLES,) and beside.exists():
        return beside
    message = f"this installation of queuetui lacks its file {'/'.join(parts)}; install queuetui again"
    raise QueueTuiError(message)


def read_text(*parts: str) -> str:
    """Return the text of a shipped file."""
    return path(*parts).read_text(encoding="utf-8")
