"""Finds single jobs: by where they stood when they were seen, by id, by the end of an id."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import String, and_, cast, select

from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.tables.conditions import condition
from queuetui.backends.tables.reading import Reading
from queuetui.backends.tables.rows import HEAD_CHARS, columns, place_of_rev, read_job, records_of
from queuetui.backends.tables.source import Condition, Source
from queuetui.model.job import Job
from queuetui.model.query import Comparison, Term

_REMEMBERED = 20_000
_SEARCH_S = 0.5
_CUT_SHORT = "the server did not look through all rows in its time; give the whole id"


@dataclass
class SeenPlaces:
    """Where shown jobs stand, so that opening one needs no search."""

    _revs: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _guard: Lock = field(default_factory=Lock)

    def remember(self, jobs: Iterable[Job]) -> None:
        """Keep where jobs stand."""
        with self._guard:
            for job in jobs:
                self._revs[job.ref.id] = job.ref.rev
                self._revs.move_to_end(job.ref.id)
            while len(self._revs) > _REMEMBERED:
                self._revs.popitem(last=False)

    def rev_of(self, job_id: str) -> str | None:
        """Return the rev that a job was last seen with."""
        with self._guard:
            return self._revs.get(job_id)


@dataclass(frozen=True, slots=True)
class Search:
    """What the search for an id found; `cut_short` says why it did not come to the end."""

    jobs: tuple[Job, ...]
    cut_short: str = ""


def read_seen(reading: Reading, job_id: str, rev: str | None) -> Job | None:
    """Return a job whole from where it was seen, None when it is not there any more."""
    place = None if rev is None else place_of_rev(rev, reading)
    source = None if place is None else reading.product.source(place.source)
    if place is None or source is None:
        return None
    at_key = and_(*(part.at == value for part, value in zip(source.key, place.key, strict=True)))
    return next((job for job in _read(reading, source, at_key, 1, None) if job.ref.id == job_id), None)


def find_by_id(reading: Reading, job_id: str, limit: int = 2) -> tuple[Job, ...]:
    """Return the jobs of an id, whole; more than one where sources share an id."""
    term = Term("id", Comparison.IS, (job_id,))
    found: list[Job] = []
    for source in reading.product.sources:
        found += _read(reading, source, condition(term, source, reading), limit, None)
    return tuple(found[:limit])


def find_by_suffix(reading: Reading, suffix: str, limit: int) -> Search:
    """Return jobs whose id is or ends in a text, as far as the server looks in its time."""
    exact = find_by_id(reading, suffix, limit)
    if exact or "\0" in suffix or not suffix:
        return Search(exact)
    escaped = suffix.replace("|", "||").replace("%", "|%").replace("_", "|_")
    found: list[Job] = []
    cut_short = ""
    for source in reading.product.sources:
        shown = source.fields["id"].at
        ends = source.shown(cast(shown, String()).like(f"%{escaped}", escape="|"))
        chosen = select(*columns(source, reading, HEAD_CHARS)).select_from(source.rows).where(ends)
        records = fetch_within(reading.connection, chosen.limit(limit - len(found)), _SEARCH_S)
        if records is None:
            cut_short = _CUT_SHORT
            continue
        jobs = (read_job(source, record, reading) for record in records_of(records))
        found += [job for job in jobs if job.ref.id.endswith(suffix)]
        if len(found) >= limit:
            break
    return Search(tuple(found), cut_short)


def _read(reading: Reading, source: Source, where: Condition, limit: int, chars: int | None) -> list[Job]:
    chosen = select(*columns(source, reading, chars)).select_from(source.rows).where(where).limit(limit)
    return [read_job(source, record, reading, chars) for record in records_of(reading.connection.execute(chosen))]
