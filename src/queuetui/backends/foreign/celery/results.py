"""What Celery keeps in a database, beside its broker or alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, cast

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, not_, or_

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.celery.product import Celery
from queuetui.backends.foreign.celery.result_tables import ResultTable
from queuetui.backends.foreign.celery.revoked_rows import RevokedRows
from queuetui.backends.foreign.celery.stored_sets import BEAT, OWN, SOURCES, ZONE, sets_in
from queuetui.backends.foreign.celery.words import (
    CALLED_ALONE,
    NO_CALL,
    NO_QUEUE,
    ODD_NUMBER,
    REASONS,
    TWICE,
    WARNINGS,
)
from queuetui.backends.joined.backend import second_database
from queuetui.backends.keys.changes import KeysChange, is_of_kind
from queuetui.backends.keys.entry_reader import KeysReading
from queuetui.backends.keys.guarded import run_change
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.shelf import Entry
from queuetui.backends.payloads.kombu_message import write_message
from queuetui.backends.payloads.stored_values import text_of
from queuetui.backends.reading.zones import read_zone
from queuetui.backends.redis.server import RedisServer
from queuetui.backends.schedulers.celery_beat import BeatTables
from queuetui.backends.sql.catalog import Catalog, StoredTable, describe_unreadable, look_into
from queuetui.backends.sql.console_connection import open_database
from queuetui.backends.tables.backend import make_backend
from queuetui.backends.tables.changes import deleting
from queuetui.backends.tables.codecs import utc_codec
from queuetui.backends.tables.product import Change, Elsewhere, LockedRow, Product, Sides
from queuetui.backends.tables.source import Condition
from queuetui.model.act import Verb
from queuetui.model.errors import Denied, NotFound, Stale
from queuetui.model.state import FINAL, State
from queuetui.model.text import sanitize

if TYPE_CHECKING:
    from queuetui.backends.tables.inspector import TablesInspector
    from queuetui.model.schedule import KeptSchedule

_NO_BROKER = "these are results alone: what waits, and what could be sent again, is in the broker, as redis://HOST/0?beside=THIS_URL"
_RESULTS_OF = "celery_taskmeta of Celery's own, or django_celery_results_taskresult"


def open_results(url: str, server: RedisServer, product: Celery, options: BackendOptions) -> Backend:
    """Open what is in the database at a URL; raises what connecting raises, with the database named."""
    with second_database(url, "the results", "redis://HOST/1, postgresql:// or mysql://") as shown:
        catalog = look_into(url, options)
        found = _choose(catalog, shown)
        database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
        described = describe(found, catalog, options, Broker(server, product))
        backend = make_backend(database, described, options)
        if (own := described.source(SOURCES[OWN])) is not None:
            forget = cast("TablesInspector", backend.inspector).page_cache.forget
            product.revoked_rows = RevokedRows(database, described, own, options, forget)
        return backend


def _choose(catalog: Catalog, shown: str) -> Sequence[StoredTable]:
    found = next((one for one in sets_in(catalog) if one[0].is_visible), None)
    if found is None:
        raise NotFound(f"no table {_RESULTS_OF} was found in {shown}; check the URL and the rights of its user")
    if not any(one.is_readable for one in found):
        raise Denied(describe_unreadable(found))
    return found


@dataclass(frozen=True, slots=True)
class Broker:
    """The broker that results are shown beside."""

    server: RedisServer
    product: Celery

    def shows(self, task_id: ColumnElement[str], ended: Condition) -> Condition:
        """Return the condition for tasks that messages told of at the last look, held or given back."""
        held: BindParameter[str] = bindparam("held", callable_=lambda: [*self.product.held_ids], expanding=True)
        back: BindParameter[str] = bindparam("back", callable_=lambda: [*self.product.given_back], expanding=True)
        return or_(task_id.in_(back), and_(not_(ended), task_id.in_(held)))

    def send(self, table: ResultTable, locked: LockedRow) -> Elsewhere:
        """Send a task anew, as a client would."""
        result, task_id, product = table.result_of(locked.row), locked.job.ref.id, self.product
        around = product.survey(KeysReading(self.server, product, self.server.options.limits).ask)
        queue = around.routes.queue_by_key(locked.job.queue.raw)
        if result.call is None or queue not in map(text_of, around.queues):
            raise Stale(NO_QUEUE)
        goal = product.list_to_send_to(queue, around)
        try:
            message = write_message(task_id, result.call, queue, None)
        except ValueError as error:
            raise Stale(ODD_NUMBER) from error
        change = KeysChange((is_of_kind(goal),), (("LPUSH", goal.key, message),))
        if why := run_change(self.server, "sending a task to Redis", change):
            raise Stale(why)
        put = f"it waits in the queue '{sanitize(queue)}' in Redis and will run"
        return Elsewhere(State.PENDING, make_rev(Entry(goal, message)), put)


def describe(
    found: Sequence[StoredTable], catalog: Catalog, options: BackendOptions, broker: Broker | None = None
) -> Product:
    """Return what the tables of one schema tell, without what a broker beside them tells."""
    zone, shows = read_zone(options.settings, ZONE), None if broker is None else broker.shows
    shown = [one for one in found if one.name != BEAT and (one.is_readable or broker is None)]
    tables = [ResultTable(one, catalog.dialect, zone, options.summaries, shows) for one in shown]
    beat = next((one for one in found if one.name == BEAT), None)
    told = [one.stored for one in tables] or found
    return Product(
        "celery-sql" if broker is None else "celery", "Celery results" if tables else "Celery beat",
        tuple(one.source() for one in tables),
        tuple(change for one in tables for change in _changes(one, broker)),
        tables=", ".join(one.written for one in told), absent=_absent(tables),
        reasons=REASONS if broker else REASONS | dict.fromkeys((Verb.RETRY, Verb.RELEASE, Verb.CANCEL), _NO_BROKER),
        missing_states={State.SCHEDULED: _NO_BROKER} if broker is None else {},
        warnings=WARNINGS, name=told[0].schema or "", is_visible=told[0].is_visible,
        sides=Sides(schedules=_schedules(beat, catalog, zone)),
        worker_command=("celery", "-A", "APP", "worker"),
    )  # fmt: skip


def _changes(table: ResultTable, broker: Broker | None) -> tuple[Change, ...]:
    """Return the verbs.

    django-celery-results stores neither a queue nor arguments that could be sent again.
    """
    delete = Change(Verb.DELETE, table.name, FINAL, deleting)
    if broker is None or table.is_django:
        return (delete,)

    def why_not(locked: LockedRow) -> str:
        result = table.result_of(locked.row)
        return "" if result.call is not None and result.in_json else NO_CALL

    send = partial(broker.send, table)
    return (
        Change(
            Verb.RETRY, table.name, frozenset({State.FAILED}), deleting, note=CALLED_ALONE, refusal=why_not, put_elsewhere=send,
        ),
        Change(
            Verb.RELEASE, table.name, frozenset({State.PROCESSING}), deleting,
            only_stuck=True, note=TWICE, refusal=why_not, put_elsewhere=send,
        ),
        delete,
    )  # fmt: skip


def _absent(tables: Sequence[ResultTable]) -> dict[str, str]:
    own = any(one.stored.name == OWN for one in tables)
    return {**Celery.absent, "priority": "Celery stores no priority with a result"} | (
        {} if own else {"queue": "django-celery-results does not store the queue of a task"}
    )


def _schedules(
    beat: StoredTable | None, catalog: Catalog, zone: tzinfo
) -> Callable[[Connection], tuple[KeptSchedule, ...]] | None:
    if beat is None or not beat.is_readable:
        return None
    times = utc_codec(beat.columns["date_changed"], catalog.dialect, zone)
    return BeatTables.beside(beat, catalog, times).read
