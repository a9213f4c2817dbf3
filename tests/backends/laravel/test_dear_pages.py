"""Pages that cost the server much are looked for now and then, and say so."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from queuetui.backends.tables.dear_pages import DearPages
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.sizes import Sizes
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture, query
from tests.backends.laravel.test_reading import FILL


def test_a_dear_page_of_a_large_table_is_looked_for_now_and_then(capture: Capture) -> None:
    """Between two looks its rows are read as they are now, which is said, or rest too where that is dear; what left its state goes."""
    query(capture.url, FILL)
    inspector = capture.open().inspector
    assert isinstance(inspector, TablesInspector)
    inspector.sizes, inspector.dear = Sizes(sorted_rows=100), DearPages(dear_s=0.0, dear_rows_s=inf)
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
    inspector.dear.dear_rows_s = 0.0
    kept = [inspector.snapshot(watch).page for _ in range(3)]
    assert kept[2] is not None
    assert kept[1] is not None
    assert kept[1].jobs is kept[2].jobs
    inspector.dear = DearPages(dear_s=0.0, dear_rows_s=inf)
    inspector.snapshot(watch)
    query(capture.url, "UPDATE jobs SET reserved_at = NULL")
    left, whole = inspector.snapshot(watch).page, inspector.snapshot(replace(watch, exact=True)).page
    assert left is not None
    assert whole is not None
    assert (left.jobs, whole.jobs, whole.notes) == ((), (), ())


def test_an_act_makes_a_dear_page_be_looked_for_again(capture: Capture) -> None:
    """What was retried by this console stands in the next picture of what waits."""
    query(capture.url, FILL)
    backend = capture.open()
    inspector = backend.inspector
    assert isinstance(inspector, TablesInspector)
    inspector.sizes, inspector.dear.dear_s = Sizes(sorted_rows=100), 0.0
    watch = Watch(PageRequest(parse_query("state:failed")), parts=frozenset())
    before = inspector.snapshot(watch).page
    assert before is not None
    retried = before.jobs[0]
    waiting = replace(watch, page=PageRequest(parse_query(f"state:pending type:{retried.type.raw}"), 1000))
    seen = [inspector.snapshot(waiting).page]
    (result,) = backend.operator.apply(Act(Verb.RETRY, "test"), [Target(retried.ref)], Limits())
    assert result.outcome is Outcome.DONE, result
    seen.append(inspector.snapshot(waiting).page)
    first, after = (0 if page is None else len(page.jobs) for page in seen)
    assert after == first + 1
