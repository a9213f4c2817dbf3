"""Whether there is a Laravel queue in a database; loads what reads one only where there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.foreign.laravel.settings import read_settings
from queuetui.backends.foreign.laravel.sqlite_catalog import may_hold_queue

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions, Found


def discover(url: str, options: BackendOptions, *, counted: bool = True) -> tuple[Found, ...]:
    """Return what the Laravel queues in a database look like, one a set of tables. Raises Denied where none may be read."""
    is_named = read_settings(options.settings).names_tables
    if url.startswith("sqlite") and not is_named and not may_hold_queue(url):
        return ()
    from queuetui.backends.foreign.laravel.backend import find_queues

    return find_queues(url, options, counted=counted)
