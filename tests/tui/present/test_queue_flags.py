"""What stands beside a queue's name: paused, at a limit, or with limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from queuetui.model.claim_rules import ClaimLimit, ClaimRules, Rate, RulesInUse
from queuetui.model.clock import EPOCH
from queuetui.model.measured import Exactness, Measured
from queuetui.model.picture import Picture
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.tui.present.queue_rows import QUEUE_COLUMNS, queue_rows
from queuetui.tui.present.tones import Tone

MAIL = QueueInfo(Untrusted("mail"), {}, Measured(0))
FIVE = RulesInUse("mail", ClaimRules((ClaimLimit(None, 5),)), running={"": 4})
PER_MINUTE = RulesInUse("mail", ClaimRules((ClaimLimit("Send", rate=Rate(1, 60_000_000)),)), begun={"Send": 1})


@pytest.mark.parametrize(
    ("queue", "use", "flag"),
    [
        (MAIL, None, ""),
        (MAIL, FIVE, "limits"),
        (MAIL, replace(FIVE, running={"": 5}), "FULL"),
        (MAIL, PER_MINUTE, "limits"),
        (MAIL, replace(PER_MINUTE, opens_at={"Send": EPOCH}), "FULL"),
        (MAIL, RulesInUse("mail", ClaimRules(ageing_s=60)), "limits"),
        (replace(MAIL, paused_at=EPOCH), replace(FIVE, running={"": 5}), "PAUSED"),
    ],
)
def test_a_queue_says_what_holds_its_claims(queue: QueueInfo, use: RulesInUse | None, flag: str) -> None:
    """A pause says more than a limit, and one that is reached more than one that is not."""
    snapshot = Snapshot("b", EPOCH, {}, Measured(0), Measured(0), Measured(0.0), queues=(queue,))
    (row,) = queue_rows(Picture(snapshot, rules={} if use is None else {"mail": use}))
    assert str(row.cells[1].text) == flag


@pytest.mark.parametrize(
    ("how", "age_s", "shown", "is_dim"),
    [
        (Exactness.CACHED, 9, "12,403", False),
        (Exactness.CACHED, 44, "12k·40s", True),
        (Exactness.CAPPED, 61, "12k+·1m", True),
        (Exactness.EXACT, 61, "12,403", False),
    ],
)
def test_a_figure_of_before_has_its_age(how: Exactness, age_s: float, shown: str, is_dim: bool) -> None:
    """One that is older than a few polls is dim and short; the oldest due time is told with its own."""
    before = EPOCH - timedelta(seconds=age_s)
    mail = replace(
        MAIL,
        counts={State.PENDING: Measured(12_403, how, before)},
        oldest_due_at=EPOCH - timedelta(minutes=3),
        oldest_read_at=before,
    )
    (row,) = queue_rows(Picture(Snapshot("b", EPOCH, {}, Measured(0), Measured(0), Measured(0.0), queues=(mail,))))
    cells = dict(zip((column.key for column in QUEUE_COLUMNS), row.cells, strict=True))
    assert (cells["pending"].text, cells["pending"].tone is Tone.MUTED) == (shown, is_dim)
    assert ("·" in cells["oldest"].text) is (age_s >= 10)
