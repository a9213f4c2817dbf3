"""Finds jobs by id, by the end of one, and by where they were seen."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from queuetui.backends.keys.entry_reader import BITE_ENTRIES, KeysReading
from queuetui.backends.keys.product import Ask
from queuetui.backends.keys.seen import Seen
from queuetui.backends.keys.shelf import Entry, Kind, Shelf, member_of
from queuetui.backends.keys.walk import Walk, write_anchor
from queuetui.model.act import JobRef
from queuetui.model.page import IdSearch
from queuetui.model.state import FINAL

# Ids are looked for among so many entries, of which no more than the members is read.
LOOKED_ENTRIES = 50_000
# Where the id stands in what a member refers to, so many are loaded for it.
LOADED_ENTRIES = 10_000
_MOST_TIES = 1_000


def make_rev(entry: Entry, *seen: object) -> str:
    """Return a revision: where the job stands, and a digest of what else an act on it must find unchanged."""
    score = "" if entry.score is None else entry.score.decode("ascii")
    value = b"" if entry.value is None else entry.value
    digest = hashlib.sha256(repr((entry.member, score, value, seen)).encode()).hexdigest()[:16]
    return json.dumps([entry.shelf.key.decode("latin-1"), score, entry.mark, digest], separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class _Spot:
    shelf: Shelf
    score: str
    mark: str


def _read_rev(rev: str, shelves: dict[bytes, Shelf]) -> _Spot | None:
    try:
        key, score, mark, _ = json.loads(rev)
        shelf = shelves.get(key.encode("latin-1"))
    except (ValueError, AttributeError, TypeError):
        return None
    return None if shelf is None else _Spot(shelf, str(score), str(mark))


def locate(reading: KeysReading, refs: Sequence[JobRef]) -> dict[JobRef, Entry]:
    """Return where jobs stand that were seen before, those left out that do not stand there any more.

    A shelf in which members must be compared one by one is gone through once for all.
    """
    shelves = {shelf.key: shelf for shelf in reading.shelves}
    found: dict[JobRef, Entry] = {}
    listed: dict[Shelf, dict[str, JobRef]] = defaultdict(dict)
    for ref in refs:
        spot = _read_rev(ref.rev, shelves)
        if spot is None:
            continue
        entry = None
        if spot.shelf.kind is Kind.SORTED:
            entry = _in_sorted(reading, spot)
        elif spot.shelf.kind is not Kind.HASH and (member := member_of(spot.mark)) is not None:
            entry = _FINDERS[spot.shelf.kind](reading, spot.shelf, member)
        else:
            listed[spot.shelf][spot.mark] = ref
        if entry is not None:
            found[ref] = entry
    for shelf, wanted in listed.items():
        walk = Walk(reading, [shelf], reading.sizes([shelf]))
        for entry in (one for bite in walk.bites(None) for one in bite):
            ref_there = wanted.pop(entry.mark, None)
            if ref_there is not None:
                found[ref_there] = entry
            if not wanted:
                break
    return found


def _in_sorted(reading: KeysReading, spot: _Spot) -> Entry | None:
    member = member_of(spot.mark)
    if member is not None:
        (score,) = reading.ask([("ZSCORE", spot.shelf.key, member)])
        return None if score is None else Entry(spot.shelf, member, score=score)
    (ties,) = reading.ask([("ZRANGEBYSCORE", spot.shelf.key, spot.score, spot.score, "LIMIT", 0, _MOST_TIES)])
    entries = (Entry(spot.shelf, one, score=spot.score.encode("ascii")) for one in ties)
    return next((one for one in entries if one.mark == spot.mark), None)


def _in_list(reading: KeysReading, shelf: Shelf, member: bytes) -> Entry | None:
    (rank,) = reading.ask([("LPOS", shelf.key, member)])
    return None if rank is None else Entry(shelf, member, int(rank))


def _in_set(reading: KeysReading, shelf: Shelf, member: bytes) -> Entry | None:
    (is_there,) = reading.ask([("SISMEMBER", shelf.key, member)])
    return Entry(shelf, member) if is_there else None


def _in_keys(reading: KeysReading, shelf: Shelf, member: bytes) -> Entry:  # noqa: ARG001 - every finder is asked alike
    """Return the entry of a key by its name alone.

    Loading it tells whether it still holds a job.
    """
    return Entry(shelf, member)


_FINDERS: dict[Kind, Callable[[KeysReading, Shelf, bytes], Entry | None]] = {
    Kind.LIST: _in_list,
    Kind.SET: _in_set,
    Kind.KEYS: _in_keys,
}


def entries_of(members: Sequence[tuple[Shelf, bytes]], ask: Ask) -> tuple[Entry, ...]:
    """Return those members of lists and sorted sets that are there, each with its rank or score."""
    looks = [("LPOS" if shelf.kind is Kind.LIST else "ZSCORE", shelf.key, member) for shelf, member in members]
    return tuple(
        Entry(shelf, member, int(reply)) if shelf.kind is Kind.LIST else Entry(shelf, member, score=reply)
        for (shelf, member), reply in zip(members, ask(looks), strict=True)
        if reply is not None
    )


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
    found, passed = _search(reading, ended, job_id)
    if found is None:
        found, more = _search(reading, [shelf for shelf in reading.shelves if shelf not in ended], job_id)
        passed += more
    return found, 0 if found is not None else passed


def _search(reading: KeysReading, shelves: Sequence[Shelf], job_id: str) -> tuple[Seen | None, int]:
    """Look for a job in some shelves.

    Returns it, or the number of entries searched where that was not all.
    """
    looked = loaded = 0
    for bite in Walk(reading, shelves, reading.sizes(shelves)).bites(None, 2 * BITE_ENTRIES):
        near = _near(reading, bite, job_id.__eq__)
        for seen in reading.load(near):
            if seen.job.ref.id == job_id:
                return seen, 0
        looked, loaded = looked + len(bite), loaded + len(near)
        if looked >= LOOKED_ENTRIES or loaded >= LOADED_ENTRIES:
            return None, looked
    return None, 0


def _near(reading: KeysReading, bite: Sequence[Entry], fits: Callable[[str], bool]) -> list[Entry]:
    """Return the entries whose id fits, or is known only once they are loaded."""
    named = ((entry, reading.product.id_of(entry)) for entry in bite)
    return [entry for entry, job_id in named if job_id is None or fits(job_id)]


def find_refs(reading: KeysReading, suffix: str, limit: int, after: str | None) -> IdSearch:
    """Look for jobs whose id ends in a text, from where an earlier search stopped.

    As many entries are searched as are allowed for it.
    """
    if not suffix:
        return IdSearch(())
    found: dict[str, JobRef] = {}
    looked = loaded = 0
    for bite in _all_entries(reading, after):
        near = _near(reading, bite, lambda job_id: job_id.endswith(suffix))
        refs = (seen.job.ref for seen in reading.load(near))
        found |= {ref.id: ref for ref in refs if ref.id.endswith(suffix) and ref.id not in found}
        looked, loaded = looked + len(bite), loaded + len(near)
        if len(found) >= limit or looked >= LOOKED_ENTRIES or loaded >= LOADED_ENTRIES:
            note = f"{looked:,} jobs were looked through" if len(found) < limit else ""
            return IdSearch(tuple(found.values())[:limit], write_anchor(bite[-1]), looked, note)
    return IdSearch(tuple(found.values()), None, looked)


def _all_entries(reading: KeysReading, cursor: str | None = None) -> Iterator[list[Entry]]:
    """Yield the entries of what has ended first, as `find_whole` does."""
    shelves = sorted(reading.shelves, key=lambda shelf: not FINAL.issuperset(shelf.states))
    return Walk(reading, shelves, reading.sizes(shelves)).bites(cursor, 2 * BITE_ENTRIES)
