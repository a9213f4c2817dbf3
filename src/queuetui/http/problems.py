"""Errors as problem documents (RFC 9457), by the table `model/error_answers.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from queuetui.model.error_answers import answer_to
from queuetui.model.errors import BadQuery, QueueTuiError
from queuetui.model.urls import hide_passwords

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:queuetui:problem:"
NO_HEADERS: Mapping[str, str] = {}


class RefusedRequest(QueueTuiError):
    """A request that the server refuses, whatever the store holds."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] = NO_HEADERS) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers


def problem_of(error: Exception, request_id: str) -> Response:
    """Return the answer to an error; an unexpected error reveals no details."""
    if isinstance(error, RefusedRequest):
        phrase = HTTPStatus(error.status).phrase
        return problem(error.status, _slug(phrase), phrase, str(error), request_id, error.headers)
    if isinstance(error, QueueTuiError):
        answer = answer_to(error)
        position = error.position if isinstance(error, BadQuery) else None
        return problem(answer.status, answer.name, answer.title, str(error), request_id, position=position)
    detail = f"this is a fault of the server ({type(error).__name__}); its log has more under this request id"
    return problem(500, "fault", "A fault of the server", detail, request_id)


def problem(
    status: int,
    name: str,
    title: str,
    detail: str,
    request_id: str,
    headers: Mapping[str, str] = NO_HEADERS,
    position: int | None = None,
) -> Response:
    """Return one problem document; `position` is where a filter cannot be read."""
    told: dict[str, Any] = {
        "type": TYPE_PREFIX + name,
        "title": title,
        "status": status,
        "detail": hide_passwords(detail),
        "request_id": request_id,
    }
    if position is not None:
        told["position"] = position
    return Response(json.dumps(told), status, headers=dict(headers), media_type=MEDIA_TYPE)


def _slug(phrase: str) -> str:
    return phrase.lower().replace(" ", "-").replace("'", "")
