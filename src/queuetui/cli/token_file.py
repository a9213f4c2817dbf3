"""The place of the file with the server's tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.config.paths import state_folder
from queuetui.model.errors import BadConfig

if TYPE_CHECKING:
    from queuetui.operate.tokens import TokenFile


def token_file() -> TokenFile:
    """Return the file of tokens; raises BadConfig if the user has no state folder."""
    from queuetui.operate.tokens import TokenFile

    folder = state_folder()
    if folder is None:
        raise BadConfig("tokens have no place: this user has no home folder; set HOME or XDG_STATE_HOME", "HOME")
    return TokenFile(folder / "tokens.json")
