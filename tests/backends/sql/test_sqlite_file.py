"""A file of SQLite that is removed, and made anew, under a worker and a console."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend
from queuetui.backends.registry import NATIVE, open_native
from queuetui.backends.sql import sqlite_file
from queuetui.backends.sql.sqlite_address import file_of
from queuetui.backends.sql.sqlite_file import open_file
from queuetui.model.act import Verb
from queuetui.model.errors import Conflict, Denied, Unreachable
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.conformance.scenes import act_on, add_one, select, state_of
from tests.engine.working import WorkerThread, declare_handler
from tests.servers.identity import identity_for
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
    for ask_it in (lambda: add_one(backend), lambda: backend.jobs.queues_ready(None), lambda: select(backend)):
        try:
            ask_it()
        except Unreachable as error:
            answers.append(str(error))
    return answers


def test_a_removed_file_is_told_and_nothing_is_stored_in_it(sqlite_url: str) -> None:
    """Writes and reads say that the file is gone, or is no file; none makes an empty one, and an empty one is no queue."""
    backend = open_native(sqlite_url, CREATE)
    add_one(backend)
    backend.inspector.snapshot(Watch())
    remove(sqlite_url)
    told = ask(backend)
    assert len(told) == 3
    assert all("is not there any more" in str(one) for one in told)
    assert not file_of(sqlite_url).exists()
    # Whoever opens it waits for somebody to write to it.
    os.mkfifo(file_of(sqlite_url))
    told = ask(backend)
    assert len(told) == 3
    assert all("is no file any more" in str(one) for one in told)
    with pytest.raises(Unreachable, match="something else of that name"):
        open_native(sqlite_url, CREATE)
    Path(file_of(sqlite_url)).unlink()
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
    wait_until(lambda: backend.inspector.snapshot(Watch()).workers)
    remove(sqlite_url)
    wait_until(lambda: "store_lost" in caplog.text)
    anew = open_native(sqlite_url, CREATE)
    job_id = add_one(anew, type=declare_handler(lambda: None))
    wait_until(lambda: state_of(anew, job_id) is State.COMPLETED)
    assert [job.ref.id for job in select(viewer)] == [job_id]
    wait_until(lambda: [one.id.raw for one in anew.inspector.snapshot(Watch()).workers] == [worker.worker.id])
    worker.stop()
    for one in (backend, viewer, anew):
        one.close()


def test_looking_at_a_file_takes_no_lock_from_who_has_it_open(sqlite_url: str) -> None:
    """A file that this process has open is looked at without giving up its locks: another one that closes it leaves the log there."""
    path = Path(file_of(sqlite_url))
    backend = open_native(sqlite_url, CREATE)
    add_one(backend)
    open_file(path, "ro").close()
    writes = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('update queuetui_job set priority = 7'); c.commit(); c.close()"
    subprocess.run([sys.executable, "-c", writes], check=True)
    assert path.with_name(f"{path.name}-wal").exists()
    assert [job.priority for job in select(backend)] == [7]
    backend.close()


def as_somebody_else(file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run queuetui as a user who may read a file and not write to its folder."""
    identity = identity_for(Path(sys.executable))
    assert identity is not None
    file.parent.chmod(0o555)
    try:
        return identity.run([sys.executable, "-m", "queuetui", *words], file.parent)
    finally:
        file.parent.chmod(0o755)


def test_a_file_in_a_folder_that_cannot_be_written_is_looked_at(sqlite_url: str) -> None:
    """With its log empty it is read as it stands, and nothing is left beside it."""
    backend = open_native(sqlite_url, CREATE)
    add_one(backend)
    backend.close()
    file = file_of(sqlite_url)
    before = file.read_bytes()
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name]
    answer = as_somebody_else(file, "jobs", "--url", sqlite_url, "--json")
    assert (answer.returncode, len(json.loads(answer.stdout))) == (0, 1), answer.stderr
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name]


def test_a_reader_leaves_nothing_beside_an_idle_file(sqlite_url: str) -> None:
    """While nobody has the file open it is read as it stands; what a writer does then is seen at the next look."""
    backend = open_native(sqlite_url, CREATE)
    add_one(backend)
    backend.close()
    file = file_of(sqlite_url)
    before = file.read_bytes()
    viewer = open_native(sqlite_url, BackendOptions(name="v", kind=NATIVE))
    assert len(select(viewer)) == 1
    assert viewer.jobs.queues_ready(None)
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert file.read_bytes() == before
    writer = open_native(sqlite_url, CREATE)
    add_one(writer)
    assert len(select(viewer)) == 2
    viewer.close()
    writer.close()
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_file_that_is_written_while_it_is_read_as_it_stands_is_told(sqlite_url: str) -> None:
    """What was read may be parts of two pictures: the look fails in words, and the next one is right."""
    backend = open_native(sqlite_url, CREATE)
    backend.close()
    viewer = open_native(sqlite_url, BackendOptions(name="v", kind=NATIVE))
    assert isinstance(viewer, SqlBackend)

    def write_meanwhile() -> None:
        with viewer.database.reading("looking") as connection:
            connection.exec_driver_sql("select 1")
            writer = open_native(sqlite_url, CREATE)
            add_one(writer)
            writer.close()

    with pytest.raises(Conflict, match="look again"):
        write_meanwhile()
    assert len(select(viewer)) == 1
    viewer.close()


