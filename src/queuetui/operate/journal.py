"""The journal of acts: the intention is written before each act, its outcome afterwards."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from queuetui.model.act import Act, JobRef, Result
from queuetui.model.clock import to_text
from queuetui.model.errors import Denied

ROTATE_BYTES = 64 * 1024 * 1024


NO_FOLDER = "the act cannot be recorded, so it is not done: this user has no home folder; set HOME or XDG_STATE_HOME and try again"


class Journal:
    """A file of JSON lines that only its owner may read.

    At ROTATE_BYTES the older half is kept beside it under `.1`.
    """

    def __init__(self, path: Path | None, backend: str) -> None:
        self._path = path
        self._backend = backend

    def intend(self, act: Act, targets: Sequence[JobRef], subject: str = "") -> None:
        """Write the intention of an act.

        Raises Denied when it cannot be written: the act must not be executed then.
        """
        if self._path is None:
            raise Denied(NO_FOLDER)
        entry = {
            "entry": "intent",
            "act": act.id,
            "verb": act.verb.value,
            "args": dict(act.args),
            "actor": act.actor,
            "reason": act.reason,
            "filter": act.filter,
            "backend": self._backend,
            "subject": subject,
            "targets": [[ref.id, ref.rev] for ref in targets],
        }
        try:
            self._write(entry)
        except OSError as error:
            message = (
                f"the act cannot be recorded ({error.strerror}: {self._path}), so it is not done; "
                "make that file writable and try again"
            )
            raise Denied(message) from error

    def conclude(self, act: Act, results: Sequence[Result], detail: str = "") -> str | None:
        """Write the outcome of an act, with each job as it was before.

        Return a remark for the report when it cannot be written.
        """
        described = [_describe(result) for result in results]
        return self._add({"entry": "outcome", "act": act.id, "detail": detail, "results": described})

    def break_off(self, act: Act, why: str) -> str | None:
        """Write that the act ended in an error; return a remark for the report when that cannot be written."""
        return self._add({"entry": "broken", "act": act.id, "why": why})

    def _add(self, entry: Mapping[str, Any]) -> str | None:
        try:
            self._write({**entry, "backend": self._backend})
        except OSError as error:
            return f"the outcome could not be recorded ({error.strerror}: {self._path}); the intent was"
        return None

    def _write(self, entry: Mapping[str, Any]) -> None:
        if self._path is None:
            return
        line = json.dumps({"at": to_text(datetime.now(UTC)), **entry}) + "\n"
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._path.exists() and self._path.stat().st_size > ROTATE_BYTES:
            self._path.replace(self._path.with_suffix(self._path.suffix + ".1"))
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())


def _describe(result: Result) -> dict[str, Any]:
    return {
        "id": result.ref.id,
        "rev": result.ref.rev,
        "outcome": result.outcome.value,
        "state_now": None if result.state_now is None else result.state_now.value,
        "note": result.note,
        "before": result.before,
        "rev_after": result.rev_after,
    }
