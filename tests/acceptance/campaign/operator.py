"""An operator who cancels parked jobs: `python -m tests.acceptance.campaign.operator URL ACT_ID QUEUE`; killed midway, he asks again."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.registry import NATIVE, open_native
from queuetui.model.act import Act, JobRef, Result, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from tests.acceptance.campaign.crash_points import set_from_environment

LIMITS = Limits()
ACTOR = "campaign"


def parked(backend: NativeBackend, queue: str) -> list[JobRef]:
    """Return the jobs that wait in a queue."""
    return [job.ref for job in iterate(backend.inspector, parse_query(f"queue:{queue} state:pending"), LIMITS)]


def cancel(backend: NativeBackend, act_id: str, refs: Sequence[JobRef]) -> tuple[Result, ...]:
    """Cancel jobs under one act's id: what is done already is answered as it was then."""
    return backend.operator.apply(Act(Verb.CANCEL, ACTOR, id=act_id), list(map(Target, refs)), LIMITS)


def main(url: str, act_id: str, queue: str) -> None:
    """Cancel all that waits in a queue."""
    set_from_environment()
    backend = open_native(url, BackendOptions(kind=NATIVE))
    cancel(backend, act_id, parked(backend, queue))
    backend.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])
