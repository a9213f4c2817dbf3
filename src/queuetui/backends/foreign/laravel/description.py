"""What Laravel's tables mean: `jobs` holds what waits or runs, `failed_jobs` what was given up."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Text, and_, cast, false, func, literal, or_, true

from queuetui.backends.foreign.laravel.changes import FAILED, JOBS, make_changes
from queuetui.backends.foreign.laravel.completion import Completer
from queuetui.backends.foreign.laravel.jobs import EXCEPTION, MESSAGE, JobReader, also_means
from queuetui.backends.foreign.laravel.payload_text import (
    display_name,
    has_text,
    has_type,
    is_like,
    is_used_up,
    text_of,
)
from queuetui.backends.foreign.laravel.refusals import ABSENT, REASONS, WARNINGS
from queuetui.backends.foreign.laravel.settings import KIND, LABEL, ZONE, LaravelSettings
from queuetui.backends.foreign.laravel.tables import Tables, is_numbered
from queuetui.backends.foreign.laravel.zone_evidence import with_zone
from queuetui.backends.payloads.laravel_payload import is_uuid
from queuetui.backends.tables.codecs import EPOCH_S, WHOLE, IsoText, Naive
from queuetui.backends.tables.product import Product
from queuetui.backends.tables.source import DEFAULT_QUEUE, Condition, DecodedFields, Field, Source
from queuetui.model.pattern import Pattern, Wild
from queuetui.model.payload import SummaryPaths
from queuetui.model.query import Value
from queuetui.model.state import WAITING, State

_UUID_END = re.compile(r"[0-9a-fA-F-]{1,36}")
_MISSING = {
    State.COMPLETED: "Laravel deletes a job's row when it has finished",
    State.CANCELLED: "Laravel keeps no cancelled jobs",
    State.BLOCKED: "Laravel's database queue has no blocked jobs",
}


def describe(tables: Tables, settings: LaravelSettings, summaries: SummaryPaths) -> Product:
    """Return the description of one application's tables."""

    def learn_sources(connection: Connection, now: datetime) -> tuple[Source, ...]:
        return _sources(tables, JobReader(with_zone(connection, settings, tables, now), summaries))

    reader = JobReader(settings, summaries)
    missing = dict(_MISSING)
    if tables.jobs is None:
        missing |= dict.fromkeys((*WAITING, State.PROCESSING), tables.jobs_absent)
    if tables.failed is None:
        missing[State.FAILED] = tables.failed_absent
    return Product(
        kind=KIND,
        label=LABEL,
        sources=_sources(tables, reader),
        changes=make_changes(tables, settings),
        tables=tables.found.described,
        absent=ABSENT,
        missing_states=missing,
        reasons=REASONS,
        warnings=WARNINGS,
        unseen=tables.unseen,
        name=tables.found.name,
        is_visible=tables.found.is_plain,
        complete=Completer(tables, reader).complete,
        learn_sources=learn_sources,
        worker_command=("php", "artisan", "queue:work", "--queue={queue}"),
    )


def _sources(tables: Tables, reader: JobReader) -> tuple[Source, ...]:
    jobs = () if tables.jobs is None else (_describe_jobs(tables, tables.jobs, reader),)
    return jobs if tables.failed is None else (*jobs, _describe_failed(tables, tables.failed, reader))


