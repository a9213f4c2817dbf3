"""Pages that cost the server much are looked for now and then, and say so."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any
from unittest.mock import Mock

import pytest

from queuetui.backends.tables import operator, page_cache
from queuetui.backends.tables.inspector import _FAILURES, TablesInspector
from queuetui.backends.tables.page_cache import PageCache
from queuetui.backends.tables.pages import read_page
from queuetui.backends.tables.sizes import Sizes
from queuetui.model.act import Act, JobRef, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import Page, PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from tests.backends.captures import Capture, query
from tests.backends.laravel.tables import FILL


def test_a_costly_page_of_a_large_table_is_looked_for_now_and_then(capture: Capture) -> None:
    """Between two looks its rows are read as they are now, which is said, or rest too where that is costly; what left its state goes."""
    query(capture.url, FILL)
    inspector = capture.open().inspector
    assert isinstance(inspector, TablesInspector)
    inspector.sizes, inspector.page_cache = Sizes(sorted_rows=100), PageCache(costly_s=0.0, costly_rows_s=inf)
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
    inspector.page_cache.costly_rows_s = 0.0
    kept = [inspector.snapshot(watch).page for _ in range(3)]
    assert kept[2] is not None
    assert kept[1] is not None
    assert kept[1].jobs is kept[2].jobs
    inspector.page_cache = PageCache(costly_s=0.0, costly_rows_s=inf)
    inspector.snapshot(watch)
    query(capture.url, "UPDATE jobs SET reserved_at = NULL")
    left, whole = inspector.snapshot(watch).page, inspector.snapshot(replace(watch, exact=True)).page
    assert left is not None
    assert whole is not None
    assert (left.jobs, whole.jobs, whole.notes) == ((), (), ())


def test_an_act_makes_a_costly_page_be_looked_for_again(capture: Capture) -> None:
    """What was retried by this console stands in the next picture of what waits."""
    query(capture.url, FILL)
    backend = capture.open()
    inspector = backend.inspector
    assert isinstance(inspector, TablesInspector)
    inspector.sizes, inspector.page_cache.costly_s = Sizes(sorted_rows=100), 0.0
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


@pytest.mark.parametrize("capture", ["sqlite"], indirect=True)
def test_what_changes_while_a_costly_page_is_read_is_not_lost(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that was read before an act is not kept after it, nor is one behind an act that broke off; each has its own total."""
    query(capture.url, FILL)
    backend = capture.open()
    inspector = backend.inspector
    assert isinstance(inspector, TablesInspector)
    inspector.sizes, inspector.page_cache = Sizes(sorted_rows=100), PageCache(costly_s=0.0, costly_rows_s=inf)
    request = PageRequest(parse_query(_FAILURES), Watch().failures)
    watch = Watch(request, parts=frozenset({Part.FAILURES}))

    def is_kept() -> bool:
        page = inspector.snapshot(watch).page
        assert page is not None
        assert page.total.value is not None
        return any("looked for" in note for note in page.notes)

    def read_and_act(*given: Any, **options: Any) -> Page:
        page = read_page(*given, **options)
        inspector.page_cache.forget()
        return page

    with monkeypatch.context() as patched:
        patched.setattr(page_cache, "read_page", read_and_act)
        assert not is_kept()
    assert [is_kept(), is_kept()] == [False, True]
    with monkeypatch.context() as patched:
        patched.setattr(operator, "_apply_alone", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            backend.operator.apply(Act(Verb.RETRY, "test"), list(map(Target, refs_of(inspector, request))), Limits())
    assert not is_kept()


def refs_of(inspector: TablesInspector, request: PageRequest) -> list[JobRef]:
    """Return the jobs of a page as they are seen."""
    return [job.ref for job in inspector.page(request, Limits()).jobs]
