"""Reads the settings file into profiles; every error names the file and the key."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from queuetui.config.alarms import AlarmTable, read_alarm_actions, read_alarms
from queuetui.config.paths import at_home
from queuetui.config.profile import COLOURS, HIDEABLE_COLUMNS, Profile
from queuetui.model.bounded_text import read_settings_text
from queuetui.model.duration import parse_duration_s
from queuetui.model.errors import BadConfig, NotFound, words_of
from queuetui.model.limits import Limits
from queuetui.model.toml_text import parse_toml
from queuetui.model.urls import strip_password
from queuetui.model.zone import DEFAULT_ZONE, find_zone

COMMAND_TIMEOUT_S = 30.0
POLL_RANGE_S = (0.5, 60.0)
T = TypeVar("T")


class ProfileTable(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One `[profiles.NAME]` table; exactly one of the three URL keys is set."""

    url: str | None = None
    url_env: str | None = None
    url_command: list[str] | None = None
    label: str = ""
    colour: str = ""
    rights: str | None = None
    protected: bool = False
    kind: str | None = None
    mapping: str | None = None
    poll: str = "2s"
    timezone: str = DEFAULT_ZONE
    stuck_after: str = "5m"
    worker_silent_after: str = "30s"
    stuck_after_per_queue: dict[str, str] = {}
    stuck_after_per_type: dict[str, str] = {}
    overdue_after: str = "10m"
    overdue_after_per_queue: dict[str, str] = {}
    overdue_after_per_type: dict[str, str] = {}
    hidden_columns: list[str] = []
    summary: dict[str, list[str]] = {}
    alarms: AlarmTable = msgspec.field(default_factory=AlarmTable)
    settings: dict[str, str] = {}


def read_profiles(path: Path) -> tuple[dict[str, ProfileTable], str | None]:
    """Return the profiles of a file and the name of its default; an absent file has none.

    Raises BadConfig.
    """
    try:
        text = read_settings_text(path, is_read_again=False)
    except FileNotFoundError:
        return {}, None
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(path, "", f"it cannot be read ({words_of(error)})") from error
    try:
        document = parse_toml(text)
    except ValueError as error:
        raise _bad(path, "", f"it is not TOML: {error}") from error
    unknown = sorted(set(document) - {"default", "profiles"})
    if unknown:
        raise _bad(path, unknown[0], "there is no such key; the file has `default` and `[profiles.NAME]` tables")
    tables = document.get("profiles", {})
    default = document.get("default")
    if not isinstance(tables, dict) or not (default is None or isinstance(default, str)):
        raise _bad(path, "profiles", 'write one [profiles.NAME] table a profile, and default = "NAME"')
    profiles = {name: _read_table(path, name, table) for name, table in tables.items()}
    _check_mode(path, profiles)
    return profiles, default


def _read_table(path: Path, name: str, table: object) -> ProfileTable:
    try:
        profile = msgspec.convert(table, ProfileTable)
    except msgspec.ValidationError as error:
        why, _, place = str(error).partition(" - at `$")
        raise _bad(path, f"profiles.{name}{place.rstrip('`')}", why) from error
    given = [key for key in ("url", "url_env", "url_command") if getattr(profile, key)]
    if len(given) != 1:
        raise _bad(path, f"profiles.{name}", "give exactly one of url, url_env and url_command")
    if profile.rights not in {None, "read", "operate", "admin"}:
        raise _bad(path, f"profiles.{name}.rights", 'it is "read", "operate" or "admin"')
    if profile.colour and profile.colour not in COLOURS:
        raise _bad(path, f"profiles.{name}.colour", f"it is one of {', '.join(COLOURS)}")
    try:
        find_zone(profile.timezone)
    except ValueError as error:
        raise _bad(path, f"profiles.{name}.timezone", str(error)) from None
    unknown = [column for column in profile.hidden_columns if column not in HIDEABLE_COLUMNS]
    if unknown:
        why = f"there is no column {unknown[0]!r} to hide; there are: {', '.join(HIDEABLE_COLUMNS)}"
        raise _bad(path, f"profiles.{name}.hidden_columns", why)
    return profile


def _check_mode(path: Path, profiles: Mapping[str, ProfileTable]) -> None:
    secret = any(
        profile.url is not None and strip_password(profile.url) != profile.url for profile in profiles.values()
    )
    if secret and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise _bad(path, "", "it holds a password and others may read it; run: chmod 600 on it, or use url_env")


