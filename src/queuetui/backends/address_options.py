"""The parts of a store's URL.

Each part is understood or refused by name, and a part that may hold a password is never quoted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from queuetui.model.errors import BadConfig
from queuetui.model.urls import BESIDE, read_nested

_NAME_CHARS = 40


def split_url(url: str, example: str) -> SplitResult:
    """Split a URL; raises BadConfig."""
    try:
        parts = urlsplit(url)
        unquote(url, errors="strict")
    except UnicodeDecodeError:
        raise refuse("has a % before bytes that are not UTF-8; write each character in UTF-8, as in %C3%A9") from None
    except ValueError:
        raise refuse(f"cannot be read; write it like {example}") from None
    if parts.netloc.count("@") > 1:
        # The text behind the first @ would be resolved, and shown, as a host.
        raise refuse(f"has several @; write it like {example}, and an @ in the password as %40")
    try:
        # Several hosts are separated by commas; only the driver parses those.
        port = None if "," in parts.netloc else parts.port
    except ValueError:
        raise refuse(
            "has a port that is no number; check it, and that / ? # of a password are written %2F %3F %23"
        ) from None
    if port == 0:
        # Drivers take it for a missing port, and use their default.
        raise refuse("has the port 0, at which no server listens; write another, or leave it out")
    for host in (parts.hostname or "").split(","):
        _check_host(host)
    if parts.fragment:
        raise refuse("has a part behind a #, which means nothing; write a # of a password as %23")
    return parts


def _check_host(host: str) -> None:
    try:
        host.encode("idna")
    except UnicodeError:
        raise refuse(
            "names a host that cannot be: one of its parts between dots is empty or too long; check it"
        ) from None


def read_options(query: str, known: Collection[str]) -> dict[str, str]:
    """Return the options behind the ? of a URL.

    Raises BadConfig for an option that is unknown, given twice or without a value.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise refuse("has options behind its ? that cannot be read; write ?NAME=VALUE&NAME=VALUE") from None
    options: dict[str, str] = {}
    for name, value in pairs:
        shown = name[:_NAME_CHARS]
        if name not in known:
            raise refuse(f"has an option that is not known: {shown!r}; known are {', '.join(sorted(known))}")
        if name in options:
            raise refuse(f"has the option {shown!r} twice; leave one")
        if not value:
            raise refuse(f"has the option {shown!r} without a value; write {shown}=VALUE, or leave it out")
        options[name] = value
    return options


def require_files(options: Mapping[str, str], names: Collection[str]) -> None:
    """Refuse options that name files which are not there; raises BadConfig.

    A driver would report them as a server that does not answer.
    """
    for option in sorted(options.keys() & set(names)):
        if not Path(options[option]).exists():
            raise refuse(f"names by {option} a file that is not there; check its path")


def take_beside(url: str) -> tuple[str, str]:
    """Return a URL without its second store, and the URL of that store.

    The latter is empty where the URL names none. Raises BadConfig.
    """
    address, mark, query = url.partition("?")
    parts = query.split("&")
    named = [part for part in parts if part.partition("=")[0] == BESIDE]
    if not named:
        return url, ""
    second = read_nested(named[0].partition("=")[2])
    if len(named) > 1 or "://" not in second:
        raise refuse(
            f"names its second store in a way that cannot be read; write {BESIDE}=mysql://HOST/NAME once, with & as %26 and # as %23"
        )
    kept = "&".join(part for part in parts if part not in named)
    return f"{address}{mark}{kept}" if kept else address, second


def read_switch(options: dict[str, str], name: str) -> bool | None:
    """Remove a boolean option from the options and return it, None if absent; raises BadConfig."""
    value = options.pop(name, None)
    if value is None:
        return None
    if value.lower() not in ("true", "false"):
        raise refuse(f"has the option {name!r} with another value than true or false")
    return value.lower() == "true"


def refuse(what: str) -> BadConfig:
    """Return the error for a part of a URL that is not understood."""
    return BadConfig(f"the URL {what}", "url")