def _describe_jobs(tables: Tables, jobs: Table, reader: JobReader) -> Source:
    numbered, at = is_numbered(jobs), jobs.c

    return Source(
        name=JOBS,
        rows=jobs,
        key=(Field(at.id, tables.codec(at.id)),),
        fields={
            "queue": Field(at.queue, folds=tables.folds_queues),
            "type": Field(display_name(at.payload)),
            "attempts": Field(at.attempts, WHOLE),
            "created": Field(at.created_at, EPOCH_S),
            "scheduled": Field(at.available_at, EPOCH_S),
            "started": Field(at.reserved_at, EPOCH_S),
            "updated": Field(func.coalesce(at.reserved_at, at.created_at), EPOCH_S),
        },
        states={
            State.PENDING: lambda moment: and_(_is_new(jobs), ~_is_ahead(jobs, moment.now.timestamp())),
            State.SCHEDULED: lambda moment: and_(_is_new(jobs), _is_ahead(jobs, moment.now.timestamp())),
            # A job that was tried and waits again: whether it failed or put itself back, the row looks the same.
            State.RETRYING: lambda _: and_(at.reserved_at.is_(None), func.coalesce(at.attempts, 0) > 0),
            State.PROCESSING: lambda _: at.reserved_at.is_not(None),
        },
        rev=(at.attempts, at.reserved_at, at.available_at),
        key_orders=frozenset({"created", "updated"}) if numbered else frozenset(),
        texts={MESSAGE: text_of(at.payload, tables.dialect)},
        finish=reader.read_waiting,
        by_id=lambda text: None if is_uuid(text) else false(),
        decoded=DecodedFields(
            frozenset({"id", "type", "created", "max_attempts"}),
            may_have_id=lambda value: _may_have_id(value, jobs, at.payload, tables.dialect),
            has_type=lambda name: has_type(at.payload, name, tables.dialect),
            also_means=also_means,
        ),
        out_of_attempts=is_used_up(jobs, tables.dialect),
        taken_by_key=numbered,
    )


def _describe_failed(tables: Tables, failed: Table, reader: JobReader) -> Source:
    numbered, at = is_numbered(failed), failed.c
    zone = reader.settings.timezone
    failed_at = Field(at.failed_at, IsoText(zone, " ", "seconds", "") if tables.dialect == "sqlite" else Naive(zone))
    uuid = at.get("uuid")

    def by_id(text: str) -> Condition | None:
        if not is_uuid(text):
            return false()
        found: Condition | None = None if uuid is None else uuid == text
        return found

    return Source(
        name=FAILED,
        rows=failed,
        key=(Field(at.id, tables.codec(at.id)),),
        fields={
            "queue": Field(func.coalesce(at.queue, DEFAULT_QUEUE), folds=tables.folds_queues),
            "type": Field(display_name(at.payload)),
            "completed": failed_at,
            "updated": failed_at,
        },
        states={State.FAILED: lambda _: true()},
        rev=(*(() if uuid is None else (cast(uuid, Text()),)), at.connection, at.queue, cast(at.failed_at, Text())),
        key_orders=frozenset({"completed", "updated"}) if numbered else frozenset(),
        texts={MESSAGE: text_of(at.payload, tables.dialect), EXCEPTION: text_of(at.exception, tables.dialect)},
        extra={"connection": at.connection, "uuid": literal(None, Text()) if uuid is None else cast(uuid, Text())},
        finish=reader.read_failed,
        by_id=by_id,
        decoded=DecodedFields(
            # What a database without types keeps as a time may be any text.
            frozenset({"id", "type", "created", "attempts", "max_attempts", "completed", "updated"}),
            indexed_id=uuid if numbered and not tables.may_share_uuid else None,
            may_have_id=lambda value: _may_have_id(value, failed, at.payload if uuid is None else uuid, tables.dialect),
            also_means=also_means,
        ),
        page_note=reader.settings.zone_note,
        zone_setting=ZONE,
    )


def _is_new(jobs: Table) -> Condition:
    return and_(jobs.c.reserved_at.is_(None), func.coalesce(jobs.c.attempts, 0) <= 0)


def _is_ahead(jobs: Table, now_s: float) -> Condition:
    ahead: Condition = func.coalesce(jobs.c.available_at, 0) > int(now_s)
    return ahead


def _may_have_id(value: Value, rows: Table, names: ColumnElement[Any], dialect: str) -> Condition | None:
    """Return a condition that holds for every row whose id a value may mean.

    `names` is where the id stands: a column of its own, or the payload, which is looked through once, as that takes the most of a search:
    which of its texts is the id is told by its reader.
    """
    if isinstance(value, str):
        return has_text(names, value, dialect) if is_uuid(value) else false()
    if not isinstance(value, Pattern) or value.parts[:1] != (Wild.ANY,) or len(value.parts[1:]) != 1:
        return None
    end = str(value.parts[1])
    if _UUID_END.fullmatch(end) is None or not is_numbered(rows):
        return None
    # A row may be meant by its own id too.
    own = cast(rows.c.id, Text()).like(f"%{end.rpartition('-')[2]}")
    ends = literal(f"%{end}" if names.key == "uuid" else f'%{end}"%', Text())
    return or_(own, is_like(names, ends, dialect))
