"""Pages that cost the server much are looked for now and then, and say so."""

from __future__ import annotations

from dataclasses import replace

from queuetui.backends.tables.dear_pages import DearPages
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.sizes import Sizes
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture, query
from tests.backends.laravel.test_reading import FILL


def test_a_dear_page_of_a_large_table_is_looked_for_now_and_then(capture: Capture) -> None:
    """Between two looks its rows are read as they are now, which is said; what left its state is not shown any more."""
    query(capture.url, FILL)
    inspector = capture.open().inspector
    assert isinstance(inspector, TablesInspector)
    inspector.sizes, inspector.dear = Sizes(sorted_rows=100), DearPages(dear_s=0.0)
    watch = Watch(PageRequest(parse_query("state:processing")), parts=frozenset())
    first, again = inspector.snapshot(watch).page, inspector.snapshot(watch).page
    assert first is not None
    assert again is not None
    assert first.jobs == again.jobs
    assert again.jobs
    assert (any("looked for" in note for note in first.notes), any("looked for" in note for note in again.notes)) == (
        False,
        True,
    )
    assert again.total.exactness is Exactness.CACHED
    query(capture.url, "UPDATE jobs SET reserved_at = NULL")
    left, whole = inspector.snapshot(watch).page, inspector.snapshot(replace(watch, exact=True)).page
    assert left is not None
    assert whole is not None
    assert (left.jobs, whole.jobs, whole.notes) == ((), (), ())
