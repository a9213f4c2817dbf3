"""What a service manager hears of a worker, on a real socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from queuetui.engine.service_notice import ServiceNotice

HEARD_S = 5.0


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """A manager that listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(HEARD_S)
        yield listening


def heard(manager: socket.socket) -> str:
    """Return the next datagram."""
    return manager.recv(4096).decode()


def asked(manager: socket.socket, **more: str) -> dict[str, str]:
    """Return the environment of a service."""
    return {"NOTIFY_SOCKET": manager.getsockname(), **more}


def test_a_manager_hears_of_the_start_the_life_and_the_end(manager: socket.socket) -> None:
    """Ready once, alive twice as often as the watchdog would wait, stopping with the reason."""
    environment = asked(manager, WATCHDOG_USEC="10000000", WATCHDOG_PID=str(os.getpid()))
    notice = ServiceNotice.of_this_process(environment)
    assert environment == {}
    notice.ready()
    assert heard(manager) == f"READY=1\nMAINPID={os.getpid()}"
    for now_s in (0.0, 4.9, 5.0, 9.9):
        notice.beat(now_s)
    notice.stopping("SIGTERM")
    assert [heard(manager) for _ in range(3)] == ["WATCHDOG=1", "WATCHDOG=1", "STOPPING=1\nSTATUS=stopping: SIGTERM"]


@pytest.mark.parametrize(
    "more",
    [{}, {"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}],
)
def test_no_watchdog_hears_nothing(manager: socket.socket, more: dict[str, str]) -> None:
    """A watchdog that was not asked for, or is of another process, is told nothing."""
    notice = ServiceNotice.of_this_process(asked(manager, **more))
    notice.beat(0.0)
    notice.stopping("asked to")
    assert heard(manager).startswith("STOPPING=1")


def test_a_manager_that_is_gone_harms_nothing(tmp_path: Path) -> None:
    """A socket that is not there is told of once in the log, and the worker goes on."""
    notice = ServiceNotice(str(tmp_path / "absent"), 1.0)
    notice.ready()
    notice.beat(9.0)


def test_an_abstract_address_is_reached() -> None:
    """An address that begins with @ lies in the abstract namespace."""
    name = f"queuetui-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + name)
        listening.settimeout(HEARD_S)
        ServiceNotice.of_this_process({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert heard(listening).startswith("READY=1")
