"""Workers as a filter names them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.backends.reading.worker_names import name_workers
from queuetui.model.query_parser import parse_query
from queuetui.model.text import Untrusted
from tests.monitor.pictures import worker


@pytest.mark.parametrize(
    ("term", "ids"),
    [
        ("worker:web-1", {"a", "b"}),
        ("worker:web-1/7", {"a"}),
        ("worker~none", set()),
        ("worker~web-1/n", set()),
        ("worker:/7", set()),
    ],
)
def test_a_worker_is_named_by_what_is_known_of_it(term: str, ids: set[str]) -> None:
    """A host or a process that a system does not tell names no worker."""
    one = replace(worker(), id=Untrusted("a"), host=Untrusted("web-1"), pid=7)
    workers = [one, replace(one, id=Untrusted("b"), pid=None), replace(one, id=Untrusted("c"), host=Untrusted(""))]
    (found,) = name_workers(parse_query(term), workers).terms
    assert set(found.values[1:]) == ids
