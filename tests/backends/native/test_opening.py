"""Opening and finding a queue: what is made, what is refused, and what the refusal says."""

from __future__ import annotations

import sqlite3
import stat
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover
from queuetui.backends.discover import open_backend as open_any
from queuetui.backends.native.sql.backend import open_backend
from queuetui.backends.native.sql.schema import upgrade
from queuetui.backends.sql.sqlite_address import file_of
from queuetui.model.errors import BadConfig, Denied, NotFound, Unreachable, Unsupported
from queuetui.model.job import NewJob
from tests.servers.process import free_port

CREATE = BackendOptions(create=True)
PASSWORD = "hunter2-secret"


class Mount(NamedTuple):
    """What psutil says of a mount."""

    mountpoint: str
    fstype: str


def test_reading_an_absent_file_makes_nothing(tmp_path: Path) -> None:
    """An absent file is said to be absent, by opening and by discovering, and is not made."""
    path = tmp_path / "deep" / "queue.db"
    for ask in (open_backend, discover):
        with pytest.raises(NotFound, match="no SQLite file"):
            ask(f"sqlite:///{path}", BackendOptions())
    assert not path.parent.exists()


def test_the_embedded_file_is_its_owners(tmp_path: Path) -> None:
    """The folder, the file and its log are made readable by their owner only, in write-ahead mode with large pages."""
    path = tmp_path / "deep" / "queue.db"
    backend = open_backend(f"sqlite:///{path}", CREATE)
    log = path.with_name("queue.db-wal")
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (path.parent, path, log)]
    assert modes == [0o700, 0o600, 0o600]
    backend.close()
    with sqlite3.connect(path) as connection:
        pragmas = [
            connection.execute(f"pragma {name}").fetchone()[0] for name in ("journal_mode", "page_size", "auto_vacuum")
        ]
    connection.close()
    assert pragmas == ["wal", 4096, 2]


def test_a_relative_file_is_below_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three slashes name a relative file, four an absolute one, for the worker's side and the console's alike."""
    monkeypatch.chdir(tmp_path)
    backend = open_backend("sqlite:///queue.db", CREATE)
    assert backend.inspector.capabilities.native
    backend.close()
    assert (tmp_path / "queue.db").is_file()
    assert file_of("sqlite:////var/q.db") == Path("/var/q.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://host/file.db"])
def test_an_url_without_a_file_is_refused(url: str) -> None:
    """An SQLite URL that names no file is refused with the forms that do."""
    with pytest.raises(Unsupported, match="sqlite:///FILE"):
        open_backend(url, CREATE)


def test_a_file_that_is_no_database_is_named_so(tmp_path: Path) -> None:
    """Some other file is not taken for a queue and stays as it was."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to have a header of its own" * 20)
    for options in (BackendOptions(), CREATE):
        with pytest.raises(NotFound):
            open_backend(f"sqlite:///{path}", options)
    assert path.read_text().startswith("not a database")


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite on a mount whose locks other hosts do not see is refused before a file is made."""
    import psutil

    mounts = [Mount("/", "ext4"), Mount(str(tmp_path), "nfs4")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: mounts)
    with pytest.raises(Unsupported, match="network file system"):
        open_backend(f"sqlite:///{tmp_path / 'queue.db'}", CREATE)
    assert not (tmp_path / "queue.db").exists()


def test_a_queue_is_found(url: str) -> None:
    """Discovering tells our own queue with its jobs, and the registry opens it without being told what it is."""
    backend = open_backend(url, CREATE)
    backend.jobs.enqueue([NewJob("0190a5f0-0000-7000-8000-000000000001", "T", b"{}")])
    backend.close()
    (found,) = discover(url, BackendOptions())
    assert (found.kind, found.jobs and found.jobs.value) == ("native", 1)
    opened = open_any(url, BackendOptions())
    assert opened.inspector.capabilities.native
    opened.close()


def test_an_empty_database_has_no_queue(postgres_url: str) -> None:
    """A database with none of our tables is no queue of ours."""
    assert discover(postgres_url, BackendOptions()) == ()


def test_a_server_that_is_not_there_is_unreachable() -> None:
    """A refused connection is told in one line without the password."""
    url = f"postgresql://shop:{PASSWORD}@127.0.0.1:{free_port()}/shop"
    with pytest.raises(Unreachable) as raised:
        open_backend(url, CREATE)
    assert PASSWORD not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_unknown_user_is_denied_or_absent(postgres_url: str) -> None:
    """A role or database that the server does not know is told as that, without the password."""
    wrong = postgres_url.replace("postgres@", f"nobody_here:{PASSWORD}@")
    with pytest.raises((Denied, NotFound)) as raised:
        open_backend(wrong, CREATE)
    assert PASSWORD not in str(raised.value)
    with pytest.raises(NotFound):
        open_backend(f"{postgres_url}_that_is_not_there", CREATE)


@pytest.mark.parametrize("tail", ["@127.0.0.1:notaport/x", "@127.0.0.1/x?nonsense=1", "@more@127.0.0.1/x"])
def test_a_broken_url_does_not_show_its_password(tail: str) -> None:
    """A URL that cannot be read is refused without quoting it."""
    with pytest.raises(BadConfig) as raised:
        open_backend(f"postgresql://shop:{PASSWORD}{tail}", CREATE)
    assert PASSWORD not in str(raised.value)
    assert "more" not in str(raised.value)


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg the message names what to install."""
    monkeypatch.delitem(sys.modules, "queuetui.backends.sql.postgresql_sessions", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Unsupported, match=r"psycopg\[binary\]"):
        open_backend("postgresql://127.0.0.1/shop", CREATE)


def test_the_other_scheme_name_opens_too(postgres_url: str) -> None:
    """Both names of the scheme lead to the same database."""
    backend = open_backend(postgres_url.replace("postgresql://", "postgres://"), CREATE)
    assert backend.schema.version() == upgrade.list_migrations("postgresql")[-1].number
    assert backend.inspector.capabilities.native
    backend.close()
