"""What stands beside a queue's name: paused, at a limit, or with limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.model.claim_rules import ClaimLimit, ClaimRules, Rate, RulesInUse
from queuetui.model.clock import EPOCH
from queuetui.model.measured import Measured
from queuetui.model.picture import Picture
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.text import Untrusted
from queuetui.tui.present.queue_rows import queue_rows

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
