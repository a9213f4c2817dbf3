"""What a mapping says of the tables beside the jobs, as the roles that read and change them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from queuetui.backends.foreign.mapped.event_log import MappedEvents
from queuetui.backends.foreign.mapped.shape import Mapping
from queuetui.backends.foreign.mapped.side_tables import find_side
from queuetui.backends.foreign.mapped.upkeep import MappedUpkeep
from queuetui.backends.foreign.mapped.workers import MappedWorkers
from queuetui.backends.sql.catalog import Catalog
from queuetui.backends.sql.console_connection import ConsoleDatabase
from queuetui.backends.tables.product import Sides
from queuetui.model.act import Verb


def make_sides(mapping: Mapping, catalog: Catalog) -> Sides:
    """Return the roles of those tables beside the jobs that the mapping names and that are there."""
    log, registered = find_side(mapping, mapping.events, catalog), find_side(mapping, mapping.workers, catalog)
    tokens = find_side(mapping, mapping.tokens, catalog)
    workers = None if registered is None or mapping.workers is None else MappedWorkers(registered, mapping.workers)

    events = mapping.events
    read_events = None if log is None or events is None else partial(MappedEvents, log=log, shape=events)

    def keep_up(database: ConsoleDatabase, now: datetime | None, changed: Callable[[], None]) -> MappedUpkeep:
        told = None if read_events is None else read_events(database)
        return MappedUpkeep(database, now, told, workers, tokens, mapping.tokens, changed)

    return Sides(
        workers=None if workers is None else workers.read,
        events=read_events,
        upkeep=keep_up if log or workers or tokens else None,
        manages=frozenset({Verb.UPKEEP}) if _declares_chores(mapping) and (log or workers or tokens) else frozenset(),
    )


def _declares_chores(mapping: Mapping) -> bool:
    events, workers, tokens = mapping.events, mapping.workers, mapping.tokens
    return bool(
        (events and events.clear)
        or (workers and (workers.failed or workers.stopped))
        or (tokens and tokens.delete_expired)
    )
