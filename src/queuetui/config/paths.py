"""Where settings and state are kept."""

from __future__ import annotations

import os
from pathlib import Path

from queuetui.model.errors import BadConfig

NAME = "queuetui"


def config_file() -> Path:
    """Return the settings file: QUEUETUI_CONFIG, else the user's own."""
    named = os.environ.get("QUEUETUI_CONFIG")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_config_path

    try:
        return user_config_path(NAME) / "config.toml"
    except RuntimeError:
        message = "no store is named, and this user has no home folder to look for one in; give --url or set HOME"
        raise BadConfig(message, "HOME") from None


def state_folder() -> Path | None:
    """Return the folder of the acts' record and of purged jobs, None where the user has no home."""
    from platformdirs import user_state_path

    try:
        return user_state_path(NAME)
    except RuntimeError:
        return None
