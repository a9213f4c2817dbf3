"""The connections to one server, each used by one thread at a time.

A command is packed, sent, and its answer read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from queuetui.backends import forks
from queuetui.backends.redis.driver import load_driver
from queuetui.model.errors import BadConfig

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.redis.scripts import Script

Value = str | bytes | int
CLIENT_NAME = "queuetui"
# Of a script's call: the command, the digest, how many keys.
_HEAD_VALUES = 3
# After this long a connection is looked at before it is used: the server may have closed it.
RESTED_S = 0.5
# The driver types only a part of its methods.
Connection = Any


def pack(values: Sequence[Value]) -> bytes:
    """Return a command as it is sent."""
    return b"*%d\r\n%b" % (len(values), _pack_values(values))


def _pack_values(values: Iterable[Value]) -> bytes:
    """Return a part of a command as it is sent."""
    parts = []
    for value in values:
        data = value if isinstance(value, bytes) else str(value).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)


def _pack_call(script: Script, keys: Sequence[str | bytes], values: Sequence[Value]) -> bytes:
    """Return the call of a script that the server knows, as it is sent."""
    head = _pack_head(script.sha, tuple(keys))
    return b"*%d\r\n%b%b" % (_HEAD_VALUES + len(keys) + len(values), head, _pack_values(values))


@lru_cache
def _pack_head(sha: str, keys: tuple[str | bytes, ...]) -> bytes:
    """Return what a script's calls have in common; our own queue names one key, always the same."""
    return _pack_values(("EVALSHA", sha, len(keys), *keys))


def ask_on(connection: Connection, *values: Value) -> Any:  # noqa: ANN401 - each command has its own answer
    """Send one command on a connection and return its answer."""
    return _exchange_on(connection, pack(values))


def _exchange_on(connection: Connection, packed: bytes) -> Any:  # noqa: ANN401 - each command has its own answer
    connection.send_packed_command([packed], check_health=False)
    return connection.read_response()


class Connections(forks.StoreHandle):
    """Connections that are made when needed and kept for the next command."""

    def __init__(self, url: str, options: BackendOptions) -> None:
        super().__init__()
        self._connect = _connector(url, options)
        # Taken from and put back at the end in one step each, which several threads may do at once.
        self._rested: list[tuple[Connection, float]] = []
        self._meet: Callable[[Connection], None] | None = None

    def ask(self, *values: Value) -> Any:  # noqa: ANN401 - each command has its own answer
        """Send one command and return its answer."""
        return self._exchange_alone(pack(values))

    def call(self, script: Script, keys: Sequence[str | bytes], values: Sequence[Value]) -> Any:  # noqa: ANN401 - each script has its own answer
        """Call a script that the server knows and return its answer."""
        return self._exchange_alone(_pack_call(script, keys, values))

    def _exchange_alone(self, packed: bytes) -> Any:  # noqa: ANN401 - each command has its own answer
        connection = self._take()
        try:
            return _exchange_on(connection, packed)
        finally:
            self._rest(connection)

    def greet(self, meet: Callable[[Connection], None]) -> None:
        """Have every connection looked at before anything else is sent on it, also when it connects anew."""
        self.close()
        self._meet = meet

    def ask_all(self, commands: Sequence[Sequence[Value]]) -> list[Any]:
        """Send commands in one packet and return their answers; raises the first refusal when all are read."""
        return self._exchange(list(map(pack, commands)), lambda connection: _read_answers(connection, len(commands)))

    def transact(self, commands: Sequence[Sequence[Value]]) -> list[Any]:
        """Send commands as one transaction and return their answers.

        None is done where the server refuses one beforehand.
        """
        packed = [pack(("MULTI",)), *map(pack, commands), pack(("EXEC",))]
        return self._exchange(packed, lambda connection: _read_transaction(connection, len(commands)))

    def _exchange(self, packed: list[bytes], read: Callable[[Connection], list[Any]]) -> list[Any]:
        connection = self._take()
        try:
            connection.send_packed_command(packed, check_health=False)
            answers = read(connection)
        finally:
            self._rest(connection)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def open(self) -> Connection:
        """Return a connection that is the caller's own."""
        connection = self._connect()
        forks.track(connection)
        connection.register_connect_callback(self._connected)
        return connection

    def _connected(self, connection: Connection) -> None:
        if self._meet is not None:
            try:
                self._meet(connection)
            except BaseException:
                # Met next time: what was not looked at is not used.
                connection.disconnect()
                raise

    def start_anew(self) -> None:
        """Forget the parent's connections."""
        self._rested = []

    def close(self) -> None:
        """Close what rests."""
        rested, self._rested = self._rested, []
        for connection, _ in rested:
            connection.disconnect()

    def _rest(self, connection: Connection) -> None:
        # One that broke has been disconnected by the driver and connects anew when it is next used.
        self._rested.append((connection, time.monotonic()))

    def _take(self) -> Connection:
        try:
            connection, since_s = self._rested.pop()
        except IndexError:
            return self.open()
        if time.monotonic() - since_s > RESTED_S and _is_closed(connection):
            connection.disconnect()
        return connection


def _read_answers(connection: Connection, commands: int) -> list[Any]:
    return [_read_answer(connection) for _ in range(commands)]


def _read_transaction(connection: Connection, commands: int) -> list[Any]:
    """Read the answers to MULTI, to each command, which is only whether it was taken, and to EXEC."""
    taken = _read_answers(connection, commands + 1)
    (answers,) = _read_answers(connection, 1)
    if isinstance(answers, Exception):
        raise next((one for one in taken if isinstance(one, Exception)), answers)
    return list(answers)


def _read_answer(connection: Connection) -> Any:  # noqa: ANN401 - each command has its own answer
    """Read one answer, or return the error that it is, so that the answers behind it can be read too."""
    from redis.exceptions import ResponseError

    try:
        return connection.read_response()
    except ResponseError as error:
        return error


def _is_closed(connection: Connection) -> bool:
    from redis.exceptions import ConnectionError as Broken
    from redis.exceptions import TimeoutError as Late

    try:
        return bool(connection.can_read(timeout=0))
    except (Broken, Late, OSError):
        return True


def _connector(url: str, options: BackendOptions) -> Callable[[], Connection]:
    load_driver()
    import redis.connection as driver
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # The driver types only a part of what it has.
    untyped: Any = driver

    settings: dict[str, Any] = {
        "socket_timeout": options.statement_timeout_s,
        "socket_connect_timeout": options.connect_timeout_s,
        "client_name": CLIENT_NAME,
    }
    ours = {
        # A script sent again after a lost answer would act twice: who asked decides, never the driver.
        "retry": Retry(NoBackoff(), 0),
        "retry_on_timeout": False,
        "protocol": 2,
        "decode_responses": False,
    }
    try:
        settings.update(untyped.parse_url(url), **ours)
        make = settings.pop("connection_class", untyped.Connection)
        # Options of the URL that the driver does not know come to light only when a connection is made.
        make(**settings)
    except (ValueError, TypeError):
        raise BadConfig(
            "the URL, or an option behind its ?, cannot be read; write it like redis://HOST:6379/0 or unix:///run/redis.sock",
            "url",
        ) from None
    return lambda: make(**settings)
