"""Pages that are costly to find: searched for now and then, while their rows are read at each poll."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic

from queuetui.backends.reading.act_cache import ActCache, rest_s
from queuetui.backends.tables.moments import Reading
from queuetui.backends.tables.pages import read_page
from queuetui.backends.tables.rows import among_keys, find_row
from queuetui.backends.tables.source import Condition, Key
from queuetui.model.measured import Exactness
from queuetui.model.page import Page, PageRequest

# A page that took the server so long is not searched for at each poll.
COSTLY_S = 0.06
_MOST_PAGES = 4
# A request, and whether its total was counted too.
_Place = tuple[PageRequest, bool]


@dataclass(frozen=True, slots=True)
class _CachedPage:
    """A page that was costly to find."""

    page: Page
    # When it was found, and until when it is not searched for again.
    as_of: datetime
    until: float
    # Its rows as they were read last, when that was, and until when they are not read again.
    fresh: Page | None = None
    read_at: datetime | None = None
    rows_until: float = 0.0
    # How many reads of the rows in a row were costly.
    costly: int = 0


class PageCache(ActCache[_Place, _CachedPage]):
    """The pages that a console polls and that are costly to find."""

    def __init__(self, costly_s: float = COSTLY_S, costly_rows_s: float = COSTLY_S) -> None:
        super().__init__(_MOST_PAGES)
        self.costly_s, self.costly_rows_s = costly_s, costly_rows_s

    def read(self, reading: Reading, request: PageRequest, *, counted: bool = True) -> Page:
        """Return one page: found anew, or the rows of one that was found lately as they are now."""
        begun, place = monotonic(), (request, counted)
        known, acts = self.find(place)
        if known is not None and begun < known.until:
            return self._read_again(reading, place, known, acts)
        page = read_page(reading, request, counted=counted)
        cost_s = monotonic() - begun
        if cost_s >= self.costly_s and any(reading.is_large(source) for source in reading.product.sources):
            self.keep(place, _CachedPage(page, reading.moment.now, monotonic() + rest_s(cost_s)), acts)
        return page

    def _read_again(self, reading: Reading, place: _Place, known: _CachedPage, acts: int) -> Page:
        """Return the rows of a page as they are now, or as read lately where that is costly too."""
        begun, now, fresh = monotonic(), reading.moment.now, known.fresh
        if fresh is None or begun >= known.rows_until:
            fresh = _read_rows(reading, place[0], known)
            cost_s = monotonic() - begun
            costly = known.costly + 1 if cost_s >= self.costly_rows_s else 0
            # The first time a statement is made and planned too.
            until = monotonic() + rest_s(cost_s) if costly > 1 else 0.0
            known = replace(known, fresh=fresh, read_at=now, rows_until=until, costly=costly)
            self.keep(place, known, acts)
        return replace(fresh, notes=(*known.page.notes, _say(known, now)))


def _read_rows(reading: Reading, request: PageRequest, known: _CachedPage) -> Page:
    """Return a page with those of its rows that still match, as they are now."""
    fresh = read_page(reading, request, counted=False, among=_rows_of(known.page, reading))
    total = known.page.total
    if total.exactness is Exactness.EXACT:
        total = replace(total, exactness=Exactness.CACHED, as_of=known.as_of)
    return replace(known.page, jobs=fresh.jobs, total=total)


def _say(known: _CachedPage, now: datetime) -> str:
    age_s, read_s = ((now - (at or now)).total_seconds() for at in (known.as_of, known.read_at))
    return (
        f"these were looked for {age_s:.0f} s ago and their rows read {read_s:.0f} s ago; what matches since then is found in "
        f"{known.until - monotonic():.0f} s, as to look takes the server long"
    )


def _rows_of(page: Page, reading: Reading) -> Mapping[str, Condition]:
    """Return the condition for the rows of a page in each source that has any."""
    keys: defaultdict[str, list[Key]] = defaultdict(list)
    for job in page.jobs:
        if (found := find_row(job.ref.rev, reading)) is not None:
            keys[found[1].source].append(found[1].key)
    sources = reading.product.sources
    return {one.name: among_keys(one, keys[one.name]) for one in sources if one.name in keys}
