"""The stretch of a long list that is kept on the screen's side, moved by keyset and never by counting."""

from __future__ import annotations

from queuetui.model.page import Page, PageRequest
from queuetui.model.query import Query

CHUNK_ROWS = 100
MOST_CHUNKS = 3
HALF_CHUNK_ROWS = CHUNK_ROWS // 2


class Window:
    """Up to MOST_CHUNKS chunks of rows behind an anchor: a cursor of the list, None at its top.

    Moving down adds chunks and then slides along the anchors passed on the way. Moving up, and holding a job that the list
    pushed out, first reads backward for an anchor (`is_seeking`); what that read finds is taken with `take_anchor`.
    """

    def __init__(self) -> None:
        self._anchors: list[str | None]
        self._start: int
        self._chunks: int
        self._sought: PageRequest | None
        self.reset()

    @property
    def is_at_top(self) -> bool:
        """Whether the first row of all is in the window."""
        return self._anchor is None

    @property
    def is_seeking(self) -> bool:
        """Whether the page asked for is read for its anchor and not to be shown."""
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
        """Reach further below what `page` holds; False when nothing is left there."""
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
        """Begin behind what was looked through for `page`; False when nothing is left there."""
        if self.is_seeking or not page.has_more or page.last is None:
            return False
        self._begin_at(page.last, chunks=1)
        return True

    def move_up(self) -> bool:
        """Reach further above; False at the top."""
        if self.is_seeking or self.is_at_top:
            return False
        if self._start > 0:
            self._start -= 1
        else:
            self._seek(CHUNK_ROWS, self._anchor)
        return True

    def hold(self, page: Page, place: int) -> bool:
        """Read around the job at `place` of `page`, wherever the list has gone since.

        False where there is no cursor to begin from.
        """
        if self.is_seeking or page.last is None:
            return False
        self._seek(len(page.jobs) - place + HALF_CHUNK_ROWS, page.last)
        return True

    def take_anchor(self, page: Page) -> None:
        """Begin behind the farthest row that was found above, or at the top when the list begins there."""
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
