"""Turns what the Redis driver raises into our errors.

The one place that knows its classes and the server's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import redis.exceptions as driver

from queuetui.model.errors import (
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
_GONE = "the server does not answer; check that it runs and that the URL is right"
_CROWDED = "no connection is left; close idle clients, or raise the server's setting `maxclients`"
_DENIED = "the server refused the right; check the user, its password and its ACL"
_FULL = "the server's memory is full; raise maxmemory or prune"
_NO_SOCKET = (
    "the socket of the URL does not exist; start the server, or name the path that its setting `unixsocket` says "
    "(redis-cli CONFIG GET unixsocket)"
)
_DEAD_SOCKET = (
    "nothing listens at the socket of the URL; start the server, or check that its setting `unixsocket` names this path"
)
_CLOSED_SOCKET = "this user may not open the socket of the URL; join the group that may, or widen the server's setting `unixsocketperm`"
_CLUSTER = "this is a node of a cluster that does not hold these keys; point the URL at the node that does"

# The first word of a server's refusal.
_BY_CODE: dict[str, tuple[type[QueueTuiError], str]] = {
    "NOAUTH": (Denied, _DENIED),
    "WRONGPASS": (Denied, _DENIED),
    "NOPERM": (Denied, _DENIED),
    "READONLY": (Denied, "the server is a replica that may only be read; point the URL at its primary"),
    "OOM": (Unreachable, _FULL),
    "MISCONF": (Unreachable, "the server cannot write its data to disk and refuses changes; see its log"),
    "LOADING": (Unreachable, "the server is still loading its data; try again in a moment"),
    "BUSY": (Unreachable, "the server is busy with somebody's script; try again in a moment"),
    "NOREPLICAS": (Unreachable, "the server has too few replicas and refuses changes; see its min-replicas-to-write"),
    "MASTERDOWN": (Unreachable, _GONE),
    "CLUSTERDOWN": (Unreachable, _GONE),
    "MOVED": (Unsupported, _CLUSTER),
    "ASK": (Unsupported, _CLUSTER),
    "CROSSSLOT": (Unsupported, _CLUSTER),
}
_BY_CLASS: tuple[tuple[type[Exception], tuple[type[QueueTuiError], str]], ...] = (
    (driver.AuthenticationError, (Denied, _DENIED)),
    (driver.AuthorizationError, (Denied, _DENIED)),
    (driver.NoPermissionError, (Denied, _DENIED)),
    (driver.ReadOnlyError, _BY_CODE["READONLY"]),
    (driver.OutOfMemoryError, _BY_CODE["OOM"]),
    (driver.BusyLoadingError, _BY_CODE["LOADING"]),
    (driver.MovedError, _BY_CODE["MOVED"]),
    (driver.AskError, _BY_CODE["ASK"]),
    (driver.ClusterDownError, _BY_CODE["CLUSTERDOWN"]),
    (driver.ConnectionError, (Unreachable, _GONE)),
    (driver.TimeoutError, (Unreachable, _GONE)),
)
# What the system says of a socket that is a file.
_BY_SOCKET: tuple[tuple[type[OSError], tuple[type[QueueTuiError], str]], ...] = (
    (FileNotFoundError, (Unreachable, _NO_SOCKET)),
    (NotADirectoryError, (Unreachable, _NO_SOCKET)),
    (ConnectionRefusedError, (Unreachable, _DEAD_SOCKET)),
    (PermissionError, (Denied, _CLOSED_SOCKET)),
)
_AT_SOCKET = " connecting to /"
_NO_DATABASE = "DB index is out of range"
_REFUSED_IN_SCRIPT = ("ACL failure in script", "executing the script can't run this command")
# What the driver says of a session that ended in the midst of it.
_BROKEN = re.compile("closed by server|while (?:reading from|writing to)|connection reset", re.IGNORECASE)
_NO_ROOM = re.compile("max number of clients|too many connections|no connection available", re.IGNORECASE)
# A connection that was never made, or never handed out, has sent nothing.
_NEVER_SENT = re.compile(
    f"connecting to|{_NO_ROOM.pattern}|connection (?:has data|not ready)|invalid (?:ssl|resp|database)|ocsp",
    re.IGNORECASE,
)


@contextmanager
def translated(doing: str, *, writes: bool = False) -> Iterator[None]:
    """Raise our error in place of the driver's; a write whose answer was lost raises UnknownOutcome."""
    try:
        yield
    except driver.RedisError as error:
        raise translate(error, doing, writes=writes) from error


def translate(error: driver.RedisError, doing: str, *, writes: bool) -> QueueTuiError:
    """Return our error for the driver's."""
    if writes and _is_lost(error):
        return UnknownOutcome(f"{doing}: the answer was lost, so it may or may not have happened; look again")
    return _translate(error, doing)


def _is_lost(error: driver.RedisError) -> bool:
    refused = (driver.AuthenticationError, driver.AuthorizationError, driver.BusyLoadingError)
    broken = isinstance(error, driver.ConnectionError | driver.TimeoutError) and not isinstance(error, refused)
    return broken and _NEVER_SENT.search(str(error)) is None


def _translate(error: driver.RedisError, doing: str) -> QueueTuiError:
    kind, advice = _classify(error)
    said = sanitize(next(iter(str(error).splitlines()), ""), _SHOWN_CHARS)
    return kind(f"{doing} failed: {advice} ({said})")


def _classify(error: driver.RedisError) -> tuple[type[QueueTuiError], str]:
    if _AT_SOCKET in str(error):
        for refusal, answer in _BY_SOCKET:
            if isinstance(error.__context__, refusal):
                return answer
    for kind, answer in _BY_CLASS:
        if isinstance(error, kind):
            return _classify_silence(str(error)) if kind is driver.ConnectionError else answer
    said = f" {error} "[:_SHOWN_CHARS]
    # A command that was refused inside a script is told of behind other words, by Redis 6.2 with the dash of the protocol.
    code = next((known for known in _BY_CODE if f" {known} " in said or f" -{known} " in said), None)
    if code is None and any(words in said for words in _REFUSED_IN_SCRIPT):
        code = "NOPERM"
    if _NO_DATABASE in said:
        return NotFound, "the server has no database of that number; check the end of the URL"
    return _BY_CODE.get(code or "", (Unsupported, "the server refused the command"))


def _classify_silence(said: str) -> tuple[type[QueueTuiError], str]:
    if _NEVER_SENT.search(said) is not None:
        return Unreachable, _CROWDED if _NO_ROOM.search(said) is not None else _GONE
    return ConnectionLost if _BROKEN.search(said) is not None else Unreachable, _GONE
