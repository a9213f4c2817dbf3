"""The options behind the ? of a database URL: each is understood or refused by name."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import SplitResult, parse_qsl, urlsplit

from queuetui.model.errors import Unsupported

_NAME_CHARS = 40


def split_url(url: str, example: str) -> SplitResult:
    """Split a URL. Raises Unsupported without quoting it, as it may hold a password."""
    unreadable = f"the database URL cannot be read; write it like {example}, and an @ in the password as %40"
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Unsupported(unreadable) from None
    if parts.netloc.count("@") > 1:
        # What follows the first @ would be looked up, and shown, as a host.
        raise Unsupported(unreadable)
    try:
        # Several hosts of one server stand between commas, which only the driver reads.
        _ = "," in parts.netloc or parts.port
    except ValueError:
        raise Unsupported(
            "the port of the database URL is not a number from 0 to 65535; check it, and the encoding of the password"
        ) from None
    if parts.fragment:
        raise Unsupported(
            "the database URL has a part behind a #, which has no meaning; write a # of a password as %23"
        )
    return parts


def read_options(query: str, known: Collection[str], advice: str = "") -> dict[str, str]:
    """Return the options of a URL. Raises Unsupported for one that is not known, given twice or without a value."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise Unsupported("the options behind the ? of the database URL cannot be read; write ?NAME=VALUE") from None
    options: dict[str, str] = {}
    for name, value in pairs:
        shown = name[:_NAME_CHARS]
        if name not in known:
            raise Unsupported(
                f"the database URL has an option that is not known: {shown!r}; known are {', '.join(sorted(known))}{advice}"
            )
        if name in options:
            raise Unsupported(f"the database URL names the option {shown!r} twice; leave one")
        if not value:
            raise Unsupported(
                f"the option {shown!r} of the database URL has no value; write {shown}=VALUE, or leave it out"
            )
        options[name] = value
    return options


def read_switch(options: dict[str, str], name: str) -> bool | None:
    """Take an option that is true or false out of the others; None where it is absent. Raises Unsupported."""
    value = options.pop(name, None)
    if value is None:
        return None
    if value.lower() not in ("true", "false"):
        raise Unsupported(f"the option {name!r} of the database URL is true or false, not {value[:_NAME_CHARS]!r}")
    return value.lower() == "true"