def make_profile(path: Path, name: str, table: ProfileTable) -> Profile:
    """Return the profile of a table; runs `url_command` if there is one; raises BadConfig."""
    key = f"profiles.{name}"
    poll_s = _seconds(path, f"{key}.poll", table.poll)
    if not POLL_RANGE_S[0] <= poll_s <= POLL_RANGE_S[1]:
        raise _bad(path, f"{key}.poll", "it is 0.5 to 60 seconds")
    return Profile(
        name=name,
        url=_url(path, key, table),
        label=table.label,
        colour=table.colour,
        rights=table.rights,
        protected=table.protected,
        kind=table.kind,
        poll_s=poll_s,
        limits=Limits(
            stuck_after_s=_seconds(path, f"{key}.stuck_after", table.stuck_after),
            worker_silent_s=_seconds(path, f"{key}.worker_silent_after", table.worker_silent_after),
            per_queue_s=_spans(path, f"{key}.stuck_after_per_queue", table.stuck_after_per_queue),
            per_type_s=_spans(path, f"{key}.stuck_after_per_type", table.stuck_after_per_type),
            overdue_after_s=_seconds(path, f"{key}.overdue_after", table.overdue_after),
            overdue_per_queue_s=_spans(path, f"{key}.overdue_after_per_queue", table.overdue_after_per_queue),
            overdue_per_type_s=_spans(path, f"{key}.overdue_after_per_type", table.overdue_after_per_type),
            alarms=_of_alarms(path, key, table.alarms, read_alarms),
        ),
        alarm_actions=_of_alarms(path, key, table.alarms, partial(read_alarm_actions, zone=table.timezone)),
        timezone=table.timezone,
        summaries=table.summary,
        hidden_columns=frozenset(table.hidden_columns),
        settings=table.settings | ({"mapping": _beside(path, key, table.mapping)} if table.mapping else {}),
    )


def _of_alarms(path: Path, key: str, table: AlarmTable, read: Callable[[AlarmTable], T]) -> T:
    try:
        return read(table)
    except ValueError as error:
        raise _bad(path, f"{key}.alarms", str(error)) from error


def _beside(path: Path, key: str, written: str) -> str:
    """Return the path of a file, relative to the folder of the settings file; raises BadConfig."""
    try:
        return str(path.parent / at_home(written))
    except ValueError as error:
        raise _bad(path, f"{key}.mapping", str(error)) from None


def find_profiles(path: Path, names: Sequence[str | None]) -> list[Profile | None]:
    """Return the profiles of these names, each as `find_profile` does.

    The file is read once, as it may be a pipe.
    """
    tables, default = read_profiles(path)
    return [_find_in(path, tables, name or default) for name in names]


def find_profile(path: Path, name: str | None) -> Profile | None:
    """Return the profile of a name, or the file's default when `name` is None; None without either.

    Raises NotFound.
    """
    return find_profiles(path, (name,))[0]


def _find_in(path: Path, tables: Mapping[str, ProfileTable], wanted: str | None) -> Profile | None:
    if wanted is None:
        return None
    if wanted not in tables:
        known = ", ".join(sorted(tables)) or "none"
        message = f"there is no profile {wanted!r} in {path}; there are: {known}"
        raise NotFound(message)
    own = tables[wanted]
    beside = {name: one.rights for name, one in tables.items() if name != wanted and _store(one) == _store(own)}
    return replace(make_profile(path, wanted, own), beside=beside)


def _store(table: ProfileTable) -> tuple[object, ...]:
    """Return what identifies a profile's store and the part that is read, without running `url_command`."""
    return table.url, table.url_env, table.url_command, table.kind, table.mapping, table.settings


def _url(path: Path, key: str, table: ProfileTable) -> str:
    if table.url is not None:
        return table.url
    if table.url_env is not None:
        value = os.environ.get(table.url_env)
        if not value:
            raise _bad(path, f"{key}.url_env", f"the environment variable {table.url_env} is not set")
        return value
    return _run(path, key, table.url_command or [])


def _run(path: Path, key: str, words: list[str]) -> str:
    try:
        answer = subprocess.run(words, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=True)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise _bad(
            path, f"{key}.url_command", f"{shlex.join(words[:1])} did not answer with a URL ({type(error).__name__})"
        ) from None
    url = answer.stdout.strip()
    if len(url.split()) != 1:
        raise _bad(path, f"{key}.url_command", f"{shlex.join(words[:1])} must print one URL and nothing else")
    return url


def _spans(path: Path, key: str, table: Mapping[str, str]) -> dict[str, float]:
    return {name: _seconds(path, f"{key}.{name}", text) for name, text in table.items()}


def _seconds(path: Path, key: str, text: str) -> float:
    try:
        return parse_duration_s(text)
    except ValueError as error:
        raise _bad(path, key, str(error)) from error


def _bad(path: Path, key: str, why: str) -> BadConfig:
    where = f"{path}: {key}" if key else str(path)
    return BadConfig(f"the settings cannot be used: {where}: {why}", where)
