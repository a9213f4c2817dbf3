"""Turns what SQL drivers raise, bare or through SQLAlchemy, into our errors by each driver's own codes; imports no driver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from queuetui.model.errors import (
    BadPayload,
    Conflict,
    Denied,
    NotFound,
    QueueTuiError,
    UnknownOutcome,
    Unreachable,
    Unsupported,
)
from queuetui.model.text import sanitize

_SHOWN_CHARS = 200
_UNKNOWN_ROLE = re.compile(r'role "[^"]*" does not exist')

_DENIED = "the server refused the right; check the user, its password and its grants"
_ABSENT = "it is not there; check the URL and the names in the profile"
_SLOW = "it took longer than the console allows; narrow the filter or raise the profile's statement timeout"
_LOCKED = "somebody else holds it locked; try again in a moment"
_GONE = "the store does not answer; check that it runs and that the URL is right"

# PostgreSQL: SQLSTATE, or its first two characters. MySQL and MariaDB: error numbers. SQLite: names of result codes.
_BY_SQLSTATE: dict[str, tuple[type[QueueTuiError], str]] = {
    "28": (Denied, _DENIED),
    "42501": (Denied, _DENIED),
    "25006": (Denied, _DENIED),
    "3D": (NotFound, _ABSENT),
    "42P01": (NotFound, _ABSENT),
    "42703": (NotFound, _ABSENT),
    "57014": (Unreachable, _SLOW),
    "55P03": (Conflict, _LOCKED),
    "40": (Conflict, _LOCKED),
}
_BY_NUMBER: dict[int, tuple[type[QueueTuiError], str]] = {
    **dict.fromkeys((1044, 1045, 1142, 1143, 1227, 1290, 1370, 1698, 1792), (Denied, _DENIED)),
    **dict.fromkeys((1046, 1049, 1054, 1146), (NotFound, _ABSENT)),
    **dict.fromkeys((1205, 1213, 3572), (Conflict, _LOCKED)),
    1062: (Conflict, "somebody else wrote the same at the same moment; try again"),
    1301: (BadPayload, "it is larger than the server's max_allowed_packet; raise that, or keep large data elsewhere"),
    1406: (BadPayload, "a text is longer than the store can hold; shorten it"),
    **dict.fromkeys((1317, 1969, 3024), (Unreachable, _SLOW)),
}
_BY_NAME: dict[str, tuple[type[QueueTuiError], str]] = {
    "SQLITE_BUSY": (Conflict, _LOCKED),
    "SQLITE_LOCKED": (Conflict, _LOCKED),
    "SQLITE_READONLY": (Denied, "the file may only be read; check its permissions"),
    "SQLITE_PERM": (Denied, "the file may not be opened; check its permissions"),
    "SQLITE_AUTH": (Denied, _DENIED),
    "SQLITE_NOTADB": (NotFound, "the file is not an SQLite database; check the URL"),
    "SQLITE_INTERRUPT": (Unreachable, _SLOW),
}


_PACKAGES = frozenset({"sqlalchemy", "psycopg", "psycopg_pool", "sqlite3", "pymysql"})
_DRIVER_PACKAGES = {
    "psycopg": "psycopg[binary]",
    "psycopg_c": "psycopg[binary]",
    "pymysql": "pymysql",
    "redis": "redis",
}


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise our error in place of a driver's; `doing` says in our words what was tried."""
    try:
        yield
    except Exception as error:
        if not is_driver_error(error):
            raise
        raise translate(error, doing) from error


@contextmanager
def unknown_when_lost(doing: str) -> Iterator[None]:
    """As `translated`, for a commit: a connection lost inside leaves the outcome unknown."""
    try:
        yield
    except Exception as error:
        if not is_driver_error(error):
            raise
        ours = translate(error, doing)
        if isinstance(ours, Unreachable):
            raise UnknownOutcome(
                f"{doing}: the answer was lost, so it may or may not have happened; look again"
            ) from error
        raise ours from error


def is_driver_error(error: BaseException) -> bool:
    """Tell whether an error was raised by SQLAlchemy, a driver, or the import of a driver that is missing."""
    if isinstance(error, ModuleNotFoundError):
        return error.name in _DRIVER_PACKAGES
    return _wants_cryptography(error) or any(
        base.__module__.partition(".")[0] in _PACKAGES for base in type(error).__mro__
    )


def _wants_cryptography(error: BaseException) -> bool:
    """Tell PyMySQL's complaint about a login of MySQL 8 over a plain connection, which is no error class of its own."""
    return isinstance(error, RuntimeError) and str(error).startswith("'cryptography' package is required")


def translate(error: Exception, doing: str) -> QueueTuiError:
    """Return our error for a driver's; one that no code explains means that the store is unreachable."""
    if isinstance(error, ModuleNotFoundError):
        package = _DRIVER_PACKAGES.get(error.name or "", error.name)
        return Unsupported(
            f"{doing} failed: the driver {error.name} is not installed; install it with: pip install '{package}'"
        )
    if _wants_cryptography(error):
        return Unsupported(
            f"{doing} failed: the server asks for the password in a way that wants TLS or one more package; name its certificate in the "
            "URL (?ssl_ca=FILE), or install it with: pip install 'pymysql[rsa]'"
        )
    cause = getattr(error, "orig", None) or error
    kind, advice = _classify(cause)
    said = sanitize(next(iter(str(cause).splitlines()), ""), _SHOWN_CHARS)
    return kind(f"{doing} failed: {advice} ({said})")


def _classify(cause: object) -> tuple[type[QueueTuiError], str]:
    # Newer MySQL drivers carry a SQLSTATE too, which is coarser than the number.
    number = next(iter(getattr(cause, "args", ())), None)
    if isinstance(number, int):
        return _BY_NUMBER.get(number, (Unreachable, _GONE))
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return _BY_SQLSTATE.get(state) or _BY_SQLSTATE.get(state[:2]) or (Unreachable, _GONE)
    name = getattr(cause, "sqlite_errorname", None)
    if isinstance(name, str):
        return _of_sqlite(name, str(cause))
    return _of_text(str(cause))


def _of_sqlite(name: str, said: str) -> tuple[type[QueueTuiError], str]:
    if said.startswith(("no such table", "no such column")):
        return NotFound, _ABSENT
    # Extended codes put a detail behind the primary one: SQLITE_BUSY_SNAPSHOT.
    primary = "_".join(name.split("_")[:2])
    return _BY_NAME.get(primary, (Unreachable, _GONE))


def _of_text(said: str) -> tuple[type[QueueTuiError], str]:
    """Classify a failed PostgreSQL connect, which carries words and no code."""
    if (
        _UNKNOWN_ROLE.search(said)
        or "authentication failed" in said
        or "no pg_hba.conf entry" in said
        or "no password supplied" in said
    ):
        return Denied, _DENIED
    if "does not exist" in said:
        return NotFound, _ABSENT
    return Unreachable, _GONE
