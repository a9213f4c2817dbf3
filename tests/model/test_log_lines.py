"""Records out of what is kept with runs."""

from __future__ import annotations

from queuetui.model.clock import EPOCH
from queuetui.model.log_lines import lines_of
from queuetui.model.run_notes import NotedRun
from queuetui.model.text import Untrusted


def test_a_record_holds_the_lines_that_follow_it() -> None:
    """A traceback belongs to its record, what follows lines that are gone has no time, and an odd first word is no time."""
    log = "left over\n2026-11-29T10:00:01Z error broke\n  File x\n2026 info no\n2026-11-29T10:00:02Z info on"
    lines = list(lines_of("id", [NotedRun(3, EPOCH, log=Untrusted(log))]))
    assert [(line.level, line.text.raw) for line in lines] == [
        (None, "left over"),
        ("error", "broke\n  File x\n2026 info no"),
        ("info", "on"),
    ]
    assert [line.is_error for line in lines] == [False, True, False]
    assert {line.fence for line in lines} == {3}
