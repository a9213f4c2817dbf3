"""Copies a text to the clipboard, or to a file if there is no way to the clipboard."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

from queuetui.model.text import SafeText

if TYPE_CHECKING:
    from textual.app import App

LARGEST_FOR_TERMINAL_BYTES = 74_000
_TMUX_WAIT_S = 1.0


def copy_text(app: App[int], name: str, text: SafeText) -> str:
    """Copy through tmux, else by the terminal's escape sequence, else into a file.

    Return the sentence that says where the text is now.
    """
    size = len(text.encode())
    if os.environ.get("TMUX") and _load_tmux_buffer(text):
        return f"Copied the {name} into tmux (its paste buffer, and the clipboard where tmux may)"
    if size <= LARGEST_FOR_TERMINAL_BYTES and not os.environ.get("TMUX") and not app.is_headless:
        app.copy_to_clipboard(text)
        return f"Sent the {name} to the terminal's clipboard; where that stays empty, the terminal does not allow it"
    with tempfile.NamedTemporaryFile("w", prefix="queuetui-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(text)
    return f"Wrote the {name} to {file.name}"


def _load_tmux_buffer(text: str) -> bool:
    tmux = shutil.which("tmux")
    if tmux is None:
        return False
    try:
        done = subprocess.run(
            [tmux, "load-buffer", "-w", "-"],
            input=text.encode(),
            capture_output=True,
            timeout=_TMUX_WAIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
