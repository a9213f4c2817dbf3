"""The ringing of the workers of an SQLite file: who listens hears, whatever others do not."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing
from pathlib import Path
from queue import SimpleQueue

from queuetui.backends.native.sql.sqlite.doorbell import Ringer, open_doorbell

FROZEN = 60
HEARD_AT_MOST = 12


def test_frozen_workers_keep_nobody_from_hearing(tmp_path: Path) -> None:
    """What dozens of workers leave unheard fills a socket; who listens hears every ring all the same."""
    with ExitStack() as stack:
        paths = [str(tmp_path / str(number)) for number in range(FROZEN + 1)]
        ears = [stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) for _ in paths]
        for ear, path in zip(ears, paths, strict=True):
            ear.bind(path)
        ears[-1].setblocking(False)
        ringer = stack.enter_context(closing(Ringer()))
        for number in range(HEARD_AT_MOST):
            ringer.ring(paths, [f"{number:04000}"])
            assert int(ears[-1].recv(4096)) == number


def test_a_ringer_passes_over_who_is_gone(tmp_path: Path) -> None:
    """A socket that nobody listens to, and one that is no more, are passed over."""
    with closing(Ringer()) as ringer, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        path = tmp_path / "ear"
        ear.bind(str(path))
        ringer.ring([str(tmp_path / "gone"), str(path)], ["one", "two"])
        assert [ear.recv(99), ear.recv(99)] == [b"one", b"two"]


def test_a_worker_listens_whatever_time_its_application_gives_to_new_sockets() -> None:
    """`socket.setdefaulttimeout`, which clients of web services call, ends no wait for news."""
    heard = SimpleQueue[str]()
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(0.000_001)
    try:
        bell = open_doorbell(heard.put)
    finally:
        socket.setdefaulttimeout(before)
    assert bell is not None
    with closing(bell), closing(Ringer()) as ringer:
        for name in ("one", "two", "three"):
            ringer.ring([bell.address], [name])
            assert heard.get(timeout=10) == name
