"""Checks that `queuetui serve` answers requests for health and metrics."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator

import rich_click as click

from queuetui.model.errors import words_of
from queuetui.model.examination import Check, Finding, Level

PATHS = ("/healthz", "/readyz", "/metrics")
WITHIN_S = 10.0
# The token is taken from the environment, as a flag would be visible in the list of processes.
VARIABLE = "QUEUETUI_TOKEN"
_OK = 200
_WANTS_TOKEN = (401, 403)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, as the token would be sent to another host."""

    def redirect_request(self, *_: object) -> None:
        """Return no further request."""


def ask_server(url: str) -> Iterator[Finding]:
    """Yield the result of a request to each endpoint of an http or https URL."""
    for path in PATHS:
        yield _ask(url.rstrip("/") + path, path)


def _read_authorization() -> dict[str, str]:
    token = os.environ.get(VARIABLE, "").strip()
    if not (token.isascii() and token.isprintable()):
        raise click.UsageError(f"{VARIABLE} holds what is no token; set it to one that queuetui token create printed")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _ask(address: str, path: str) -> Finding:
    asked = urllib.request.Request(address, headers=_read_authorization())  # noqa: S310 - the command takes no other
    try:
        with urllib.request.build_opener(_NoRedirect).open(asked, timeout=WITHIN_S) as answer:
            status, length = answer.status, len(answer.read())
    except urllib.error.HTTPError as error:
        status, length = error.code, 0
    except OSError as error:
        story = f"{path}: no answer: {words_of(getattr(error, 'reason', error))}"
        return Finding(Check.SELF_TEST, Level.CRITICAL, story, {"trial": path}, "start it: queuetui serve")
    evidence: dict[str, object] = {"trial": path, "status": status, "bytes": length}
    if status == _OK:
        return Finding(Check.SELF_TEST, Level.OK, f"{path}: answered {status}", evidence)
    if status in _WANTS_TOKEN:
        step = f"give it one with the right read: {VARIABLE}=TOKEN"
        return Finding(Check.SELF_TEST, Level.WARNING, f"{path}: it wants a token: {status}", evidence, step)
    return Finding(Check.SELF_TEST, Level.CRITICAL, f"{path}: answered {status}", evidence, "look at what serve logs")
