"""BullMQ on PostgreSQL by a user who may only look, and without the functions that it acts by.

What the functions do is tried in tests/live, where the real system creates them.
"""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.snapshot import Watch
from tests.backends.rights.sql_users import load_dump


def test_without_its_functions_it_is_only_read(postgres_url: str) -> None:
    """A schema that lacks the functions is shown whole, and every verb says why it is missing."""
    capture = load_dump("bullmq-pg", "bullmq-pg", postgres_url)
    backend = capture.open(1)
    assert backend.inspector.snapshot(Watch()).total.value == len(capture.stored)
    for verb in (Verb.RETRY, Verb.RELEASE, Verb.CANCEL, Verb.DELETE, Verb.PAUSE):
        assert "only read" in str(backend.inspector.capabilities.why_not(verb))
    capture.close()
