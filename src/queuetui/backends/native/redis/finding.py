"""Finds jobs by the end of their id, which is what people type."""

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

DOING = "looking for a job"
# A server does nothing else meanwhile: some milliseconds for so many.
SPANS_A_LOOK = 2_000


def find_refs(server: Server, suffix: str, limit: int) -> tuple[JobRef, ...]:
    """Return at most `limit` jobs whose id ends in the suffix."""
    wanted = read_suffix(suffix)
    if wanted is None:
        return ()
    if len(wanted) == ID_DIGITS:
        return tuple(_refs(server, _look(server, wanted, 0, [(wanted, wanted)])))
    answer = _look(server, wanted, MOST_LOOKED, [])
    found = {*_refs(server, answer)}
    now_us, oldest = answer[:2]
    spans = spans_of(wanted, int(now_us) // 1000, oldest.decode("ascii") if oldest else None)
    for first in range(0, len(spans), SPANS_A_LOOK):
        if len(found) >= limit:
            break
        found |= {*_refs(server, _look(server, wanted, 0, spans[first : first + SPANS_A_LOOK]))}
    return tuple(sorted(found))[:limit]


def _look(server: Server, wanted: str, newest: int, spans: Sequence[Span]) -> Sequence[bytes]:
    bounds = [to_stored(bound) for span in spans for bound in span]
    answer: Sequence[bytes] = server.read(DOING, "find", wanted, newest, *bounds)
    return answer


def _refs(server: Server, answer: Sequence[bytes]) -> Iterator[JobRef]:
    for stored, packed in zip(answer[2::2], answer[3::2], strict=True):
        with suppress(*UNREADABLE):
            yield JobRef(server.name, from_stored(stored), str(read_record(packed).rev))
