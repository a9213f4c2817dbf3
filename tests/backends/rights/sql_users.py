"""The users of an SQL server that a product's page tells how to make, and what each must be able to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from queuetui.backends.backend import Backend
from tests.backends.captures import FIXTURES, Capture, query, run_script
from tests.backends.rights.trials import LOOKER, MENDER, PAGES, hold_allowed, hold_pausing, hold_refused
from tests.captures.stores import STORES

_BLOCK = re.compile(r"```sql\n(.*?)```", re.DOTALL)
_DROPS = "drop owned by {user} cascade; drop role {user}"


def load_dump(kind: str, folder: str, url: str, truth: str = "truth.json") -> Capture:
    """Load the capture of PostgreSQL in a folder into an empty database."""
    path = FIXTURES / folder
    STORES["dump.postgres.sql"].load(path / "dump.postgres.sql", url)
    return Capture(kind, url, json.loads((path / truth).read_text(encoding="utf-8")))


def check_looker(page: str, capture: Capture, after_s: float) -> None:
    """Hold that the user who may look reads all, and that each verb is refused in words and changes nothing."""
    with opened_as(LOOKER, page, capture, after_s) as backend:
        hold_refused(backend, lambda: STORES["dump.postgres.sql"].dump(capture.url))


def check_mender(page: str, capture: Capture, after_s: float, pausable: str = "") -> None:
    """Hold that the user who may change does each verb to a job at least once, and that none is refused.

    `pausable` is a queue that is not paused, which is paused and resumed too.
    """
    with opened_as(MENDER, page, capture, after_s) as backend:
        hold_allowed(backend)
        if pausable:
            hold_pausing(backend, pausable)


def statements_of(page: str) -> str:
    """Return what a product's page tells to run."""
    return "".join(_BLOCK.findall((PAGES / page).read_text(encoding="utf-8")))


@contextmanager
def opened_as(user: str, page: str, capture: Capture, after_s: float, besides: str = "") -> Iterator[Backend]:
    """Open a capture as a user that is made by the blocks of SQL of the product's page, so long after the capture.

    `besides` is run once the users are there.
    """
    parts = urlsplit(capture.url)
    address = parts.netloc.rpartition("@")[2]
    by_user = replace(capture, url=parts._replace(netloc=f"{user}:SECRET@{address}").geturl(), opened=[])
    try:
        run_script(capture.url, statements_of(page) + besides)
        yield by_user.open(after_s)
    finally:
        by_user.close()
        for name in (MENDER, LOOKER):
            query(capture.url, _DROPS.format(user=name))
