"""The workers of BullMQ, known by their connections alone."""

from __future__ import annotations

import base64
import re
from collections.abc import Container
from dataclasses import replace

from queuetui.backends.keys.shelf import Ask
from queuetui.backends.redis.clients import NamedClient, read_named_clients
from queuetui.model.capabilities import Capabilities
from queuetui.model.clock import from_us
from queuetui.model.errors import Denied
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

_WORKER = re.compile(r"([A-Za-z0-9+/=]+)(?::w(?::(.+))?)?")
_UNLISTED = "workers are known by their connections, and this user may not list those; grant it +client|list"


def look_for_workers(capabilities: Capabilities, ask: Ask) -> Capabilities:
    """Return what can be done with whether the user may list connections."""
    try:
        _list_clients(ask)
    except Denied:
        return replace(capabilities, workers=False, unseen_workers=_UNLISTED)
    return replace(capabilities, workers=True, unseen_workers="")


def read_workers(ask: Ask, prefix: str) -> tuple[WorkerInfo, ...]:
    """Return the workers of the queues of a prefix; raises Denied where the user may not list connections."""
    found: dict[str, WorkerInfo] = {}
    for client in _list_clients(ask):
        worker = _read_worker(client, prefix, found)
        found |= {worker.id.raw: worker} if worker else {}
    return tuple(found.values())


def _read_worker(client: NamedClient, prefix: str, taken: Container[str]) -> WorkerInfo | None:
    """Return the worker that names its connection after its queue and itself; nothing else is kept of it."""
    named = _WORKER.fullmatch(client.name.removeprefix(prefix)) if client.name.startswith(prefix) else None
    try:
        queue = base64.b64decode(named[1] if named else "", validate=True).decode()
    except ValueError:
        queue = ""
    if named is None or not queue:
        return None
    called = named[2] if named[2] and named[2] not in taken else f"{named[2] or ''} {client.address}".strip()
    return WorkerInfo(
        Untrusted(called), Untrusted(client.host), None, Untrusted(""), (Untrusted(queue),),
        slots=None, busy=None, started_at=client.connected_at, beat_at=client.used_at, registration_ends=True,
    )  # fmt: skip


def _list_clients(ask: Ask) -> tuple[NamedClient, ...]:
    listed, (seconds, _) = ask([("CLIENT", "LIST"), ("TIME",)])
    return read_named_clients(listed, from_us(int(seconds) * 1_000_000))
