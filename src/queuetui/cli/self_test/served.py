"""Whether `queuetui serve` answers: health and metrics, asked as a monitor asks them."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

from queuetui.model.examination import Check, Finding, Level

PATHS = ("/healthz", "/readyz", "/metrics")
WITHIN_S = 10.0
_OK = 200


def ask_server(url: str) -> Iterator[Finding]:
    """Yield how each endpoint of an http or https URL answered."""
    for path in PATHS:
        yield _ask(url.rstrip("/") + path, path)


def _ask(address: str, path: str) -> Finding:
    try:
        with urllib.request.urlopen(address, timeout=WITHIN_S) as answer:  # noqa: S310 - the command takes no other
            status, length = answer.status, len(answer.read())
    except urllib.error.HTTPError as error:
        status, length = error.code, 0
    except OSError as error:
        story = f"{path}: no answer: {getattr(error, 'reason', error)}"
        return Finding(Check.SELF_TEST, Level.CRITICAL, story, {"trial": path}, "start it: queuetui serve")
    evidence: dict[str, object] = {"trial": path, "status": status, "bytes": length}
    if status == _OK:
        return Finding(Check.SELF_TEST, Level.OK, f"{path}: answered {status}", evidence)
    return Finding(Check.SELF_TEST, Level.CRITICAL, f"{path}: answered {status}", evidence, "look at what serve logs")
