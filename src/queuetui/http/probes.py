"""Liveness and readiness of the server."""

from __future__ import annotations

from starlette.responses import Response

from queuetui.http.endpoint import Call, Endpoint, answer_json
from queuetui.model.clock import to_text
from queuetui.model.errors import QueueTuiError


def live(call: Call) -> Response:
    """Answer that the server lives; no store is asked."""
    return answer_json({"status": "ok"})


def ready(call: Call) -> Response:
    """Answer whether every store answers, with its time."""
    systems, is_ready = {}, True
    for system in call.served.systems:
        try:
            systems[system.name] = {"ready": True, "time": to_text(system.feed.now())}
        except QueueTuiError:
            # The reason is left out, as this address is open to all.
            systems[system.name], is_ready = {"ready": False, "time": None}, False
    told = {"status": "ready" if is_ready else "not ready", "systems": systems}
    return answer_json(told, 200 if is_ready else 503)


ENDPOINTS = (
    Endpoint("GET", "/healthz", "Whether the server lives.", live, is_open=True),
    Endpoint("GET", "/readyz", "Whether every store answers.", ready, statuses=(200, 503), is_open=True),
)
