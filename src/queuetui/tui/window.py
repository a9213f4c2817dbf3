"""The window of a long list that a screen holds; it moves by keyset cursors, never by offsets."""

from __future__ import annotations

from queuetui.model.page import Page, PageRequest
from queuetui.model.query import Query

CHUNK_ROWS = 100
MOST_CHUNKS = 3
HALF_CHUNK_ROWS = CHUNK_ROWS // 2


class Window:
    """Up to MOST_CHUNKS chunks of rows behind an anchor, which is a keyset cursor, or None at the top.

    Moving down adds chunks, then drops chunks at the top, whose anchors are kept. To move up beyond the first anchor, or to
    keep a job that new rows pushed out of the window, a page is first read backward for a new anchor (`is_seeking`), which
    `take_anchor` takes from it.
    """

    def __init__(self) -> None:
        self._anchors: list[str | None]
        self._start: int
        self._chunks: int
        self._sought: PageRequest | None
        self.reset()

    @property
    def is_at_top(self) -> bool:
        """Whether the window begins at the first row of the list."""
        return self._anchor is None

    @property
    def is_seeking(self) -> bool:
        """Whether the next page is read for its anchor only, and not to be shown."""
        return self._sought is not None

    def reset(self) -> None:
        """Go back to the top."""
        self._begin_at(None, chunks=1)

    def request(self, query: Query) -> PageRequest:
        """Return the page to read."""
        if self._sought is not None:
            return PageRequest(query, self._sought.limit, self._sought.cursor, backward=True)
        return PageRequest(query, CHUNK_ROWS * self._chunks, self._anchor)

    def move_down(self, page: Page) -> bool:
        """Extend the window below `page`; return False if the list ends there."""
        if self.is_seeking or not page.has_more or page.last is None:
            return False
        behind = self._start + self._chunks
        del self._anchors[behind:]
        self._anchors.append(page.last)
        if self._chunks < MOST_CHUNKS:
            self._chunks += 1
        else:
            self._start += 1
        return True

    def look_further(self, page: Page) -> bool:
        """Move the window behind the rows searched for `page`; return False if the list ends there."""
        if self.is_seeking or not page.has_more or page.last is None:
            return False
        self._begin_at(page.last, chunks=1)
        return True

    def move_up(self) -> bool:
        """Extend the window upward; return False at the top."""
        if self.is_seeking or self.is_at_top:
            return False
        if self._start > 0:
            self._start -= 1
        else:
            self._seek(CHUNK_ROWS, self._anchor)
        return True

    def hold(self, page: Page, place: int) -> bool:
        """Move the window around the job at `place` of `page`, where that job is in the list now.

        Return False if the page has no cursor to begin from.
        """
        if self.is_seeking or page.last is None:
            return False
        self._seek(len(page.jobs) - place + HALF_CHUNK_ROWS, page.last)
        return True

    def take_anchor(self, page: Page) -> None:
        """Begin the window behind the first row of `page`, or at the top if the list begins there."""
        self._begin_at(page.first if page.has_more else None, chunks=2)

    @property
    def _anchor(self) -> str | None:
        return self._anchors[self._start]

    def _seek(self, rows: int, cursor: str | None) -> None:
        self._sought = PageRequest(limit=rows, cursor=cursor, backward=True)

    def _begin_at(self, anchor: str | None, chunks: int) -> None:
        self._anchors = [anchor]
        self._start = 0
        self._chunks = chunks
        self._sought = None
