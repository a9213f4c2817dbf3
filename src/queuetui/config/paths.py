"""Where settings and state are kept."""

from __future__ import annotations

import os
from pathlib import Path

NAME = "queuetui"


def config_file() -> Path:
    """Return the settings file: QUEUETUI_CONFIG, else the user's own."""
    named = os.environ.get("QUEUETUI_CONFIG")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_config_path

    return user_config_path(NAME) / "config.toml"


def state_folder() -> Path:
    """Return the folder of the acts' record and of purged jobs."""
    from platformdirs import user_state_path

    return user_state_path(NAME)
