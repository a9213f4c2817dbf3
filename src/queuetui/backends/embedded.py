"""The store that is used when none is named."""

from __future__ import annotations

import os
from pathlib import Path

from queuetui.model.errors import BadConfig


def embedded_file() -> Path:
    """Return the SQLite file in the user's data folder."""
    from platformdirs import user_data_path

    try:
        return user_data_path("queuetui") / "queue.db"
    except RuntimeError:
        message = "no store is named, and this user has no home folder for one; give a URL or set HOME"
        raise BadConfig(message, "HOME") from None


_chosen: str | None = None


def choose_default_url(url: str) -> None:
    """Make a URL this process's default, so that handlers enqueue into the store of their worker."""
    global _chosen  # noqa: PLW0603 - one default a process is what it is for
    _chosen = url


def default_url() -> str:
    """Return the URL chosen in this process, else of QUEUETUI_URL, else of the embedded file."""
    return _chosen or os.environ.get("QUEUETUI_URL") or f"sqlite:///{embedded_file()}"
