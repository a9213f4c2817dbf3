"""The connections to a server, of products whose workers are known by theirs alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from queuetui.backends.keys.product import Ask
from queuetui.backends.keys.stored_values import text_of
from queuetui.model.clock import from_us

_FIELD = re.compile(r"([a-z-]+)=(\S*)")


@dataclass(frozen=True, slots=True)
class Client:
    """A connection: its name, its address, since when it is there and when it last sent a command."""

    name: str
    address: str
    since: datetime
    used_at: datetime

    @property
    def host(self) -> str:
        """The address without its port."""
        return self.address.rpartition(":")[0]


def list_clients(ask: Ask) -> tuple[Client, ...]:
    """Return the named connections to the database that is asked.

    Raises Denied where the user may not list them.
    """
    listed, (seconds, _) = ask([("CLIENT", "LIST"), ("TIME",)])
    now = from_us(int(seconds) * 1_000_000)
    # Most connections have no name and are not read. The one that asks is in the list, and has one.
    named = (line for line in text_of(listed).splitlines() if " name= " not in line)
    lines = [dict(_FIELD.findall(line)) for line in named]
    ours = next((one.get("db") for one in lines if one.get("cmd", "").startswith("client")), None)
    return tuple(
        Client(one["name"], one["addr"], now - _seconds(one["age"]), now - _seconds(one["idle"]))
        for one in lines
        if one.get("name") and one.get("db") == ours
    )


def _seconds(text: str) -> timedelta:
    return timedelta(seconds=int(text))
