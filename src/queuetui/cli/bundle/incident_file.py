"""Writes a bundle to a file that only its owner may read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from queuetui.cli.bundle.contents import collect
from queuetui.cli.bundle.page import Rows, draw_page
from queuetui.cli.bundle.redaction import redact_text
from queuetui.cli.store_places import System
from queuetui.model.clock import to_text
from queuetui.model.errors import Conflict, QueueTuiError
from queuetui.model.examination import Finding

_TITLE = "queuetui incident bundle"
_NOTE = "Payloads and results are left out; passwords, tokens, keys and addresses are masked. Read it before you pass it on. Taken at"


def write_bundle(file: Path, systems: Sequence[System], findings: Mapping[str, Sequence[Finding]]) -> None:
    """Write the state of all queues as one page; raises Conflict if the file exists."""
    sections: dict[str, Rows] = {}
    for one in systems:
        found = collect(one, findings.get(one.name, ()))
        sections |= {f"{redact_text(one.name)}: {name}": rows for name, rows in found.items()}
    now = to_text(systems[0].feed.now()) if systems else ""
    _write(file, draw_page(_TITLE, f"{_NOTE} {now}.", sections))


def _write(file: Path, page: str) -> None:
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            opened.write(page)
    except FileExistsError:
        message = f"{file} is there already, and was left as it is; name another file"
        raise Conflict(message) from None
    except OSError as error:
        message = (
            f"the bundle could not be written to {file}: {error.strerror}; name a file in a folder you may write to"
        )
        raise QueueTuiError(message) from error
