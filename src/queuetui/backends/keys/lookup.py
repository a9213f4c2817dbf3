"""Finds jobs by id, by the end of one, and by where they were seen."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from queuetui.backends.keys.entry_reader import BATCH_ENTRIES, KeysReading
from queuetui.backends.keys.seen import Seen
from queuetui.backends.keys.shelf import Ask, Entry, Kind, Shelf, member_of
from queuetui.backends.keys.walk import MOST_TIES, Walk, write_anchor
from queuetui.model.act import JobRef
from queuetui.model.page import IdSearch
from queuetui.model.state import FINAL

# Ids are looked for among so many entries, of which no more than the members is read.
LOOKED_ENTRIES = 50_000
# Where the id stands in what a member refers to, so many are loaded for it.
LOADED_ENTRIES = 10_000


def make_rev(entry: Entry, *seen: object) -> str:
    """Return a revision: where the job stands, and a digest of what else an act on it must find unchanged."""
    score = "" if entry.score is None else entry.score.decode("ascii")
    value = b"" if entry.value is None else entry.value
    digest = hashlib.sha256(repr((entry.member, score, value, seen)).encode()).hexdigest()[:16]
    return json.dumps([entry.shelf.key.decode("latin-1"), score, entry.mark, digest], separators=(",", ":"))


def _read_rev(rev: str, shelves: dict[bytes, Shelf]) -> tuple[Shelf, str, str] | None:
    """Return the shelf of a revision, its score there and its mark, None for a text not made here."""
    try:
        key, score, mark, _ = json.loads(rev)
        return shelves[key.encode("latin-1")], str(score), str(mark)
    except (ValueError, AttributeError, TypeError, KeyError):
        return None


def locate(reading: KeysReading, refs: Sequence[JobRef]) -> dict[JobRef, Entry]:
    """Return where jobs stand that were seen before, those left out that do not stand there any more."""
    shelves = {shelf.key: shelf for shelf in reading.shelves}
    named: dict[JobRef, tuple[Shelf, bytes]] = {}
    found: dict[JobRef, Entry] = {}
    # Members that are known by a digest alone, by the shelves that are gone through for them.
    digests: dict[Shelf, dict[str, JobRef]] = defaultdict(dict)
    for ref in refs:
        seen = _read_rev(ref.rev, shelves)
        if seen is None:
            continue
        shelf, score, mark = seen
        if (member := member_of(mark)) is not None:
            named[ref] = (shelf, member)
        elif shelf.kind is not Kind.SORTED:
            digests[shelf][mark] = ref
        elif (entry := _among_ties(reading, shelf, score, mark)) is not None:
            found[ref] = entry
    there = {(entry.shelf, entry.member): entry for entry in entries_of(list(named.values()), reading.ask)}
    found |= {ref: there[place] for ref, place in named.items() if place in there}
    for shelf, wanted in digests.items():
        found |= _go_through(reading, shelf, wanted)
    return found


def _go_through(reading: KeysReading, shelf: Shelf, wanted: dict[str, JobRef]) -> dict[JobRef, Entry]:
    """Return the entries of a shelf that have these marks; its members are compared one by one."""
    found: dict[JobRef, Entry] = {}
    walk = Walk(reading, [shelf])
    for entry in (one for batch in walk.batches(None) for one in batch):
        if entry.mark in wanted:
            found.setdefault(wanted[entry.mark], entry)
        if len(found) == len(wanted):
            break
    return found


def _among_ties(reading: KeysReading, shelf: Shelf, score: str, mark: str) -> Entry | None:
    """Return a member of a sorted set that is known by a digest, from among those of its score."""
    (ties,) = reading.ask([("ZRANGEBYSCORE", shelf.key, score, score, "LIMIT", 0, MOST_TIES)])
    entries = (Entry(shelf, one, score=score.encode("ascii")) for one in ties)
    return next((one for one in entries if one.mark == mark), None)


def entries_of(members: Sequence[tuple[Shelf, bytes]], ask: Ask) -> tuple[Entry, ...]:
    """Return those members that are there, each with its rank, score or value."""
    replies = ask([shelf.find(member) for shelf, member in members])
    found = (shelf.found(member, reply) for (shelf, member), reply in zip(members, replies, strict=True))
    return tuple(one for one in found if one is not None)


def load_seen(reading: KeysReading, refs: Mapping[str, JobRef]) -> dict[str, Seen]:
    """Return the jobs that still stand where they were seen, by their ids."""
    places = list(locate(reading, list(refs.values())).values())
    return {seen.job.ref.id: seen for seen in reading.load(places) if seen.job.ref.id in refs}


def find_whole(reading: KeysReading, job_id: str) -> tuple[Seen | None, int]:
    """Return a job by its id, or the number of entries searched where that was not all."""
    places = reading.product.places(job_id, reading.shelves, reading.ask)
    if places is not None:
        return next(iter(reading.load(places)), None), 0
    # Who names a job by its id has mostly read of it in a log: it has failed, behind however many that wait.
    ended = [shelf for shelf in reading.shelves if FINAL.issuperset(shelf.states)]
    passed = 0
    for shelves in (ended, [shelf for shelf in reading.shelves if shelf not in ended]):
        for one in _hunt(reading, shelves, job_id.__eq__):
            if one.seen:
                return one.seen[0], 0
            passed += one.looked if one.is_over else 0
    return None, passed


def find_refs(reading: KeysReading, suffix: str, limit: int, after: str | None) -> IdSearch:
    """Look for jobs whose id ends in a text, from where an earlier search stopped; a whole id is enough."""
    if not suffix:
        return IdSearch(())
    places = reading.product.places(suffix, reading.shelves, reading.ask) if after is None else ()
    found = {one.job.ref.id: one.job.ref for one in reading.load(places or ()) if one.job.ref.id == suffix}
    if found:
        return IdSearch(tuple(found.values()))
    looked = 0
    # What has ended comes first, as `find_whole` has it.
    shelves = sorted(reading.shelves, key=lambda shelf: not FINAL.issuperset(shelf.states))
    for one in _hunt(reading, shelves, lambda job_id: job_id.endswith(suffix), after):
        looked = one.looked
        for seen in one.seen:
            found.setdefault(seen.job.ref.id, seen.job.ref)
        if len(found) >= limit or one.is_over:
            note = f"{looked:,} jobs were looked through" if len(found) < limit else ""
            return IdSearch(tuple(found.values())[:limit], write_anchor(one.last), looked, note)
    return IdSearch(tuple(found.values()), None, looked)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What a search met in one batch."""

    # The jobs that fit.
    seen: list[Seen]
    # The entry from which a search may go on.
    last: Entry
    # How many entries were looked at so far, and whether that is enough.
    looked: int
    is_over: bool


def _hunt(
    reading: KeysReading, shelves: Sequence[Shelf], fits: Callable[[str], bool], cursor: str | None = None
) -> Iterator[_Batch]:
    """Look for the jobs whose id fits; an entry whose id only the job tells is loaded for it."""
    looked = loaded = 0
    for batch in Walk(reading, shelves).batches(cursor, 2 * BATCH_ENTRIES):
        named = ((entry, reading.product.id_of(entry)) for entry in batch)
        near = [entry for entry, job_id in named if job_id is None or fits(job_id)]
        looked, loaded = looked + len(batch), loaded + len(near)
        is_over = looked >= LOOKED_ENTRIES or loaded >= LOADED_ENTRIES
        seen = [one for one in reading.load(near) if fits(one.job.ref.id)]
        yield _Batch(seen, batch[-1], looked, is_over)
        if is_over:
            return
