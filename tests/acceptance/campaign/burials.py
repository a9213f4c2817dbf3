"""Reads the events of a case as they come, and sees every process that runs handlers die."""

from __future__ import annotations

import os
import selectors
import threading
from collections import defaultdict
from pathlib import Path

import msgspec

from tests.acceptance.checker import Event, Sink

LOOK_EVERY_S = 0.02


class Reading:
    """The events so far; only what is new is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._events: dict[str, list[Event]] = defaultdict(list)
        self._lock = threading.Lock()
        self._decode = msgspec.json.Decoder(Event).decode

    def of(self, kind: str) -> list[Event]:
        """Return the events of a kind."""
        with self._lock:
            self._read_on()
            return list(self._events[kind])

    def _read_on(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                event = self._decode(line)
                self._events[event.kind].append(event)


class Burials:
    """One thread that writes down the death of each child, within a moment of it."""

    def __init__(self, reading: Reading, sink: Sink) -> None:
        self._reading = reading
        self._sink = sink
        self._known: set[int] = set()
        self._buried: set[int] = set()
        self._over = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._run, name="campaign-burials", daemon=True)
        self._thread.start()

    def saw(self, pid: int) -> bool:
        """Tell whether a child's death is written down."""
        return pid in self._buried

    def bury(self, pid: int) -> None:
        """Write down a death that is certain already."""
        self._buried.add(pid)
        self._sink.write("killed", pid=pid)

    def close(self) -> None:
        """Watch no more."""
        self._over.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            os.close(key.fd)
        self._selector.close()

    def _run(self) -> None:
        while not self._over.is_set():
            for event in self._reading.of("child"):
                if event.pid not in self._known:
                    self._meet(event.pid)
            for key, _ in self._selector.select(LOOK_EVERY_S):
                self._selector.unregister(key.fd)
                os.close(key.fd)
                self._end(key.data)
            if not self._selector.get_map():
                self._over.wait(LOOK_EVERY_S)

    def _meet(self, pid: int) -> None:
        self._known.add(pid)
        try:
            self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
        except ProcessLookupError:
            self._end(pid)

    def _end(self, pid: int) -> None:
        if pid not in self._buried:
            self.bury(pid)
