"""The demo's folder: a new temporary folder, never the user's embedded queue."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from queuetui.config.loader import find_profile
from queuetui.config.profile import Profile
from queuetui.model.errors import NotFound

PROFILE = "demo"

# Short limits, so that there is something to see at once. A hung run is flagged after a second, an orphan when the 3 s lease of
# its worker is over, a queue without a consumer after 5 s. What takes longer by nature has longer limits of its own.
SETTINGS = """\
default = {profile}

[profiles.{profile_key}]
url = {url}
label = "DEMO"
colour = "green"
rights = "admin"
poll = "1s"
stuck_after = "5s"
worker_silent_after = "12s"
stuck_after_per_queue = {{ exports = "60s", import = "30s", reports = "30s" }}
stuck_after_per_type = {{ rebuild_index = "1s" }}

[profiles.{profile_key}.alarms]
idle = "5s"
"""


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """The demo's folder and what is in it."""

    folder: Path

    @property
    def url(self) -> str:
        """The demo's queue, or that of another product."""
        return self.profile().url

    @property
    def attached(self) -> Path:
        """The file of another product's queue."""
        return self.folder / "app.db"

    @property
    def settings(self) -> Path:
        """The settings file that names the demo's profile."""
        return self.folder / "config.toml"

    @property
    def state(self) -> Path:
        """The folder of the journal of the demo's acts."""
        return self.folder / "state"

    def log(self, name: str) -> Path:
        """The log file of the demo's processes."""
        return self.folder / f"{name}.log"

    def profile(self) -> Profile:
        """Return the demo's profile."""
        found = find_profile(self.settings, PROFILE)
        if found is None:
            raise NotFound(f"the demo's settings {self.settings} are gone; start the demo again")
        return found


def make_place(*, is_attached: bool = False, database: str | None = None) -> DemoPlace:
    """Make the folder, for its owner only, with the settings in it.

    The settings name the demo's queue, a file in the folder or a database, or the queue of another product.
    """
    place = DemoPlace(Path(tempfile.mkdtemp(prefix="queuetui-demo-")))
    file = place.attached if is_attached else place.folder / "queue.db"
    url = f"sqlite:///{file}" if database is None else database
    text = SETTINGS.format(profile=json.dumps(PROFILE), profile_key=PROFILE, url=json.dumps(url))
    place.settings.write_text(text, encoding="utf-8")
    return place
