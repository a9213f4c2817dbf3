"""`/openapi.json`: the document of all endpoints."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

from queuetui import __version__
from queuetui.http.answers import ANSWERS, COMPONENTS
from queuetui.http.bodies import BulkBody, CleanupBody, GroupBody, NewJobBody
from queuetui.http.endpoint import JSON_TYPE, Call, Endpoint, answer_json
from queuetui.http.problems import MEDIA_TYPE

PATH = "/openapi.json"
BODIES = (NewJobBody, CleanupBody, BulkBody, GroupBody)
# The statuses of every address: bad parameters, no token, insufficient right, wrong method, too many requests, and a lost store.
ANY = (400, 401, 403, 405, 429, 503)
OF_BODIES = (408, 413, 415, 422)
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "position": {"type": "integer"},
    },
}


def describe(endpoints: tuple[Endpoint, ...]) -> dict[str, Any]:
    """Return the OpenAPI document of some endpoints."""
    _, schemas = msgspec.json.schema_components(BODIES, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(one.path.replace(":text}", "}"), {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "queuetui", "version": __version__, "description": "Job queues: read, explain, change."},
        "paths": paths,
        "components": {
            "schemas": {**schemas, **COMPONENTS, "Problem": PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _operation(one: Endpoint) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.answer.__name__,
        "summary": one.about,
        "parameters": [*_path_parameters(one), *_query_parameters(one)],
        "responses": _responses(one),
    }
    if one.is_open:
        told["security"] = []
    else:
        told["description"] = f"Takes the right {one.right}."
    if one.body is not None:
        schema = {"$ref": f"#/components/schemas/{one.body.__name__}"}
        told["requestBody"] = {"required": True, "content": {JSON_TYPE: {"schema": schema}}}
    return told


def _path_parameters(one: Endpoint) -> list[dict[str, Any]]:
    if "{id" not in one.path:
        return []
    schema = {"type": "string", "minLength": 1}
    return [{"name": "id", "in": "path", "required": True, "description": "The whole id of a job.", "schema": schema}]


def _query_parameters(one: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "in": "query", "description": each.about, "schema": dict(each.schema)}
        for each in one.parameters
    ]


def _responses(one: Endpoint) -> dict[str, Any]:
    """Return the schemas of all statuses: of success by content type, of all others as a problem."""
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told: dict[str, dict[str, Any]] = {}
    for status in {
        *ANY,
        *one.statuses,
        *(OF_BODIES if one.body is not None else ()),
        *((404,) if one.parameters else ()),
    }:
        # Health and readiness answer 503 with their regular body.
        is_told = status in one.statuses and (
            status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.SERVICE_UNAVAILABLE
        )
        content: dict[str, Any] = {one.media_type: {"schema": ANSWERS.get(one.answer.__name__, {})}} if is_told else {}
        if status >= HTTPStatus.BAD_REQUEST:
            content |= problem
        told[str(status)] = {"description": HTTPStatus(status).phrase, "content": content}
    return dict(sorted(told.items()))


def make_endpoint(endpoints: tuple[Endpoint, ...]) -> Endpoint:
    """Return the endpoint that answers with the document of all others."""

    def show_document(call: Call) -> Response:
        return answer_json(describe(endpoints))

    return Endpoint("GET", PATH, "This document.", show_document, is_open=True)
