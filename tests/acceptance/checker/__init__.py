"""A standalone judge of runs: `python -m tests.acceptance.checker FOLDER` reads what a run left there and exits 1 if a promise was broken.

The folder holds

- `setup.json`: one `Setup`, what was run and under which settings;
- `*.events`: `Event`s as JSON, one a line, in any number of files; a line is one append, so processes may share a file;
- `dump.json`: one `Dump`, what the store holds in the end, read through the Inspector by `write_dump`.

Every event has `boot_ns`, a clock that all processes of a host share and no change of the date moves, and `wall_ns`, the host's date.
A client's call has two events with the same `call`: `invoke`, and `ok`, `fail` (it did nothing) or `unknown` (it may have). What the
recorder writes has `since_ns`, when the call was asked, and `boot_ns`, when it was answered. `worker` is the pid of the worker process
where that is not the process that writes (0: it is). Times that are compared are chosen so that doubt speaks for the program.

client
: `enqueue`: phase, call, job_id, digest, queue, key, due_us (the date before which it may not start), group; `ok` has the outcome
  `created` or `duplicate`, and the holder. `business`: job_id, phase `ok` where the row written in the job's transaction is there in the
  end, `fail` where it is not. `slot`: key (schedule and slot), job_id.

handler
: `start`, and `end`, `fail`, `snooze` or `stopped`, which end the run: job_id, fence, worker, digest, attempt. `effect`: job_id, fence,
  outcome `applied` or `refused` by an outside system that goes by the fence.

recorder
: `open`, `renew`: lease_id, queue, lease_s, outcome `valid`, `over`, `unknown`. `claim`: lease_id, queue, job_id, fence. `settling` before
  a step: lease_id, call; `settle` after it for each run: call, lease_id, job_id, fence, outcome (its ending, `stale`, `unknown`).
  `closing` and `close`: lease_id, call. `sweep`: job_id, outcome `released` or `failed`.

operator
: `act`: call (the act's id), verb, job_id or queue, phase, outcome `done`, `skipped`, `unknown`; before and after: states. An `ok` of
  neither job nor queue says by its count how many jobs the act changed.

witness
: `durable`: job_id, flushed by then; only where the setup says `traced`. `view`: count of writes in a session that only reads, detail:
  the strongest lock seen.

campaign
: `killed`, once the process is seen dead, its children too, `frozen`, `woken`: pid. `fault`: fault (crash, network, restart, pause, disk,
  clock, load, stop), phase `begin` or `end` (none: a moment), pid (0: it was done to the store or to all), detail (pairs begin and end).
"""

from __future__ import annotations

from tests.acceptance.checker.check import check
from tests.acceptance.checker.dump import write_dump
from tests.acceptance.checker.events import Event, Sink, read_events
from tests.acceptance.checker.history import History, load
from tests.acceptance.checker.records import Dump, Figures, KeptAttempt, Setup, StoredJob
from tests.acceptance.checker.report import Report, Violation

__all__ = [
    "Dump",
    "Event",
    "Figures",
    "History",
    "KeptAttempt",
    "Report",
    "Setup",
    "Sink",
    "StoredJob",
    "Violation",
    "check",
    "load",
    "read_events",
    "write_dump",
]
