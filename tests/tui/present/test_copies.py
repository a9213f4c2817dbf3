"""What is copied of a job."""

from __future__ import annotations

import json

from queuetui.model.access import Access, Way
from queuetui.model.state import State
from queuetui.monitor.diagnosis.explain import explain
from queuetui.tui.present.copies import copies_of
from tests.monitor.pictures import ago, facts, job


def test_a_job_is_copied_with_the_evidence_of_its_verdict() -> None:
    """The JSON holds what was judged, whose names were made safe."""
    subject = job(State.PENDING, scheduled_at=ago(30))
    copied = {
        copy.name: copy.text
        for copy in copies_of(subject, explain(subject, facts()), Access(Way(("--profile", "prod"))))
    }
    assert json.loads(copied["json"])["verdict"]["evidence"]["queue"] == subject.queue.raw
    assert copied["command"] == f"queuetui show --profile prod {subject.ref.id}"
