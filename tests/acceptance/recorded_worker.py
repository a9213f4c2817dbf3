"""A worker whose dealings with its store are recorded: `python -m tests.acceptance.recorded_worker [worker's own flags]`."""

from __future__ import annotations

import os
import sys
from typing import cast

from queuetui.backends import registry
from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions, JobStore
from queuetui.cli.main import main
from tests.acceptance.checker.events import SINK_VARIABLE, Sink
from tests.acceptance.recorder import Recorder, watch_pulse
from tests.acceptance.workload import WORKER_VARIABLE

LEASE_FLAG, DEFAULT_LEASE_S = "--lease", 30.0


def record_worker() -> None:
    """Put a recorder between the worker and the store it opens."""
    sink = Sink(os.environ[SINK_VARIABLE])
    os.environ[WORKER_VARIABLE] = str(os.getpid())
    words = sys.argv[1:]
    lease_s = float(words[words.index(LEASE_FLAG) + 1]) if LEASE_FLAG in words else DEFAULT_LEASE_S
    watch_pulse(sink, lease_s)
    open_native = registry.open_native

    def open_recorded(url: str, options: BackendOptions) -> NativeBackend:
        backend = open_native(url, options)
        backend.jobs = cast("JobStore", Recorder(backend.jobs, sink))
        return backend

    registry.open_native = open_recorded


if __name__ == "__main__":
    record_worker()
    sys.argv[1:] = ["worker", *sys.argv[1:]]
    main()
