"""`queuetui service`: run workers and servers as services."""

from __future__ import annotations

import getpass
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rich_click as click
from click.exceptions import Exit

from queuetui.cli.options import connection_options
from queuetui.cli.output import say, write
from queuetui.cli.service.files import DEFAULT_IMAGE, UnitPlace, write_compose, write_unit
from queuetui.cli.session import Flags, choose_profile, flags_of, working_folder
from queuetui.config.paths import state_folder
from queuetui.model.errors import BadConfig, NotFound
from queuetui.model.urls import hide_passwords, strip_password

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.-]{0,100}")
_ACTIONS = ("print", "install", "start", "stop", "status", "uninstall")
_PASSED_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.group()
def command() -> None:
    """Write the files by which workers run as services, and drive systemd."""


@command.command(context_settings=_PASSED_ON)
@click.option("--name", default="queuetui-worker", show_default=True, help="What the unit is called.")
@click.option("--user", "is_of_user", is_flag=True, help="A unit of this user's own manager.")
@click.argument("action", type=click.Choice(_ACTIONS), default="print")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[WORKER OPTIONS]")
@connection_options
def systemd(name: str, action: str, words: tuple[str, ...], *, is_of_user: bool, **connection: Any) -> None:
    """Print the unit of a worker, or install, start, stop, ask for or uninstall it.

    The store is named before the action. What stands behind the action goes to `queuetui worker`:
    queuetui service systemd install -q mail --app shop.jobs
    """
    if not _NAME.fullmatch(name):
        raise BadConfig(f"{name!r} is no name of a unit; use letters, digits and -_.:", "--name")
    place = UnitPlace(name, is_of_user)
    match action:
        case "print":
            write(_unit(place, words, flags_of(**connection)).rstrip("\n"))
            say(
                f"to use it: queuetui service systemd install; the URL goes as QUEUETUI_URL=... into {place.environment}"
            )
        case "install":
            _install(place, _unit(place, words, flags_of(**connection)))
        case "uninstall":
            _uninstall(place)
        case _:
            _systemctl(place, action, place.unit)


@command.command(context_settings=_PASSED_ON)
@click.option("--image", default=DEFAULT_IMAGE, show_default=True, help="What the containers are made of.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[WORKER OPTIONS]")
def compose(image: str, words: tuple[str, ...]) -> None:
    """Print a compose file of a worker and a server.

    It was checked against the schema, and run by no engine.
    """
    _refuse_passwords(words)
    write(write_compose(words, image).rstrip("\n"))
    say("put QUEUETUI_URL=... into a file .env beside it, readable by you alone")


def _unit(place: UnitPlace, words: Sequence[str], flags: Flags) -> str:
    _refuse_passwords(words)
    profile = choose_profile(flags)
    if strip_password(profile.url) != profile.url:
        say(f"the URL's password stays out of the unit: write QUEUETUI_URL=... into {place.environment} (chmod 600)")
    elif profile.chosen_by_url:
        words = ("--url", profile.url, *words)
    elif not profile.embedded:
        words = ("--profile", profile.name, *words)
    state = state_folder()
    writable = [path for path in (state, _file_folder(profile.url)) if path is not None]
    return write_unit(place, words, working_folder(), writable, getpass.getuser())


def _refuse_passwords(words: Sequence[str]) -> None:
    """Raise BadConfig for a password among the worker's options.

    Everybody may read a unit, and a compose file is kept with the code.
    """
    if any(hide_passwords(word) != word for word in words):
        raise BadConfig(
            "a URL with a password may not stand among the worker's options; write QUEUETUI_URL=... into the file of the environment",
            "--url",
        )


def _file_folder(url: str) -> Path | None:
    """Return the folder of a queue in a file, to which SQLite writes too."""
    scheme, _, path = url.partition(":///")
    return Path("/" + path.lstrip("/")).parent if scheme.lower() == "sqlite" and path.startswith("/") else None


def _install(place: UnitPlace, unit: str) -> None:
    try:
        place.file.parent.mkdir(parents=True, exist_ok=True)
        place.file.write_text(unit, encoding="utf-8")
    except OSError as error:
        raise BadConfig(
            f"{place.file} cannot be written ({error.strerror}); run it as root, or with --user", "install"
        ) from error
    say(f"wrote {place.file}")
    _systemctl(place, "daemon-reload")
    _systemctl(place, "enable", "--now", place.unit)


def _uninstall(place: UnitPlace) -> None:
    if not place.file.exists():
        raise NotFound(f"there is no unit {place.file}; see: systemctl list-unit-files")
    _systemctl(place, "disable", "--now", place.unit)
    place.file.unlink()
    say(f"deleted {place.file}")
    _systemctl(place, "daemon-reload")


def _systemctl(place: UnitPlace, *words: str) -> None:
    """Run systemctl; exits with its exit code if that is not 0."""
    line = ["systemctl", *(["--user"] if place.is_of_user else []), *words]
    try:
        done = subprocess.run(line, check=False)
    except FileNotFoundError:
        raise NotFound("there is no systemctl here; print the unit and install it where systemd runs") from None
    if done.returncode:
        raise Exit(done.returncode)
