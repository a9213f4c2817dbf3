"""The folders of settings and state."""

from __future__ import annotations

import os
from pathlib import Path

from queuetui.model.errors import BadConfig

NAME = "queuetui"


def config_file() -> Path:
    """Return the settings file: QUEUETUI_CONFIG, else the user's own."""
    named = os.environ.get("QUEUETUI_CONFIG")
    if named:
        try:
            return at_home(named)
        except ValueError as error:
            raise BadConfig(f"QUEUETUI_CONFIG: {error}", "QUEUETUI_CONFIG") from None
    from platformdirs import user_config_path

    try:
        return user_config_path(NAME) / "config.toml"
    except RuntimeError:
        message = "no store is named, and this user has no home folder to look for one in; give --url or set HOME"
        raise BadConfig(message, "HOME") from None


def at_home(written: str) -> Path:
    """Return a path with ~ expanded; raises ValueError where that user has no home folder."""
    try:
        return Path(written).expanduser()
    except RuntimeError:
        raise ValueError(f"{written[:200]!r} names a user without a home folder; write the whole path") from None


def state_folder() -> Path | None:
    """Return the folder of the journal and of purged jobs, None where the user has no home folder."""
    from platformdirs import user_state_path

    try:
        return user_state_path(NAME)
    except RuntimeError:
        return None
