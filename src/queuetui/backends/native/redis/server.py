"""One server's connections: every call is one script, is bounded in time, and raises our errors only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from queuetui.backends.native.redis.notices import Notices
from queuetui.backends.native.redis.scripts import load_script
from queuetui.model.errors import BadConfig, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from redis import Redis

    from queuetui.backends.base import BackendOptions
    from queuetui.backends.native.redis.address import Address

Value = str | bytes | int
CLIENT_NAME = "queuetui"


class Server:
    """A namespace on a server."""

    def __init__(self, address: Address, options: BackendOptions) -> None:
        self.options = options
        self.name = options.name or "redis"
        self.meta = address.namespace.meta
        self._wake = address.namespace.wake
        self._told = address.namespace.told
        self._url = address.url
        # The driver types only a part of its methods.
        self._client: Any = _open_client(address.url, options)

    def read(self, doing: str, script: str, *values: Value) -> Any:  # noqa: ANN401 - each script has its own answer
        """Run a script that changes nothing."""
        return self._run(doing, script, values, writes=False)

    def write(self, doing: str, script: str, *values: Value) -> Any:  # noqa: ANN401 - each script has its own answer
        """Run a script that changes something. Raises UnknownOutcome when its answer is lost."""
        return self._run(doing, script, values, writes=True)

    def write_all(self, doing: str, script: str, bites: Sequence[Sequence[Value]]) -> list[Any]:
        """Run a script over several bites as one transaction and return their answers. Raises UnknownOutcome as `write` does."""
        from redis.exceptions import NoScriptError

        from queuetui.backends.native.redis.redis_errors import translated

        with translated(doing, writes=True):
            try:
                return self._run_bites(script, bites)
            except NoScriptError:
                self._client.script_load(load_script(script).source)
                return self._run_bites(script, bites)

    def _run_bites(self, script: str, bites: Sequence[Sequence[Value]]) -> list[Any]:
        with self._client.pipeline(transaction=True) as transaction:
            for values in bites:
                transaction.execute_command("EVALSHA", load_script(script).sha, 1, self.meta, *values)
            return list(transaction.execute())

    def _run(self, doing: str, name: str, values: Sequence[Value], *, writes: bool) -> Any:  # noqa: ANN401 - as above
        from redis.exceptions import NoScriptError

        from queuetui.backends.native.redis.redis_errors import translated

        script = load_script(name)
        with translated(doing, writes=writes):
            try:
                return self._client.execute_command("EVALSHA", script.sha, 1, self.meta, *values)
            except NoScriptError:
                # Nothing has run: the server was restarted or never saw the script.
                return self._client.execute_command("EVAL", script.source, 1, self.meta, *values)

    def read_meta(self) -> dict[str, str]:
        """Return what the namespace says of itself, nothing where there is no queue."""
        from queuetui.backends.native.redis.redis_errors import translated

        with translated("reading the queue's version"):
            found: Mapping[bytes, bytes] = self._client.hgetall(self.meta)
        return {name.decode(): value.decode() for name, value in found.items()}

    def read_info(self, section: str) -> Mapping[str, Any]:
        """Return a section of the server's own report. Raises Denied where it is kept from us."""
        from queuetui.backends.native.redis.redis_errors import translated

        with translated("reading the server's state"):
            found: Mapping[str, Any] = self._client.info(section)
        return found

    def read_setting(self, name: str) -> str | None:
        """Return one of the server's settings, None where it has none of that name.

        Raises Denied or Unsupported where it is kept from us.
        """
        from queuetui.backends.native.redis.redis_errors import translated

        with translated("reading the server's settings"):
            answer: Sequence[bytes] = self._client.execute_command("CONFIG", "GET", name)
        # The driver makes a mapping of it in some versions.
        pairs = answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=True))
        found = {_text(key): _text(value) for key, value in pairs.items()}
        return found.get(name)

    def listen(self, hear: Callable[[str], None]) -> Notices:
        """Hear of queues with new jobs."""
        return Notices(lambda: _open_client(self._url, self.options), self._wake, hear)

    def listen_events(self, hear: Callable[[], None]) -> Notices:
        """Hear that something was told."""
        return Notices(lambda: _open_client(self._url, self.options), self._told, lambda _: hear())

    def close(self) -> None:
        """Give back every connection."""
        self._client.close()


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _open_client(url: str, options: BackendOptions) -> Redis:
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ModuleNotFoundError as error:
        raise Unsupported(
            "opening the queue failed: the driver redis is not installed; install it with: pip install redis"
        ) from error
    try:
        client = Redis.from_url(
            url,
            # A script sent again after a lost answer would act twice: who asked decides, never the driver.
            retry=Retry(NoBackoff(), 0),
            retry_on_timeout=False,
            socket_timeout=options.statement_timeout_s,
            socket_connect_timeout=options.connect_timeout_s,
            client_name=CLIENT_NAME,
            protocol=2,
        )
        # Options of the URL that the driver does not know come to light only when a connection is made.
        client.connection_pool.connection_class(**client.connection_pool.connection_kwargs)
    except (ValueError, TypeError):
        raise BadConfig(
            "the URL cannot be read; write it like redis://HOST:6379/0 or unix:///run/redis.sock", "url"
        ) from None
    return client
