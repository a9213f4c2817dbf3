"""Finds jobs by the end of their id, as people type it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from queuetui.backends.native.odd_values import UNREADABLE
from queuetui.backends.native.redis.ids import from_stored, to_stored
from queuetui.backends.native.redis.records import read_record
from queuetui.backends.native.redis.server import Server
from queuetui.backends.native.short_ids import ID_DIGITS, MOST_LOOKED, read_suffix, spans_of
from queuetui.model.act import JobRef
from queuetui.model.job_id import Span
from queuetui.model.page import IdSearch

DOING = "looking for a job"
# The server serves nobody else meanwhile: this many take some milliseconds.
SPANS_A_LOOK = 2_000
# The number of values in an answer before the jobs.
_HEAD = 4


def find_refs(server: Server, suffix: str, limit: int, after: str | None) -> IdSearch:
    """Find at most `limit` jobs whose id ends in the suffix, beginning after the id `after`."""
    wanted = read_suffix(suffix)
    if wanted is None:
        return IdSearch(())
    if len(wanted) == ID_DIGITS:
        return IdSearch(tuple(_refs(_look(server, wanted, 0, "", [(wanted, wanted)]), server.name)))
    answer = _look(server, wanted, MOST_LOOKED, "+" if after is None else f"({after}", [])
    found = {*_refs(answer, server.name)}
    now_us, oldest, looked, reached = answer[:_HEAD]
    spans = () if after else spans_of(wanted, int(now_us) // 1000, oldest.decode("ascii") if oldest else None)
    for first in range(0, len(spans), SPANS_A_LOOK):
        if len(found) >= limit:
            break
        found |= {*_refs(_look(server, wanted, 0, "", spans[first : first + SPANS_A_LOOK]), server.name)}
    return IdSearch(tuple(sorted(found))[:limit], reached.decode("ascii") if reached else None, int(looked))


def _look(server: Server, wanted: str, newest: int, begin: str, spans: Sequence[Span]) -> Sequence[bytes]:
    bounds = [to_stored(bound) for span in spans for bound in span]
    answer: Sequence[bytes] = server.read(DOING, "find", wanted, newest, begin, *bounds)
    return answer


def _refs(answer: Sequence[bytes], name: str) -> Iterator[JobRef]:
    found = answer[_HEAD:]
    for stored, packed in zip(found[::2], found[1::2], strict=True):
        with suppress(*UNREADABLE):
            yield JobRef(name, from_stored(stored), str(read_record(packed).rev))
