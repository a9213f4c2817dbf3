"""The page that is printed when the console ends after an internal error."""

from __future__ import annotations

import traceback
from pathlib import PurePath

from rich.text import Text

from queuetui.model.text import sanitize

_FRAMES = 12


def crash_text(error: BaseException | None) -> Text:
    """Return where the error happened, and no data: no message, no value, no line of source."""
    lines = [f"queuetui ended on a fault of its own: {type(error).__name__}", ""]
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    lines += [f"  {PurePath(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames[-_FRAMES:]]
    lines += ["", "Nothing was changed by this. Please report these lines; they hold no data of yours."]
    return Text("\n".join(sanitize(line) for line in lines))
