"""The connections to a Redis server, as CLIENT LIST tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from queuetui.backends.redis.server import to_text

_UNNAMED = " name= "


@dataclass(frozen=True, slots=True)
class NamedClient:
    """A connection that its program named."""

    name: str
    address: str
    connected_at: datetime
    # When it last sent a command.
    used_at: datetime

    @property
    def host(self) -> str:
        """The address without its port."""
        return self.address.rpartition(":")[0]


def read_client(line: str) -> dict[str, str]:
    """Return the fields of a line of CLIENT LIST."""
    return dict(pair.partition("=")[::2] for pair in line.split(" "))


def read_named_clients(listed: bytes, now: datetime) -> tuple[NamedClient, ...]:
    """Return the named connections to the database of the connection that asked, by the server's time."""
    # Most connections have no name and are not read. The one that asks is in the list, and has one.
    clients = [read_client(line) for line in to_text(listed).splitlines() if _UNNAMED not in line]
    ours = next((one.get("db") for one in clients if one.get("cmd", "").startswith("client")), None)
    return tuple(
        NamedClient(one["name"], one["addr"], now - _seconds(one["age"]), now - _seconds(one["idle"]))
        for one in clients
        if one.get("name") and one.get("db") == ours
    )


def _seconds(text: str) -> timedelta:
    return timedelta(seconds=int(text))