def test_a_log_that_cannot_be_shared_is_read_from_a_copy(sqlite_url: str, tmp_path: Path) -> None:
    """What the log holds is seen, the copy goes with the connection, and another one is made when the file changes."""
    backend = open_native(sqlite_url, CREATE)
    add_one(backend)
    frozen = tmp_path / "frozen"
    frozen.mkdir()
    for name in ("queue.db", "queue.db-wal"):
        (frozen / name).write_bytes((tmp_path / name).read_bytes())
    connection = sqlite_file._open_frozen(frozen / "queue.db")
    assert connection.folder is not None
    assert connection.execute("select count(*) from queuetui_job").fetchone() == (1,)
    assert connection.is_at(frozen / "queue.db")
    (frozen / "queue.db-wal").write_bytes(b"")
    assert not connection.is_at(frozen / "queue.db")
    connection.close()
    assert not connection.folder.exists()
    backend.close()


def test_a_url_that_says_read_only_lets_nothing_be_written(sqlite_url: str) -> None:
    """Reading works; enqueueing, working and acting are refused with what to take out of the URL."""
    backend = open_native(sqlite_url, CREATE)
    job_id = add_one(backend)
    viewer = open_native(f"{sqlite_url}?mode=ro", BackendOptions(name="v", kind=NATIVE))
    assert [job.ref.id for job in select(viewer)] == [job_id]
    with pytest.raises(Denied, match="mode=ro"):
        add_one(viewer)
    with pytest.raises(Denied, match="mode=ro"):
        act_on(viewer, Verb.CANCEL, job_id)
    for one in (backend, viewer):
        one.close()


def take_away(*names: str) -> Callable[[Path], None]:
    """Return what removes files beside a file."""

    def remove_them(file: Path) -> None:
        for name in names:
            file.with_name(file.name + name).unlink()

    return remove_them


def move_and_link(file: Path) -> None:
    """Move a file into another folder and leave a link to it."""
    there = file.with_name("elsewhere") / file.name
    there.parent.mkdir()
    file.rename(there)
    file.symlink_to(there)


@pytest.mark.parametrize("harm", [take_away("-wal"), take_away("-shm"), take_away("-wal", "-shm"), move_and_link])
def test_a_log_that_is_taken_away_loses_nothing(sqlite_url: str, harm: Callable[[Path], None]) -> None:
    """It is told at the next use, by whom it may be; then all goes on with all jobs, which others see, too."""
    backend, viewer = open_native(sqlite_url, CREATE), open_native(sqlite_url, BackendOptions(name="v", kind=NATIVE))
    jobs = {add_one(backend)}
    assert len(select(viewer)) == len(select(backend)) == 1
    harm(file_of(sqlite_url))
    with pytest.raises(Unreachable, match="opened anew"):
        select(viewer)
    assert [one for one in ask(backend) if "opened anew" not in str(one)] == []
    assert {job.ref.id for job in select(viewer)} > jobs
    for one in (backend, viewer):
        one.close()
    with closing(sqlite3.connect(file_of(sqlite_url))) as file:
        assert file.execute("pragma integrity_check").fetchone() == ("ok",)
        assert file.execute("select count(*) from queuetui_job").fetchone()[0] >= 2


def test_a_log_that_others_have_begun_is_left_to_them(sqlite_url: str) -> None:
    """What another program wrote into a new log is kept, and that jobs may be missing is told."""
    open_native(sqlite_url, CREATE).close()
    backend = open_native(sqlite_url, CREATE)
    path = file_of(sqlite_url)
    add_one(backend)
    take_away("-wal", "-shm")(path)
    writes = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('create table theirs (x)'); c.commit(); c.close()"
    subprocess.run([sys.executable, "-c", writes], check=True)
    with pytest.raises(Unreachable, match="may be missing"):
        add_one(backend)
    add_one(backend)
    backend.close()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("select count(*) from theirs").fetchone() == (0,)
        assert file.execute("select count(*) from queuetui_job").fetchone() == (1,)


@pytest.mark.parametrize(("lives", "told"), [(True, "opened anew, try again"), (False, "may be missing")])
def test_a_viewer_alone_tells_of_a_log_that_nobody_saves(sqlite_url: str, lives: bool, told: str) -> None:
    """Who only reads cannot save what the log held: whoever wrote it does, unless that one is gone."""
    open_native(sqlite_url, CREATE).close()
    path = file_of(sqlite_url)
    writes = f"import sqlite3, sys; c = sqlite3.connect({str(path)!r}); c.execute('create table t (x)'); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", writes], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        viewer = open_native(sqlite_url, BackendOptions(name="v", kind=NATIVE))
        assert select(viewer) == []
        take_away("-wal", "-shm")(path)
        if not lives:
            writer.kill()
            writer.wait()
        with pytest.raises(Unreachable, match=told):
            select(viewer)
        writer.kill()
    viewer.close()


def test_a_file_put_in_place_of_another_is_parted_from_its_log(sqlite_url: str, tmp_path: Path) -> None:
    """The log goes into the file that it belongs to, wherever that is now, and not into the one in its place."""
    path, old, copy = file_of(sqlite_url), tmp_path / "old.db", tmp_path / "copy.db"
    open_native(sqlite_url, CREATE).close()
    copy.write_bytes(path.read_bytes())
    backend = open_native(sqlite_url, CREATE)
    add_one(backend)
    path.rename(old)
    copy.rename(path)
    with pytest.raises(Unreachable, match="the new one is opened"):
        add_one(backend)
    job_id = add_one(backend)
    assert [job.ref.id for job in select(backend)] == [job_id]
    backend.close()
    with closing(sqlite3.connect(old)) as file:
        assert file.execute("select count(*) from queuetui_job").fetchone() == (1,)


def test_a_path_that_begins_with_two_slashes_is_that_path(sqlite_url: str) -> None:
    """What a shell or a program joined with one slash too many is no host of a URI."""
    open_native(sqlite_url, CREATE).close()
    backend = open_native(sqlite_url.replace("sqlite:///", "sqlite:////"), CREATE)
    assert add_one(backend)
    backend.close()
