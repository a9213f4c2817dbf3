"""Writes the files by which workers and servers are run as services."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from queuetui.model.errors import BadConfig
from queuetui.resources import read_text

# The grace of a worker, and the time for its last writes.
STOP_S = 40
DEFAULT_IMAGE = "python:3.12-slim"


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """The place of a unit: of the system or of the user."""

    name: str
    is_of_user: bool

    @property
    def unit(self) -> str:
        """The unit's name for systemctl."""
        return f"{self.name}.service"

    @property
    def file(self) -> Path:
        """The path of the unit's file."""
        folder = Path.home() / ".config/systemd/user" if self.is_of_user else Path("/etc/systemd/system")
        return folder / self.unit

    @property
    def environment(self) -> Path:
        """The path of the environment file with the store's address."""
        folder = Path.home() / ".config/queuetui" if self.is_of_user else Path("/etc/queuetui")
        return folder / f"{self.name}.env"


def write_unit(place: UnitPlace, words: Sequence[str], folder: Path, writable: Sequence[Path], user: str) -> str:
    """Return the unit of a worker that is started with these words in a folder.

    Raises BadConfig for what no unit can hold.
    """
    command = [sys.executable, "-m", "queuetui", "worker", *words]
    paths = dict.fromkeys([folder, *writable])
    return Template(read_text("cli", "service", "worker.service")).substitute(
        name=place.name,
        command=" ".join(_unit_word(word.replace("$", "$$")) for word in command),
        folder=_unit_path(folder),
        environment=_unit_path(place.environment),
        stop_s=STOP_S,
        identity="" if place.is_of_user else f"User={_unit_word(user)}\n",
        # With a minus the unit also starts where a folder does not exist yet.
        writable=" ".join(_unit_word(f"-{path}") for path in paths),
        target="default.target" if place.is_of_user else "multi-user.target",
    )


def write_compose(words: Sequence[str], image: str) -> str:
    """Return a compose file of a worker that is started with these words, and a server."""
    install = "pip install --quiet --root-user-action=ignore 'queuetui[api,metrics]'"
    worker = f"{install} && exec queuetui {shlex.join(['worker', *words])}"
    server = f"{install} && exec queuetui serve --host 0.0.0.0 --port 8787"
    return Template(read_text("cli", "service", "compose.yaml")).substitute(
        image=json.dumps(image), worker=_compose_command(worker), server=_compose_command(server), stop_s=STOP_S
    )


def _compose_command(line: str) -> str:
    # Compose would read a dollar as the beginning of a variable.
    return json.dumps(["sh", "-c", line.replace("$", "$$")])


def _unit_word(word: str) -> str:
    """Return a word as systemd reads it, in quotes if necessary, with specifiers escaped.

    A dollar begins a variable only in commands.
    """
    if any(ord(letter) < ord(" ") for letter in word):
        raise BadConfig(f"{word!r} holds a control character, which no unit can hold", "service")
    literal = word.replace("%", "%%")
    if literal and not set(literal) & set(" \"'\\;"):
        return literal
    return '"' + literal.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unit_path(path: Path) -> str:
    """Return a path as the settings that take one path read it: without quotes."""
    if any(ord(letter) < ord(" ") for letter in str(path)):
        raise BadConfig(f"{str(path)!r} holds a control character, which no unit can hold", "service")
    return str(path).replace("%", "%%")
