"""The parts of a job that may be copied, as safe text."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from queuetui.model.access import Access
from queuetui.model.document import document
from queuetui.model.job import Job
from queuetui.model.text import DETAIL_CAP, SafeText, Untrusted, sanitize
from queuetui.model.verdict import Verdict
from queuetui.monitor.diagnosis.words import command


@dataclass(frozen=True, slots=True)
class Copy:
    """One part of a job, with its name in the dialog."""

    name: str
    text: SafeText


def copies_of(job: Job, verdict: Verdict | None, access: Access) -> list[Copy]:
    """Return the parts of a job."""
    copies = [
        Copy("id", _safe(Untrusted(job.ref.id))),
        Copy("type", _safe(job.type)),
        Copy("payload", _safe(job.payload)),
    ]
    if job.error is not None:
        story = f"{_safe(job.error.class_name)}: {_safe(job.error.message)}\n{_safe(job.error.traceback)}"
        copies.append(Copy("error", _safe(story.strip())))
    whole = json.dumps(asdict(document(job, verdict)), indent=2, ensure_ascii=True)
    copies.append(Copy("json", _safe(whole)))
    copies.append(Copy("command", _safe(command("show", names=[Untrusted(job.ref.id)], way=access.reading))))
    return copies


def _safe(text: Untrusted | str) -> SafeText:
    return sanitize(text, DETAIL_CAP, keep_newlines=True)
