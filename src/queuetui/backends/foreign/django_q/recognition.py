"""What the tables of django-q2 are known by; loads what reads them only where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.reading.zones import read_zone

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog

_QUEUE, _ENDED = "django_q_ormq", "django_q_task"
_PACKAGE = frozenset({"id", "key", "payload", "lock"})
_TASK = frozenset({"id", "name", "func", "hook", "args", "kwargs", "result", "started", "stopped", "success", "group"})
# What django-q2 has that django-q, which it went on from, does not.
_NEWER = frozenset({"attempt_count", "cluster"})


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return every django-q2 in a database, one a schema."""
    sets = catalog.sets_with({_QUEUE: _PACKAGE, _ENDED: _TASK})
    if not sets:
        return ()
    from queuetui.backends.foreign.django_q.product import DjangoQ
    from queuetui.backends.tables.backend import found_of

    zone = read_zone(options.settings, "django-q2.timezone")
    found = []
    for one in sets:
        queue, ended = one[_QUEUE], one[_ENDED]
        is_tried = {*queue.columns} == _PACKAGE and {*ended.columns} == _TASK | _NEWER
        described = DjangoQ(queue, ended, catalog.dialect, zone, options.summaries, is_tried)
        found.append(described.describe(one.get("django_q_schedule")))
    return found_of(found, catalog, url)
