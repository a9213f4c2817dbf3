"""`queuetui serve`: jobs, queues and health over HTTP."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import rich_click as click

from queuetui.cli.options import connection_options, some, take_connection
from queuetui.cli.output import say, warn
from queuetui.cli.session import actor, backend_options
from queuetui.cli.store_places import System
from queuetui.cli.systems import opened_systems
from queuetui.cli.token_file import token_file
from queuetui.model.correlation import correlated
from queuetui.model.errors import Denied, Unsupported
from queuetui.operate.rights import require_writable

if TYPE_CHECKING:
    from queuetui.client import Queue
    from queuetui.config.profile import Profile
    from queuetui.http.served import Served, ServedQueues

DEFAULT_PORT = 8787
NEEDED = ("starlette", "uvicorn", "websockets")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 for any free one."
)
@click.option("--max-body", type=some, default=1024, show_default=True, metavar="KIB", help="The largest request.")
@click.option(
    "--rate-limit",
    type=some,
    default=1200,
    show_default=True,
    metavar="N",
    help="Requests a minute for each token, or each address without one.",
)
@connection_options
def command(host: str, port: int, max_body: int, rate_limit: int, **given: Any) -> None:
    """Serve jobs, queues, health and live updates over HTTP until stopped.

    On loopback nobody needs a token as long as none was made; anywhere else a token is always wanted.
    """
    require_extra()
    from queuetui.http.served import KIB, ServerLimits
    from queuetui.http.server import address_of, is_loopback, listen, serve

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    limits = ServerLimits(body_bytes=max_body * KIB, requests_per_minute=rate_limit)
    with served_systems(limits, loopback=is_loopback(host), **take_connection(given)) as served:
        listening = listen(host, port)
        names = ", ".join(f"{one.name} ({one.right})" for one in served.systems)
        if not is_loopback(host):
            warn(f"beware: {host} is reached from other machines, and HTTP hides nothing: put TLS before it")
        say(_who(served))
        say(f"serving {names} on {address_of(listening)}")
        serve(served, listening)


def require_extra() -> None:
    """Raise Unsupported, with what to install, where the server's libraries are missing."""
    for name in NEEDED:
        try:
            import_module(name)
        except ImportError:
            raise Unsupported(
                f"serving needs {name}, which is not installed; run: pip install 'queuetui[api]'"
            ) from None


def _who(served: Served) -> str:
    if served.tokens.tokens():
        return "a token is wanted"
    return "no token was made, so everybody on this machine is let in; make one with: queuetui token create"


@contextmanager
def served_systems(limits: Any, *, loopback: bool, **connection: Any) -> Iterator[Served]:
    """Open the systems of the flags for serving; raises Denied where anybody could reach them."""
    from queuetui.http.served import Served

    tokens = token_file()
    if not loopback and not tokens.open_tokens():
        raise Denied(
            "nothing is served: other machines reach this address and there is no token; make one with: queuetui token create"
        )
    with opened_systems(for_others=True, **connection) as systems, ExitStack() as stack:
        served = tuple(system_to_serve(one, stack) for one in systems)
        yield Served(served, tokens, actor() if loopback else None, limits)


def system_to_serve(system: System, stack: ExitStack) -> ServedQueues:
    """Return an open system in the form that the server takes; its client is closed with `stack`."""
    from queuetui.http.served import ServedQueues

    system.feed.observe()
    enqueue = None
    if system.feed.capabilities.native:
        from queuetui.client import Queue

        profile = system.profile
        queue = stack.enter_context(Queue(profile.url, options=backend_options(profile)))
        enqueue = partial(_enqueue, profile, queue)
    wanted = system.profile.name if system.profile.protected else None
    return ServedQueues(system.name, system.feed, system.right, system.act_as, enqueue, wanted)


def _enqueue(
    profile: Profile, queue: Queue, job_type: str, payload: object, options: Mapping[str, Any], trace: Mapping[str, str]
) -> tuple[str, bool, str | None]:
    require_writable(profile.rights, profile.name, "nothing was enqueued")
    with correlated(None, trace):
        stored = queue.enqueue(job_type, payload, **options)
    return stored.id, stored.created, None if stored.state is None else stored.state.value
