"""Workers that are gone, and those with a slot that is free."""

from __future__ import annotations

import json
from pathlib import Path

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.model.worker import note_worker
from tests.cli.conftest import Invoke
from tests.conformance.scenes import add_one, card, claim


def test_a_worker_that_is_gone_is_listed_with_why(tmp_path: Path, invoke: Invoke) -> None:
    """Its process id is written without thousands, in a table as in JSON, and who is there is not listed."""
    url = f"sqlite:///{tmp_path / 'q.db'}"
    backend = open_native(url, BackendOptions(create=True))
    backend.jobs.register(card("w1", pid=14411))
    backend.jobs.register(card("w2", pid=14412))
    backend.jobs.retire("w1", note_worker(card("w1", pid=14411), "SIGTERM"))
    backend.close()
    table = invoke("workers", "--history", "--url", url).out
    assert ("14411" in table, "SIGTERM" in table, "14412" in table) == (True, True, False)
    (told,) = json.loads(invoke("workers", "--history", "--json", "--url", url).out)
    assert (told["pid"], told["end"], told["why"], told["queues"]) == (14411, "stopped", "SIGTERM", "default")
    assert json.loads(invoke("workers", "--history", "--since", "0s", "--json", "--url", url).out) == []
    assert "--since alone" in invoke("workers", "--history", "--silent", "--url", url).err


def test_free_workers_have_a_slot(tmp_path: Path, invoke: Invoke) -> None:
    """A worker all of whose slots are taken is left out."""
    url = f"sqlite:///{tmp_path / 'q.db'}"
    backend = open_native(url, BackendOptions(create=True))
    backend.jobs.register(card("w1", slots=1))
    backend.jobs.register(card("w2", slots=1))
    add_one(backend)
    claim(backend)
    backend.close()
    free = json.loads(invoke("workers", "--free", "--json", "--url", url).out)
    assert [one["id"] for one in free] == ["w2"]
