"""The store that is used when none is named."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path


def embedded_file() -> Path:
    """Return the SQLite file in the user's data folder."""
    return user_data_path("queuetui") / "queue.db"


def default_url() -> str:
    """Return the URL of QUEUETUI_URL, else of the embedded file."""
    return os.environ.get("QUEUETUI_URL") or f"sqlite:///{embedded_file()}"
