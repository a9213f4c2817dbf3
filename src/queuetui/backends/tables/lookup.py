"""Finds single jobs: by where they stood when they were seen, by id, by the end of an id."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import and_, select, tuple_

from queuetui.backends.tables.conditions import condition
from queuetui.backends.tables.pages import read_page
from queuetui.backends.tables.reading import Reading
from queuetui.backends.tables.rows import HEAD_CHARS, columns, place_of_rev, read_job, records_of
from queuetui.backends.tables.sizes import Sizes
from queuetui.backends.tables.source import Condition, Key, Source
from queuetui.model.job import Job
from queuetui.model.page import IdSearch, PageRequest
from queuetui.model.pattern import Pattern, Wild
from queuetui.model.query import Comparison, Query, Term

_REMEMBERED = 20_000


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


def read_seen(reading: Reading, job_id: str, rev: str | None) -> Job | None:
    """Return a job whole from where it was seen, None when it is not there any more."""
    place = None if rev is None else place_of_rev(rev, reading)
    source = None if place is None else reading.product.source(place.source)
    if place is None or source is None:
        return None
    at_key = and_(*(part.at == value for part, value in zip(source.key, place.key, strict=True)))
    return next((job for job in _read(reading, source, at_key, 1, None) if job.ref.id == job_id), None)


def read_many(reading: Reading, revs: Mapping[str, str | None]) -> dict[str, Job]:
    """Return the jobs of some ids, from where they were seen; one that is not there any more is searched for by its id."""
    found: dict[str, Job] = {}
    places = [place_of_rev(rev, reading) for rev in revs.values() if rev is not None]
    for source in reading.product.sources:
        keys = [place.key for place in places if place is not None and place.source == source.name]
        for job in _read_keys(reading, source, keys):
            if job.ref.id in revs:
                found[job.ref.id] = job
    for job_id in revs:
        if job_id not in found:
            alike = find_by_id(reading, job_id)
            found |= {job_id: alike[0]} if len(alike) == 1 else {}
    return found


def find_by_id(reading: Reading, job_id: str, limit: int = 2) -> tuple[Job, ...]:
    """Return the jobs of an id, whole; more than one where sources share an id."""
    term = Term("id", Comparison.IS, (job_id,))
    found: list[Job] = []
    for source in reading.product.sources:
        found += _read(reading, source, condition(term, source, reading), limit, None)
    return tuple(found[:limit])


def find_by_suffix(
    reading: Reading, suffix: str, limit: int, after: str | None, sizes: Sizes
) -> tuple[tuple[Job, ...], IdSearch]:
    """Return the jobs whose id is or ends in a text, and how far was looked for them."""
    exact = find_by_id(reading, suffix, limit) if after is None else ()
    if exact or not suffix:
        return exact, IdSearch(tuple(job.ref for job in exact))
    ends = Term("id", Comparison.IS, (Pattern((Wild.ANY, suffix)),))
    page = read_page(reading, PageRequest(Query((ends,)), limit, after, brief=True), sizes)
    refs = tuple(job.ref for job in page.jobs)
    is_cut_short = page.looked is not None
    note = page.notes[-1] if is_cut_short else ""
    return page.jobs, IdSearch(refs, page.last if is_cut_short else None, page.looked or 0, note)


def _read_keys(reading: Reading, source: Source, keys: Sequence[Key]) -> list[Job]:
    if not keys:
        return []
    parts = [part.at for part in source.key]
    among = parts[0].in_([key[0] for key in keys]) if len(parts) == 1 else tuple_(*parts).in_(keys)
    return _read(reading, source, among, len(keys), HEAD_CHARS)


def _read(reading: Reading, source: Source, where: Condition, limit: int, chars: int | None) -> list[Job]:
    chosen = select(*columns(source, reading, chars)).select_from(source.rows).where(where).limit(limit)
    return [read_job(source, record, reading, chars) for record in records_of(reading.connection.execute(chosen))]
