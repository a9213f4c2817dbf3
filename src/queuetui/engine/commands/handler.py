"""The handler of command jobs: a run is one command, whose output and exit become its ending."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from queuetui.engine.commands.group import CommandGroup
from queuetui.engine.commands.tail import Tail
from queuetui.engine.context import CancelCause, Context
from queuetui.engine.meters import BYTES_PER_KB
from queuetui.engine.outcome import RefusedHandler, ReportedFailure
from queuetui.model.command import OUTPUT_CAP_BYTES
from queuetui.model.errors import BadPayload

if TYPE_CHECKING:
    from collections.abc import Callable

OUTPUT_WITHIN_S = 1.0
LAST_LINE_CAP_CHARS = 300


def refuse_command(_payload: object, _context: Context) -> object:
    """Refuse a command on a worker that may not run commands; raises RefusedHandler."""
    message = "this worker runs no commands: start one with --allow-command, then retry the job"
    raise RefusedHandler(message)


def run_command(payload: object, context: Context) -> dict[str, Any]:
    """Run a command to its end and return its exit code and the end of its output.

    Raises ReportedFailure unless the exit code is 0.
    """
    group = CommandGroup(read_command(payload), _environment(context))
    try:
        tails = {name: Tail(pipe, OUTPUT_CAP_BYTES) for name, pipe in group.outputs.items()}
        context.on_cancel(_ender(group, context))
        status = group.wait()
        for tail in tails.values():
            tail.end(OUTPUT_WITHIN_S)
        _note_use(group, context)
    finally:
        # Also when a signal ends the run in this process.
        group.close()
    if context.cancel_cause is CancelCause.TIMEOUT:
        message = "the command was longer than its time limit and was killed with all it started"
        raise ReportedFailure("Timeout", message, _account(message, tails))
    if status != 0:
        context.raise_if_cancelled()
        message = _describe(status, tails)
        raise ReportedFailure("CommandFailed", message, _account(message, tails))
    cut = {f"{name}_cut_bytes": tail.cut_bytes for name, tail in tails.items() if tail.cut_bytes}
    return {"exit_code": status, **{name: tail.text() for name, tail in tails.items()}, **cut}


def _note_use(group: CommandGroup, context: Context) -> None:
    """Note the resource usage of a command, which the system reports anyway."""
    if (used := group.used) is not None:
        unit = 1 if sys.platform == "darwin" else BYTES_PER_KB
        context.noted().measure(used.ru_utime + used.ru_stime, used.ru_maxrss * unit)


def read_command(payload: object) -> str:
    """Return the command of a payload; raises BadPayload."""
    command = payload.get("command") if isinstance(payload, Mapping) else None
    if not isinstance(command, str) or not command.strip() or "\0" in command:
        raise BadPayload('the payload names no command; it should be {"command": "..."}: enqueue it with --command')
    return command


def _environment(context: Context) -> dict[str, str]:
    return {
        **os.environ,
        "QUEUETUI_JOB_ID": context.job.id,
        "QUEUETUI_ATTEMPT": str(context.attempt),
        "QUEUETUI_CORRELATION_ID": context.correlation_id.replace("\0", ""),
    }


def _ender(group: CommandGroup, context: Context) -> Callable[[], object]:
    """Return a function to end the command: by KILL if its lease is lost or the worker stops, else TERM."""

    def end() -> None:
        if context.cancel_cause in {CancelCause.LEASE_LOST, CancelCause.SHUTDOWN}:
            group.kill()
        else:
            group.terminate()

    return end


def _describe(status: int, tails: Mapping[str, Tail]) -> str:
    """Return one line on how a command ended, with its last line of output."""
    if status < 0:
        names = {one.value: one.name for one in signal.Signals}
        said = f"the command was killed by {names.get(-status, f'signal {-status}')}"
    else:
        said = f"the command ended with exit code {status}"
    for name in ("stderr", "stdout"):
        if lines := tails[name].text()[-4 * LAST_LINE_CAP_CHARS :].split("\n"):
            last = next((line.strip() for line in reversed(lines) if line.strip()), "")
            if last:
                return f"{said}: {last[-LAST_LINE_CAP_CHARS:]}"
    return said


def _account(message: str, tails: Mapping[str, Tail]) -> str:
    """Return the kept output of a failed command, for people to read."""
    parts = [message]
    for name, tail in tails.items():
        text = tail.text()
        cut = f", its first {tail.cut_bytes:,} bytes are cut" if tail.cut_bytes else ""
        parts.append(f"--- {name}{cut}\n{text}" if text else f"--- {name}: nothing")
    return "\n".join(parts)
