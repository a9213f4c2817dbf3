"""A server that runs on a real store, and a client that asks it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.cli.commands.serve import system_to_serve
from queuetui.cli.store_places import find_in
from queuetui.config.profile import Profile
from queuetui.http.live_log import LiveLog
from queuetui.http.served import Served, ServerLimits
from queuetui.http.server import address_of, listen, make_server
from queuetui.operate.tokens import TokenFile
from tests.cli.scenes import Answer, Scene
from tests.waiting import wait_until

ME = "me@here"


@dataclass
class HttpStage:
    """What a test of the server works with; `scene` puts jobs into the store beside it."""

    url: str
    served: Served
    client: httpx.Client
    folder: Path
    log: LiveLog
    scene: Scene | None = field(default=None)

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Ask."""
        return self.client.get(path, params=query)

    def data(self, path: str, **query: Any) -> Any:
        """Return the JSON of what must be answered well."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, **query: Any) -> httpx.Response:
        """Send a body."""
        return self.client.post(path, json=body, params=query)

    @property
    def jobs(self) -> Scene:
        """What puts jobs into our own queue."""
        assert self.scene is not None
        return self.scene


@contextmanager
def running(served: Served) -> Iterator[tuple[str, LiveLog]]:
    """Run a server in a thread on a free port and yield its URL, and what it tells those who listen."""
    listening = listen("127.0.0.1", 0)
    server = make_server(served)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield address_of(listening), server.live_log
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def serving(
    profiles: list[Profile], folder: Path, *, operate: bool = True, open_as: str | None = ME, **limits: Any
) -> Iterator[HttpStage]:
    """Serve the queues of profiles, as `queuetui serve` does."""
    with ExitStack() as stack:
        opened = [
            place.open(asked="admin" if operate else None, state=folder)
            for profile in profiles
            for place in find_in(profile)
        ]
        for one in opened:
            stack.callback(one.feed.close)
        systems = tuple(system_to_serve(one, stack) for one in opened)
        served = Served(systems, TokenFile(folder / "tokens.json"), open_as, ServerLimits(**limits))
        url, log = stack.enter_context(running(served))
        client = stack.enter_context(httpx.Client(base_url=url, timeout=30))
        yield HttpStage(url, served, client, folder, log)


@contextmanager
def serving_native(url: str, folder: Path, **how: Any) -> Iterator[HttpStage]:
    """Serve our own queue in a store that has its tables."""
    backend: NativeBackend = open_native(url, BackendOptions(create=True))
    try:
        with serving([Profile("shop", url, label="shop", rights="admin", kind="native")], folder, **how) as stage:
            stage.scene = Scene(url, backend, _no_command)
            yield stage
    finally:
        backend.close()


def _no_command(*_: str) -> Answer:
    raise AssertionError("no command line is run here")
