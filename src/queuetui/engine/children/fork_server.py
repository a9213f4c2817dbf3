"""The process that forks children: it loads the application, and kills runs whose leases expire.

It is small and runs no handler, so that it goes on when the worker or a child hangs. It dies with the worker, and every child
dies with it.
"""

from __future__ import annotations

import importlib
import logging
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType

from queuetui.backends.embedded import choose_default_url
from queuetui.engine.allowed import AllowRule
from queuetui.engine.children.child_memory import ChildMemory
from queuetui.engine.children.child_spec import ChildSpec
from queuetui.engine.children.messages import (
    Boot,
    Booted,
    ChildStarted,
    Died,
    StartChild,
    decode_boot,
    decode_for_fork_server,
    encode,
)
from queuetui.engine.children.pipes import READ_BYTES, ChildEnd, Frames
from queuetui.engine.children.process_end import die_with_parent, signal_group
from queuetui.engine.clock import steady_s
from queuetui.engine.handler_forks import catch
from queuetui.engine.logs import WORKER_LOGGER
from queuetui.engine.signals import STOP_SIGNALS
from queuetui.engine.tasks import Tasks
from queuetui.model.declaration import declared_schedules
from queuetui.model.errors import BadConfig, NotFound

GUARD_EVERY_S = 0.25
_FILES_A_REQUEST = 2


def main(pipe: int, parent: int) -> None:
    """Load the application, then start children until the worker is gone."""
    for number in STOP_SIGNALS:
        catch(number, pass_over)
    die_with_parent(parent)
    end = ChildEnd(socket.socket(fileno=pipe))
    frames = end.receive()
    if not frames:
        return
    boot = decode_boot(frames[0])
    spec, answer = _load(boot)
    end.send(encode([answer]))
    if spec is not None:
        ForkServer(end, spec).run()


def pass_over(_number: int, _frame: FrameType | None) -> None:
    """Ignore a signal: a service manager's TERM reaches all processes, and the worker stops gracefully."""


def _load(boot: Boot) -> tuple[ChildSpec | None, Booted]:
    sys.path[:] = boot.path
    importlib.invalidate_caches()
    logging.getLogger().setLevel(boot.root_level)
    WORKER_LOGGER.setLevel(boot.worker_level)
    choose_default_url(boot.url)
    try:
        tasks = Tasks(boot.app, AllowRule(boot.allow, Path(boot.root), commands=boot.allow_command))
        schedules = tuple(one.to_text() for one in declared_schedules())
        return ChildSpec(boot, tasks), Booted(schedules=schedules, types=tasks.types())
    except NotFound as error:
        return None, Booted(str(error), not_found=True)
    except BadConfig as error:
        return None, Booted(str(error))
    except BaseException as error:  # noqa: BLE001 - an application may raise anything on import; the worker reports it
        return None, Booted(f"--app {boot.app!r} does not load: {type(error).__name__}: {error}")


class ForkServer:
    """Forks children on request, reaps them, and kills those whose leases are no longer renewed."""

    def __init__(self, end: ChildEnd, spec: ChildSpec) -> None:
        self._end = end
        self._spec = spec
        self._pages: dict[int, tuple[int, ChildMemory]] = {}
        self._bell, self._ring = socket.socketpair()
        self._ring.setblocking(False)
        self._bell.setblocking(False)
        self._frames = Frames()

    def run(self) -> None:
        """Work until the worker is gone."""
        signal.set_wakeup_fd(self._ring.fileno(), warn_on_full_buffer=False)
        catch(signal.SIGCHLD, pass_over)
        while True:
            ready, _, _ = select.select([self._end.pipe, self._bell], [], [], GUARD_EVERY_S if self._pages else None)
            if self._bell in ready:
                self._bell.recv(READ_BYTES)
            self._reap()
            self._guard()
            if self._end.pipe in ready:
                orders = list(self._receive())
                if not orders:
                    return
                for order, pipe, page in orders:
                    self._start_child(order, pipe, page)

    def _receive(self) -> Iterator[tuple[StartChild, int, int]]:
        """Yield the requests of one message, each with its file descriptors."""
        read, files, _, _ = socket.recv_fds(self._end.pipe, READ_BYTES, _FILES_A_REQUEST)
        for frame in self._frames.feed(read):
            for order in decode_for_fork_server(frame):
                yield order, files[0], files[1]

    def _start_child(self, order: StartChild, pipe: int, page: int) -> None:
        fork_server = os.getpid()
        # The child has no signal handlers until it has set its own.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        pid = os.fork()
        if pid == 0:
            self._become_child(fork_server, pipe, page)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        os.close(pipe)
        self._pages[pid] = (order.child, ChildMemory(page))
        self._tell(ChildStarted(order.child, pid))

    def _become_child(self, fork_server: int, pipe: int, page: int) -> None:
        """Live as a child and never return."""
        code = 1
        try:
            os.setsid()
            for number in STOP_SIGNALS:
                catch(number, pass_over)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
            for closed in (self._end.pipe, self._bell, self._ring):
                closed.close()
            die_with_parent(fork_server)
            from queuetui.engine.children.child import live

            live(self._spec, socket.socket(fileno=pipe), ChildMemory(page))
            code = 0
        finally:
            # Not the interpreter's normal exit: the application's exit handlers belong to the fork server, not to this child.
            for stream in (sys.stdout, sys.stderr):
                # A handler may have closed or replaced it.
                with suppress(BaseException):
                    stream.flush()
            os._exit(code)

    def _reap(self) -> None:
        while self._pages:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None:
                return
            # Processes that a handler left behind are killed with its child, before its process id can be reused.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(found.si_pid, signal.SIGKILL)
            _, status = os.waitpid(found.si_pid, 0)
            if found.si_pid in self._pages:
                child, page = self._pages.pop(found.si_pid)
                page.close()
                self._tell(Died(child, os.waitstatus_to_exitcode(status)))

    def _guard(self) -> None:
        now_s = steady_s()
        for pid, (_, page) in self._pages.items():
            if page.outlives_trust(now_s):
                signal_group(pid, signal.SIGKILL)

    def _tell(self, told: ChildStarted | Died) -> None:
        try:
            self._end.send(encode([told]))
        except OSError:
            # The worker is gone, and the system ends this process with it.
            return
