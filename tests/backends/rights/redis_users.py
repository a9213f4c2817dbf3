"""The users of Redis that a product's page tells how to make, and what each must be able to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from queuetui.backends.backend import Backend
from tests.backends.captures import FIXTURES, Capture
from tests.backends.rights.trials import LOOKER, MENDER, PAGES, hold_allowed, hold_refused
from tests.captures.stores import STORES, dump_keys, redis_client


def load_keys(kind: str, folder: str, url: str, name: str = "") -> Capture:
    """Load a capture of a folder, or the one of a name in it, into an empty database."""
    path = FIXTURES / folder
    STORES["keys.jsonl"].load(path / f"keys{name}.jsonl", url)
    return Capture(kind, url, json.loads((path / f"truth{name}.json").read_text(encoding="utf-8")))


@contextmanager
def opened_as(user: str, page: str, capture: Capture, after_s: float) -> Iterator[Backend]:
    """Open a capture as a user that is made by the line of the product's page, so long after the capture."""
    line = next(one for one in (PAGES / page).read_text(encoding="utf-8").splitlines() if f"ACL SETUSER {user} " in one)
    with redis_client(capture.url) as client:
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
        hold_refused(backend, lambda: dump_keys(capture.url))


def check_mender(page: str, capture: Capture, after_s: float) -> None:
    """Hold that the user who may change does each verb to a job at least once, and that none is refused."""
    with opened_as(MENDER, page, capture, after_s) as backend:
        hold_allowed(backend)
