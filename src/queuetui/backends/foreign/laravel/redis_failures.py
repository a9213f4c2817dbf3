"""The failed jobs of a Redis queue, shown and pushed back from the application's database."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.laravel.changes import FAILED, say_deadline, wanted_deadline
from queuetui.backends.foreign.laravel.description import describe
from queuetui.backends.foreign.laravel.jobs import MESSAGE, say_elsewhere
from queuetui.backends.foreign.laravel.redis_keys import LABEL, LaravelRedis, write_again
from queuetui.backends.foreign.laravel.settings import LaravelSettings
from queuetui.backends.foreign.laravel.table_sets import TableSet, meant_sets
from queuetui.backends.foreign.laravel.tables import Tables
from queuetui.backends.joined.backend import second_database
from queuetui.backends.keys.changes import Guard, KeysChange
from queuetui.backends.keys.guarded import run_change
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.redis.server import RedisServer
from queuetui.backends.sql.catalog import describe_unreadable, look_into
from queuetui.backends.tables.backend import open_product
from queuetui.backends.tables.changes import deleting
from queuetui.backends.tables.product import Change, Elsewhere, LockedRow
from queuetui.backends.tables.source import DEFAULT_QUEUE
from queuetui.model.act import Verb
from queuetui.model.errors import BadConfig, Denied, NotFound, Stale
from queuetui.model.state import State
from queuetui.model.text import sanitize

_FAILED = frozenset({State.FAILED})
# A message that an earlier retry pushed is looked for among the newest of its queue.
_LOOKED_BACK = 1_000


def open_failures(
    url: str, server: RedisServer, product: LaravelRedis, options: BackendOptions, settings: LaravelSettings
) -> Backend:
    """Open the failed jobs of a database; raises what connecting raises, with the database named."""

    def refuse(locked: LockedRow) -> str:
        return "" if locked.row["connection"] in settings.connections else say_elsewhere(locked.row, settings)

    changes = (
        Change(
            Verb.RETRY,
            FAILED,
            _FAILED,
            deleting,
            note=say_deadline,
            refusal=refuse,
            put_elsewhere=partial(_push, server, product),
        ),
        Change(Verb.DELETE, FAILED, _FAILED, deleting),
    )
    with second_database(url, "the failed jobs", "mysql://USER@HOST/NAME") as shown:
        catalog = look_into(url, options)
        tables = Tables(_choose(meant_sets(catalog.tables, settings), shown), catalog)
        described = replace(describe(tables, settings, options.summaries), label=LABEL, changes=changes, unseen="")
        return open_product(url, described, options)


def _choose(sets: tuple[TableSet, ...], shown: str) -> TableSet:
    """Return the one table of failed jobs; raises NotFound, BadConfig and Denied."""
    failed = [one for one in sets if one.failed is not None]
    plain = [one for one in failed if one.is_plain] or failed
    if not plain:
        raise NotFound(f"no table failed_jobs was found in {shown}; check the URL and the rights of its user")
    if len(plain) > 1:
        names = ", ".join(sanitize(one.failed.written, 80) for one in plain if one.failed is not None)
        raise BadConfig(
            f"several tables in {shown} may hold the failed jobs: {names}; name one", "laravel.failed_table"
        )
    (found,) = plain
    if found.failed is not None and not found.failed.is_readable:
        raise Denied(describe_unreadable([found.failed]))
    return TableSet(failed=found.failed, batches=found.batches)


def _push(server: RedisServer, product: LaravelRedis, locked: LockedRow) -> Elsewhere:
    """Push a failed job as `php artisan queue:retry` does, unless a retry that was cut off did so."""
    stored, now_s = locked.row[MESSAGE].encode("utf-8", "surrogatepass"), int(locked.moment.now.timestamp())
    message = write_again(stored, 0, wanted_deadline(locked), now_s)
    if isinstance(message, str):
        raise Stale(message)
    queue = (locked.job.queue.raw or DEFAULT_QUEUE).encode("utf-8", "surrogatepass")
    after, guards, puts = product.push(queue, message)
    seen_before = ("LPOS", after.shelf.key, message, "RANK", -1, "MAXLEN", _LOOKED_BACK)
    change = KeysChange((*guards, Guard(seen_before, ("",))), puts)
    doing = "pushing a failed job to Redis"
    if (why := run_change(server, doing, change)) and server.ask(doing, *seen_before) is None:
        raise Stale(why)
    shown = sanitize(locked.job.queue, 60)
    return Elsewhere(State.PENDING, make_rev(after), f"it waits in the queue {shown!r} in Redis and will run")
