"""The stretch of a long list that is kept on the screen's side, moved by keyset and never by counting."""

from __future__ import annotations

from queuetui.model.page import Page, PageRequest
from queuetui.model.query import Query

CHUNK_ROWS = 100
MOST_CHUNKS = 3


class Window:
    """Up to MOST_CHUNKS chunks of rows from one of the anchors passed on the way down.

    An anchor is the cursor behind a whole number of chunks; moving down adds chunks and then slides, moving up goes
    back along the anchors, so that rows already seen overlap and the cursor stays on its job.
    """

    def __init__(self) -> None:
        self._anchors: list[str | None] = [None]
        self._start = 0
        self._chunks = 1

    @property
    def is_at_top(self) -> bool:
        """Whether the first row of all is in the window."""
        return self._start == 0

    def reset(self) -> None:
        """Go back to the top."""
        self._anchors = [None]
        self._start = 0
        self._chunks = 1

    def request(self, query: Query) -> PageRequest:
        """Return the page to read."""
        return PageRequest(query, CHUNK_ROWS * self._chunks, self._anchors[self._start])

    def move_down(self, page: Page) -> bool:
        """Reach further below what `page` holds; False when nothing is left there."""
        if not page.has_more or page.last is None:
            return False
        behind = self._start + self._chunks
        del self._anchors[behind:]
        self._anchors.append(page.last)
        if self._chunks < MOST_CHUNKS:
            self._chunks += 1
        else:
            self._start += 1
        return True

    def move_up(self) -> bool:
        """Reach further above; False at the top."""
        if self.is_at_top:
            return False
        self._start -= 1
        return True
