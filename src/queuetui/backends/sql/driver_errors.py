"""Turns the errors of SQL drivers into ours by each driver's own codes.

They come bare or through SQLAlchemy. This module imports no driver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from queuetui.model.errors import (
    BadPayload,
    Conflict,
    ConnectionLost,
    Denied,
    NotFound,
    QueueTuiError,
    UnknownOutcome,
    Unreachable,
    Unsupported,
)
from queuetui.model.text import sanitize

_SHOWN_CHARS = 200
_BROKEN = re.compile(
    r"(?!connection (?:failed|is bad|timeout))(?=.*(?:closed the connection|connection (?:is|was|has been) (?:lost|closed)|"
    r"connection not open|consuming input failed|could not (?:receive|send) data))",
    re.DOTALL,
)
_UNKNOWN_ROLE = re.compile(r'role "[^"]*" does not exist')

_DENIED = "the server refused the right; check the user, its password and its grants"
_READ_ONLY = "it may only be read; check whether it is a replica, and what its settings say"
_ABSENT = "it is not there; check the URL and the names in the profile"
_SLOW = "it took longer than the console allows; narrow the filter or raise the profile's statement timeout"
_LOCKED = "somebody else holds it locked; try again in a moment"
_TWICE = "another row holds what one alone may hold, so nothing was changed; see to that one first, or try again"
_NO_VALUE = "the table has a column that must have a value and has no default, so nothing was changed; give that column a default"
_REFUSED = "a constraint or a trigger of the table refused it, so nothing was changed; look at the table's definition"
_GONE = "the store does not answer; check that it runs and that the URL is right"
_POOLED = "a pooler before the server refused it; PgBouncer needs pool_mode = transaction or session"
_CROWDED = "the server has no connection left; close idle ones, use a pooler, or raise its limit"
_ONLY_TLS = "the server takes connections by TLS only; add ?ssl_ca=FILE to the URL"
_BAD_SETTING = "the server has no such setting, or not that value of it; check the options of the URL"
_BAD_NAME = "the server takes no such name; check the URL and the names in the profile"
_DAMAGED = "its data in the server is damaged; check it by the server's own tools, and restore a copy"
_DISK = "the server cannot read or write its files; see its log, and check its disk"
_FULL = "the store's disk is full; free some of it"
_SHORT_OF_MEMORY = "the store has no memory left for it; look at the server's load"
_PACKET = "it is larger than the server's max_allowed_packet; raise that, or keep large data elsewhere"
_NO_ROOM = "a text or a number is more than the store can hold; shorten it, or keep large data elsewhere"
_WRONG_VALUE = "the store cannot hold one of its characters or values; use another, or a database that holds all of Unicode (UTF8, utf8mb4)"
_UNEXPECTED = "the store answered with an error that was not expected; its own manual and log say more"

_Advice = tuple[type[QueueTuiError], str]
# PostgreSQL: SQLSTATE, or its first two characters. MySQL and MariaDB: error numbers. SQLite: names of result codes.
_BY_SQLSTATE: dict[str, _Advice] = {
    "08": (Unreachable, _GONE),
    "08P01": (Unreachable, _POOLED),
    "57": (Unreachable, _GONE),
    # Sessions that the server ended: by hand, as it stops, and where one rested longer than it may.
    **dict.fromkeys(("08003", "08006", "25P03", "25P04", "57P01", "57P02", "57P05"), (ConnectionLost, _GONE)),
    "28": (Denied, _DENIED),
    "42501": (Denied, _DENIED),
    "25006": (Denied, _READ_ONLY),
    "3D": (NotFound, _ABSENT),
    "3F": (NotFound, _ABSENT),
    "42P01": (NotFound, _ABSENT),
    "42703": (NotFound, _ABSENT),
    "57014": (Unreachable, _SLOW),
    "55P03": (Conflict, _LOCKED),
    "40": (Conflict, _LOCKED),
    "23": (Conflict, _REFUSED),
    "P0001": (Conflict, _REFUSED),
    "23502": (Conflict, _NO_VALUE),
    "23505": (Conflict, _TWICE),
    "53100": (Unreachable, _FULL),
    "53200": (Unreachable, _SHORT_OF_MEMORY),
    "53300": (Unreachable, _CROWDED),
    "58": (Unreachable, _DISK),
    **dict.fromkeys(("XX001", "XX002"), (Unreachable, _DAMAGED)),
    **dict.fromkeys(("22023", "42704", "55P02"), (Unsupported, _BAD_SETTING)),
    **dict.fromkeys(("42602", "42622"), (NotFound, _BAD_NAME)),
    **dict.fromkeys(("22001", "22003", "54000"), (BadPayload, _NO_ROOM)),
    **dict.fromkeys(("22021", "22P05"), (BadPayload, _WRONG_VALUE)),
}
# The client's own numbers, and those of a server that ends a connection.
_CLIENT_NUMBERS = range(2000, 3000)
_BY_NUMBER: dict[int, _Advice] = {
    **dict.fromkeys(
        (0, 1053, 1077, 1079, 1152, *range(1156, 1162), 1184, 1927, 2006, 2013, 3169, 4031), (ConnectionLost, _GONE)
    ),
    **dict.fromkeys((1040, 1203, 1226), (Unreachable, _CROWDED)),
    **dict.fromkeys((1021, 1114), (Unreachable, _FULL)),
    **dict.fromkeys((1037, 1038, 1041), (Unreachable, _SHORT_OF_MEMORY)),
    **dict.fromkeys((1002, 1003, 1004, 1005, 1016, 1023, 1024, 1026, 1030), (Unreachable, _DISK)),
    **dict.fromkeys((1034, 1035, 1194, 1195, 1712), (Unreachable, _DAMAGED)),
    **dict.fromkeys((1193, 1231, 1232), (Unsupported, _BAD_SETTING)),
    **dict.fromkeys((1059, 1102, 1103), (NotFound, _BAD_NAME)),
    3159: (Unsupported, _ONLY_TLS),
    **dict.fromkeys((1044, 1045, 1130, 1142, 1143, 1227, 1370, 1698, 1820, 1862, 3118, 4151), (Denied, _DENIED)),
    **dict.fromkeys((1036, 1290, 1792, 1836), (Denied, _READ_ONLY)),
    **dict.fromkeys((1046, 1049, 1054, 1109, 1146), (NotFound, _ABSENT)),
    **dict.fromkeys((1020, 1205, 1213, 3572), (Conflict, _LOCKED)),
    1062: (Conflict, _TWICE),
    **dict.fromkeys((1048, 1364), (Conflict, _NO_VALUE)),
    **dict.fromkeys((1451, 1452, 1644, 3819, 4025), (Conflict, _REFUSED)),
    **dict.fromkeys((1153, 1301), (BadPayload, _PACKET)),
    **dict.fromkeys((1071, 1118, 1264, 1406), (BadPayload, _NO_ROOM)),
    **dict.fromkeys((1292, 1300, 1366, 3988), (BadPayload, _WRONG_VALUE)),
    **dict.fromkeys((1317, 1969, 3024), (Unreachable, _SLOW)),
}
_BY_NAME: dict[str, _Advice] = {
    "SQLITE_BUSY": (Conflict, _LOCKED),
    "SQLITE_LOCKED": (Conflict, _LOCKED),
    "SQLITE_PROTOCOL": (Conflict, _LOCKED),
    "SQLITE_CONSTRAINT_NOTNULL": (Conflict, _NO_VALUE),
    **dict.fromkeys(
        ("SQLITE_CONSTRAINT_CHECK", "SQLITE_CONSTRAINT_FOREIGNKEY", "SQLITE_CONSTRAINT_TRIGGER"), (Conflict, _REFUSED)
    ),
    "SQLITE_CONSTRAINT": (Conflict, _TWICE),
    "SQLITE_READONLY": (Denied, "the file may only be read; check its permissions"),
    "SQLITE_PERM": (Denied, "the file may not be opened; check its permissions"),
    "SQLITE_CANTOPEN": (Unreachable, "the file cannot be opened; check its path, and the permissions of its folder"),
    "SQLITE_AUTH": (Denied, _DENIED),
    "SQLITE_NOTADB": (NotFound, "the file is not an SQLite database; check the URL"),
    "SQLITE_CORRUPT": (Unreachable, "the file is damaged; check it by PRAGMA integrity_check, and restore a copy"),
    "SQLITE_IOERR": (Unreachable, "the file cannot be read or written; check its disk"),
    "SQLITE_FULL": (Unreachable, _FULL),
    "SQLITE_NOMEM": (Unreachable, _SHORT_OF_MEMORY),
    "SQLITE_TOOBIG": (BadPayload, _NO_ROOM),
    "SQLITE_INTERRUPT": (Unreachable, _SLOW),
}


_PACKAGES = frozenset({"sqlalchemy", "psycopg", "psycopg_pool", "sqlite3", "pymysql"})
_DRIVER_PACKAGES = {
    "psycopg": "psycopg[binary]",
    "psycopg_c": "psycopg[binary]",
    "pymysql": "pymysql",
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
        if isinstance(ours, ConnectionLost) or (isinstance(ours, Unreachable) and not _has_answered(error)):
            raise UnknownOutcome(
                f"{doing}: the answer was lost, so it may or may not have happened; look again"
            ) from error
        raise ours from error


def _has_answered(error: Exception) -> bool:
    """Tell whether the server itself refused it, and so did not do it: by its number or its SQLSTATE."""
    cause: BaseException = getattr(error, "orig", None) or error
    number = next(iter(cause.args), None)
    if isinstance(number, int):
        return number not in _CLIENT_NUMBERS and "timed out" not in str(cause)
    return isinstance(getattr(cause, "sqlstate", None), str)


def is_driver_error(error: BaseException) -> bool:
    """Tell whether an error was raised by SQLAlchemy, a driver, or the import of a driver that is missing."""
    if isinstance(error, ModuleNotFoundError):
        return error.name in _DRIVER_PACKAGES
    return (
        isinstance(error, UnicodeEncodeError | OverflowError)
        or _wants_cryptography(error)
        or any(base.__module__.partition(".")[0] in _PACKAGES for base in type(error).__mro__)
    )


def _wants_cryptography(error: BaseException) -> bool:
    """Tell whether PyMySQL refused a login of MySQL 8 over a plain connection.

    It raises no error class of its own for this.
    """
    return isinstance(error, RuntimeError) and str(error).startswith("'cryptography' package is required")


def translate(error: Exception, doing: str) -> QueueTuiError:
    """Return our error for a driver's; one that no code explains is said to be unexpected."""
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
    cause: BaseException = getattr(error, "orig", None) or error
    kind, advice = _classify(cause)
    said = sanitize(next(iter(str(cause).splitlines()), ""), _SHOWN_CHARS)
    return kind(f"{doing} failed: {advice} ({said})")


