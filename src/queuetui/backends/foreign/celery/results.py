"""The results of Celery's database backend: shown from its table, and sent again to the broker."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    String,
    Table,
    Text,
    case,
    func,
    literal,
)

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.celery.product import Celery
from queuetui.backends.foreign.celery.revoked_rows import RevokedRows
from queuetui.backends.foreign.celery.words import CALLED_ALONE, NO_CALL, NO_QUEUE
from queuetui.backends.keys.changes import KeysChange, KeysStep, is_of_kind
from queuetui.backends.keys.entry_reader import KeysReading
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.operator import run_change
from queuetui.backends.keys.shelf import Entry
from queuetui.backends.keys.stored_values import text_of
from queuetui.backends.payloads.celery_result import CeleryResult, read_columns
from queuetui.backends.payloads.kombu_message import write_message
from queuetui.backends.payloads.python_call import summarise_call
from queuetui.backends.redis.server import RedisServer
from queuetui.backends.sql.catalog import StoredTable, look_into
from queuetui.backends.sql.console_connection import open_database
from queuetui.backends.tables.backend import make_backend
from queuetui.backends.tables.changes import deleting
from queuetui.backends.tables.codecs import PLAIN, WHOLE, Naive
from queuetui.backends.tables.product import Change, Elsewhere, LockedRow, Product
from queuetui.backends.tables.source import Condition, Field, Row, Source
from queuetui.model.act import Verb
from queuetui.model.errors import BadConfig, Denied, NotFound, Stale, Unreachable
from queuetui.model.job import Job
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.urls import hide_password

if TYPE_CHECKING:
    from queuetui.backends.tables.inspector import TablesInspector

TABLE = "celery_taskmeta"
_NEEDED = frozenset({"id", "task_id", "status", "result", "date_done", "traceback"})
_EXTENDED = frozenset({"name", "args", "kwargs", "worker", "retries", "queue"})
_SQL = ("sqlite", "postgres", "mysql", "mariadb")
_STATES = {State.COMPLETED: "SUCCESS", State.FAILED: "FAILURE", State.CANCELLED: "REVOKED"}
_HEAD_BYTES = 65_536
# The type of a task whose name is not stored.
_UNNAMED = "?"


def open_results(url: str, server: RedisServer, product: Celery, options: BackendOptions) -> Backend:
    """Open the results in the database at a URL; raises what connecting raises, with the database named."""
    shown = hide_password(url)
    if not url.startswith(_SQL):
        raise BadConfig(
            f"{shown} holds no results of Celery; write redis://HOST/1, postgresql:// or mysql://", "beside"
        )
    try:
        stored = _choose(look_into(url, options).tables, shown)
        database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
        described = describe(stored, server, product, options.summaries)
        backend = make_backend(database, described, options)
        forget = cast("TablesInspector", backend.inspector).dear.forget
        product.revoked_rows = RevokedRows(database, described, options, forget)
    except (Unreachable, Denied) as error:
        raise type(error)(f"the database of the results, {shown}: {error}") from error
    return backend


def _choose(tables: tuple[StoredTable, ...], shown: str) -> StoredTable:
    found = [one for one in tables if one.name == TABLE and frozenset(one.columns) >= _NEEDED and one.is_visible]
    if not found:
        raise NotFound(f"no table {TABLE} was found in {shown}; check the URL and the rights of its user")
    if not found[0].is_readable:
        raise Denied(f"its user may not read {TABLE}; grant it SELECT on that table")
    return found[0]


def describe(stored: StoredTable, server: RedisServer, product: Celery, summaries: SummaryPaths) -> Product:
    """Return what has ended in a table of results.

    A task that runs or is tried again is shown where its message stands.
    """
    kept = product.capabilities
    final = frozenset(_STATES)
    return Product(
        kind=kept.kind,
        label=kept.label,
        sources=(_source(stored, summaries),),
        changes=(
            Change(
                Verb.RETRY, TABLE, frozenset({State.FAILED}), deleting, note=CALLED_ALONE, refusal=_why_not_sent,
                put_elsewhere=partial(_send, server, product),
            ),
            Change(Verb.DELETE, TABLE, final, deleting),
        ),
        tables=TABLE,
        absent=product.absent,
        reasons=kept.reasons,
        warnings=kept.warnings,
    )  # fmt: skip


def _source(stored: StoredTable, summaries: SummaryPaths) -> Source:
    texts = dict.fromkeys(("task_id", "status", "name", "worker", "queue"), String)
    types = {
        **texts, "retries": Integer, "date_done": DateTime, "traceback": Text,
        **dict.fromkeys(("result", "args", "kwargs"), LargeBinary),
    }  # fmt: skip
    columns: list[Column[Any]] = [Column(name, types[name]) for name in types if name in stored.columns]
    # A sequence where the database has them, as Celery makes the table.
    key: Column[int] = Column("id", Integer, Sequence("task_id_sequence"), primary_key=True)
    table = Table(TABLE, MetaData(), key, *columns)
    row = table.c
    is_extended = frozenset(stored.columns) >= _EXTENDED
    count = func.coalesce(row.retries, 0) + 1 if is_extended else literal(1)
    ran = case((row.status == "REVOKED", 0), else_=count)
    heads = {
        name: func.substr(row[name], 1, _HEAD_BYTES, type_=LargeBinary)
        for name in ("result", "args", "kwargs")
        if name in row
    }
    plain = {name: row[name] for name in ("status", "retries") if name in row}
    return Source(
        name=TABLE, rows=table, key=(Field(row.id, WHOLE),),
        fields={
            "id": Field(row.task_id),
            "type": Field(func.coalesce(row.name, _UNNAMED) if is_extended else literal(_UNNAMED)),
            "queue": Field(func.coalesce(row.queue, "") if is_extended else literal("")),
            "attempts": Field(ran, WHOLE),
            "completed": Field(row.date_done, Naive()),
            **({"worker": Field(row.worker, PLAIN)} if is_extended else {}),
        },
        states={state: partial(_is_status, table, word) for state, word in _STATES.items()},
        rev=(row.status, row.date_done),
        hidden=func.coalesce(row.status, "").not_in(tuple(_STATES.values())),
        texts={"traceback": row.traceback},
        extra={**{f"raw_{name}": at for name, at in heads.items()}, **plain},
        finish=partial(_finish, summaries),
    )  # fmt: skip


def _is_status(table: Table, word: str, _: object) -> Condition:
    found: Condition = table.c.status == word
    return found


def _result_of(row: Row) -> CeleryResult:
    told = {name: row.get(name) for name in ("status", "traceback", "retries") if name in row}
    name = row.get("type")
    named = {"name": None if name == _UNNAMED else name, "queue": row.get("queue"), "worker": row.get("worker")}
    raw = {name: _bytes(row.get(f"raw_{name}")) for name in ("result", "args", "kwargs")}
    return read_columns({**told, **named, **raw})


def _bytes(value: object) -> bytes | None:
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else None


def _finish(summaries: SummaryPaths, row: Row, job: Job) -> Job:
    """Add what the columns that are serialised say."""
    result = _result_of(row)
    call, payload, _ = result.read_call()
    is_told = result.call is not None
    remarks = (
        *job.remarks,
        *(() if is_told else ("its name and arguments are not stored: turn result_extended on to see them",)),
        *(() if result.retries is not None or job.state is State.CANCELLED else ("Celery stored no count of its attempts: at least one",)),
    )  # fmt: skip
    return replace(
        job,
        payload=Untrusted(payload),
        data=summarise_call(call, payload, summaries) if is_told else None,
        error=result.error if job.state is State.FAILED else None,
        result=result.returned if job.state is State.COMPLETED else None,
        remarks=remarks,
    )


def _why_not_sent(locked: LockedRow) -> str:
    result = _result_of(locked.says)
    return "" if result.call is not None and result.in_json else NO_CALL


def _send(server: RedisServer, product: Celery, locked: LockedRow) -> Elsewhere:
    """Send a failed task anew, as a client would."""
    result, task_id = _result_of(locked.says), locked.job.ref.id
    around = product.survey(KeysReading(server, product, server.options.limits).ask)
    queue = around.routes.queue_by_key(locked.job.queue.raw)
    if result.call is None or queue not in map(text_of, around.queues):
        raise Stale(NO_QUEUE)
    goal = product.list_of(queue, 0)
    try:
        message = write_message(task_id, result.call, queue, None)
    except ValueError as error:
        raise Stale("it holds a value that JSON cannot carry, so it cannot be written again") from error
    change = KeysChange((is_of_kind(goal),), (KeysStep(("LPUSH", goal.key, message)),), ())
    if not run_change(server, "sending a task to Redis", change):
        raise Stale(
            "another kind of value stands where its queue belongs in Redis, so nothing was done; look at what writes there"
        )
    return Elsewhere(
        State.PENDING, make_rev(Entry(goal, message)), f"it waits in the queue {queue!a} in Redis and will run"
    )
