"""A file of SQLite that is removed, and made anew, under a worker and a console."""

from __future__ import annotations

from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions, NativeBackend
from queuetui.backends.registry import NATIVE, open_native
from queuetui.backends.sql.sqlite_address import file_of
from queuetui.model.errors import Unreachable
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.conformance.scenes import add_one, select, state_of
from tests.engine.working import WorkerThread, declare_handler
from tests.waiting import wait_until

CREATE = BackendOptions(name="shop", kind=NATIVE, create=True)


def remove(url: str) -> None:
    """Remove the file with all that lies beside it."""
    file = file_of(url)
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()


def ask(backend: NativeBackend) -> list[object]:
    """Write, read as a worker and read as a console; return what each raised."""
    answers: list[object] = []
    for ask_it in (lambda: add_one(backend), lambda: backend.queues_ready(None), lambda: select(backend)):
        try:
            ask_it()
        except Unreachable as error:
            answers.append(str(error))
    return answers


def test_a_removed_file_is_told_and_nothing_is_stored_in_it(sqlite_url: str) -> None:
    """Writes and reads say that the file is gone; none makes an empty one, and an empty one is no queue."""
    backend = open_native(sqlite_url, CREATE)
    add_one(backend)
    backend.snapshot(Watch())
    remove(sqlite_url)
    told = ask(backend)
    assert len(told) == 3
    assert all("is not there any more" in str(one) for one in told)
    assert not file_of(sqlite_url).exists()
    Path(file_of(sqlite_url)).touch()
    with pytest.raises(Unreachable, match="made anew and holds no queue"):
        add_one(backend)
    backend.close()


def test_a_file_made_anew_is_taken_up(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A worker says that the file is gone, and works in the new one when it is there; a console shows the new one."""
    caplog.set_level("INFO")
    backend, viewer = open_native(sqlite_url, CREATE), open_native(sqlite_url, BackendOptions(name="v", kind=NATIVE))
    add_one(backend, queue="nobody")
    assert len(select(viewer)) == 1
    worker = WorkerThread(backend, queues=("default",), lease_s=3.0)
    wait_until(lambda: backend.snapshot(Watch()).workers)
    remove(sqlite_url)
    wait_until(lambda: "store_lost" in caplog.text)
    anew = open_native(sqlite_url, CREATE)
    job_id = add_one(anew, type=declare_handler(lambda: None))
    wait_until(lambda: state_of(anew, job_id) is State.COMPLETED)
    assert [job.ref.id for job in select(viewer)] == [job_id]
    wait_until(lambda: [one.id.raw for one in anew.snapshot(Watch()).workers] == [worker.worker.id])
    worker.stop()
    for one in (backend, viewer, anew):
        one.close()
