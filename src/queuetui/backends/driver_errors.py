"""Turns what SQL drivers raise into our errors, by each driver's own codes; knows no statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidRequestError, SQLAlchemyError

from queuetui.model.errors import Conflict, Denied, NotFound, QueueTuiError, UnknownOutcome, Unreachable
from queuetui.model.text import sanitize

_SHOWN_CHARS = 200

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
    **dict.fromkeys((1049, 1054, 1146), (NotFound, _ABSENT)),
    **dict.fromkeys((1205, 1213, 3572), (Conflict, _LOCKED)),
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


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise our error in place of a driver's; `doing` says in our words what was tried."""
    try:
        yield
    except SQLAlchemyError as error:
        raise translate(error, doing) from error


@contextmanager
def unknown_when_lost(doing: str) -> Iterator[None]:
    """As `translated`, for a commit: a connection lost inside leaves the outcome unknown."""
    try:
        yield
    except SQLAlchemyError as error:
        ours = translate(error, doing)
        if isinstance(ours, Unreachable):
            raise UnknownOutcome(f"{doing}: the answer was lost, so it may or may not have happened; look again") from error
        raise ours from error


def translate(error: SQLAlchemyError, doing: str) -> QueueTuiError:
    """Return our error for a driver's; one that no code explains means that the store is unreachable."""
    kind, advice = _classify(error)
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = sanitize(next(iter(str(cause).splitlines()), ""), _SHOWN_CHARS)
    return kind(f"{doing} failed: {advice} ({said})")


def _classify(error: SQLAlchemyError) -> tuple[type[QueueTuiError], str]:
    if not isinstance(error, DBAPIError) or isinstance(error, InterfaceError | InvalidRequestError):
        return Unreachable, _GONE
    cause: object = error.orig
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
    if "authentication failed" in said or "no pg_hba.conf entry" in said or "no password supplied" in said:
        return Denied, _DENIED
    if "does not exist" in said:
        return NotFound, _ABSENT
    return Unreachable, _GONE
