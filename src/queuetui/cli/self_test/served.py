"""Whether `queuetui serve` answers: health and metrics, asked as a monitor asks them."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator

from queuetui.model.examination import Check, Finding, Level

PATHS = ("/healthz", "/readyz", "/metrics")
WITHIN_S = 10.0
# A flag would stand in the list of processes.
VARIABLE = "QUEUETUI_TOKEN"
_OK = 200
_WANTS_TOKEN = (401, 403)


def ask_server(url: str) -> Iterator[Finding]:
    """Yield how each endpoint of an http or https URL answered."""
    for path in PATHS:
        yield _ask(url.rstrip("/") + path, path)


def _ask(address: str, path: str) -> Finding:
    token = os.environ.get(VARIABLE)
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"} if token else {})  # noqa: S310 - the command takes no other
    try:
        with urllib.request.urlopen(asked, timeout=WITHIN_S) as answer:  # noqa: S310 - as above
            status, length = answer.status, len(answer.read())
    except urllib.error.HTTPError as error:
        status, length = error.code, 0
    except OSError as error:
        story = f"{path}: no answer: {getattr(error, 'reason', error)}"
        return Finding(Check.SELF_TEST, Level.CRITICAL, story, {"trial": path}, "start it: queuetui serve")
    evidence: dict[str, object] = {"trial": path, "status": status, "bytes": length}
    if status == _OK:
        return Finding(Check.SELF_TEST, Level.OK, f"{path}: answered {status}", evidence)
    if status in _WANTS_TOKEN:
        step = f"give it one with the right read: {VARIABLE}=TOKEN"
        return Finding(Check.SELF_TEST, Level.WARNING, f"{path}: it wants a token: {status}", evidence, step)
    return Finding(Check.SELF_TEST, Level.CRITICAL, f"{path}: answered {status}", evidence, "look at what serve logs")