def _classify(cause: BaseException) -> _Advice:
    # Newer MySQL drivers carry a SQLSTATE too, which is coarser than the number.
    number = next(iter(cause.args), None)
    if isinstance(number, int):
        if "timed out" in str(cause):
            # What waited in vain once is not to wait as long again.
            return Unreachable, _GONE
        return _BY_NUMBER.get(number) or (Unreachable, _GONE if number in _CLIENT_NUMBERS else _UNEXPECTED)
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return _BY_SQLSTATE.get(state) or _BY_SQLSTATE.get(state[:2]) or (Unreachable, _UNEXPECTED)
    name = getattr(cause, "sqlite_errorname", None)
    if isinstance(name, str):
        return _of_sqlite(name, str(cause))
    return _of_class(cause)


def _of_sqlite(name: str, said: str) -> _Advice:
    if said.startswith(("no such table", "no such column")):
        return NotFound, _ABSENT
    # Extended codes put a detail behind the primary one: SQLITE_BUSY_SNAPSHOT.
    primary = "_".join(name.split("_")[:2])
    return _BY_NAME.get(name) or _BY_NAME.get(primary, (Unreachable, _UNEXPECTED))


def _of_class(cause: BaseException) -> _Advice:
    """Classify what a driver raises by itself, which carries no code."""
    names = {base.__name__ for base in type(cause).__mro__}
    if names & {"DataError", "UnicodeError", "OverflowError"}:
        return BadPayload, _WRONG_VALUE
    if names & {"OperationalError", "InterfaceError"}:
        return _of_text(str(cause))
    return Unreachable, _UNEXPECTED


def _of_text(said: str) -> _Advice:
    """Classify a failed PostgreSQL connect, which carries words and no code."""
    if (
        _UNKNOWN_ROLE.search(said)
        or "authentication failed" in said
        or "no pg_hba.conf entry" in said
        or "no password supplied" in said
    ):
        return Denied, _DENIED
    if "pooling mode" in said:
        return Unreachable, _POOLED
    if "does not exist" in said:
        return NotFound, _ABSENT
    if "too many clients" in said or "remaining connection slots" in said or "too many connections" in said:
        return Unreachable, _CROWDED
    return ConnectionLost if _BROKEN.match(said) else Unreachable, _GONE
