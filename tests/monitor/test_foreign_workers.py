"""What is advised where the workers are another product's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.model.capabilities import Capabilities
from queuetui.model.text import Untrusted
from queuetui.monitor.diagnosis.words import start_worker
from tests.monitor.pictures import FOREIGN, NATIVE, facts


@pytest.mark.parametrize(
    ("capabilities", "step"),
    [
        (NATIVE, "start a worker with the module that declares its jobs: queuetui worker --app MODULE -q mail"),
        (replace(FOREIGN, label="RQ"), "start a worker of RQ for mail"),
    ],
)
def test_a_worker_of_ours_is_advised_for_our_own_queue_only(capabilities: Capabilities, step: str) -> None:
    """No worker of ours works another product's queue, so that none is named as the next step there."""
    assert start_worker(Untrusted("mail"), facts(capabilities=capabilities)) == step
