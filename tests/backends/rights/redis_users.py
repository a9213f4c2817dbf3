"""The users of Redis that a product's page tells how to make, and what each must be able to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import redis

from queuetui.backends.backend import Backend
from queuetui.model.act import Act, Outcome, Result, Target
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from tests.backends.captures import FIXTURES, Capture
from tests.captures.stores import STORES, dump_keys
from tests.captures.test_looking import read_everything

_PAGES = Path(__file__).parents[3] / "docs" / "systems"
LOOKER, MENDER = "looker", "mender"


def load_keys(kind: str, folder: str, url: str, name: str = "") -> Capture:
    """Load a capture of a folder, or the one of a name in it, into an empty database."""
    path = FIXTURES / folder
    STORES["keys.jsonl"].load(path / f"keys{name}.jsonl", url)
    return Capture(kind, url, json.loads((path / f"truth{name}.json").read_text(encoding="utf-8")))


@contextmanager
def opened_as(user: str, page: str, capture: Capture, after_s: float) -> Iterator[Backend]:
    """Open a capture as a user that is made by the line of the product's page, so long after the capture."""
    line = next(
        one for one in (_PAGES / page).read_text(encoding="utf-8").splitlines() if f"ACL SETUSER {user} " in one
    )
    with redis.Redis.from_url(capture.url) as client:
        client.execute_command(*line.split())
        parts = urlsplit(capture.url)
        by_user = replace(capture, url=parts._replace(netloc=f"{user}:SECRET@{parts.netloc}").geturl(), opened=[])
        try:
            yield by_user.open(after_s)
        finally:
            by_user.close()
            client.acl_deluser(user)


def check_looker(page: str, capture: Capture, after_s: float) -> None:
    """Hold that the user who may look reads all, and that each verb is refused in words and changes nothing."""
    with opened_as(LOOKER, page, capture, after_s) as backend:
        before = dump_keys(capture.url)
        read_everything(backend)
        results = [result for verb in _try_all(backend) for result in verb]
        assert dump_keys(capture.url) == before
    told = [result for result in results if result.outcome is not Outcome.SKIPPED]
    assert told
    for result in told:
        assert result.outcome is Outcome.FAILED, result
        assert "refused the right" in result.note, result


def check_mender(page: str, capture: Capture, after_s: float) -> None:
    """Hold that the user who may change does each verb to a job at least once, and that none is refused."""
    with opened_as(MENDER, page, capture, after_s) as backend:
        verbs = len(backend.inspector.capabilities.applies)
        done = [{result.outcome for result in results} for results in _try_all(backend)]
    assert len(done) == verbs
    assert all(Outcome.DONE in outcomes for outcomes in done), done
    assert all(outcomes <= {Outcome.DONE, Outcome.SKIPPED} for outcomes in done), done


def _try_all(backend: Backend) -> Iterator[tuple[Result, ...]]:
    """Yield what each verb does to the jobs that it fits, the one that deletes last."""
    for verb, states in sorted(
        backend.inspector.capabilities.applies.items(), key=lambda one: one[0].value == "delete"
    ):
        targets = [Target(job.ref) for job in _jobs(backend) if job.state in states]
        yield backend.operator.apply(Act(verb, "tester"), targets, Limits())


def _jobs(backend: Backend) -> tuple[Job, ...]:
    return tuple(backend.inspector.page(PageRequest(limit=1_000), Limits()).jobs)
