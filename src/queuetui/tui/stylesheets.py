"""Where the console's styles are found, and how the files become one sheet."""

from __future__ import annotations

from pathlib import Path

import queuetui

_IN_ORDER = ("tokens.tcss", "app.tcss", "widgets.tcss", "dialogs.tcss", "screens/*.tcss")


def styles_folder() -> Path:
    """Return the folder of the wheel, or of the source tree it is built from."""
    package = Path(queuetui.__file__).parent
    shipped = package / "styles"
    return shipped if shipped.is_dir() else package.parent.parent / "styles"


def read_styles() -> str:
    """Return all styles as one sheet, tokens first, as a variable reaches no further than its own sheet."""
    folder = styles_folder()
    files = [path for pattern in _IN_ORDER for path in sorted(folder.glob(pattern))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)
