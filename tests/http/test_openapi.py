"""The server does what its OpenAPI document says, whatever it is asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from queuetui import http
from queuetui.http.answers import ANSWERS
from queuetui.http.app import ENDPOINTS
from queuetui.http.endpoint import JSON_TYPE
from queuetui.model.job import Ending
from tests.conftest import CAMPAIGN
from tests.http.stage import HttpStage

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 12
MANY_EXAMPLES = 100
# It goes on until its client goes.
ENDLESS = "/api/live"


def test_every_address_is_in_the_document(stage: HttpStage) -> None:
    """With its methods, and under the name of each parameter."""
    paths = stage.data("/openapi.json")["paths"]
    told = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    assert told == {(one.path.replace(":text}", "}"), one.method) for one in ENDPOINTS}
    assert [one["name"] for one in paths["/api/jobs"]["get"]["parameters"]][:3] == ["status", "limit", "offset"]
    unnamed = {one.path for one in ENDPOINTS if one.media_type == JSON_TYPE and one.answer.__name__ not in ANSWERS}
    assert not unnamed, "the document does not say what these answer with"


def test_every_refusal_is_in_the_document(stage: HttpStage) -> None:
    """Each status that the server refuses with is told of some address, and those of bodies of all that take one."""
    source = "".join(path.read_text(encoding="utf-8") for path in Path(http.__file__).parent.glob("*.py"))
    operations = [one for methods in stage.data("/openapi.json")["paths"].values() for one in methods.values()]
    refused = set(re.findall(r"RefusedRequest\(\s*(\d{3})", source))
    assert refused <= {status for one in operations for status in one["responses"]}
    assert all({"408", "413", "415", "422"} <= one["responses"].keys() for one in operations if "requestBody" in one)


def test_whatever_is_asked_is_answered_as_the_document_says(stage: HttpStage) -> None:
    """Made-up calls of every address get a status and a kind of text that the document names, never a fault."""
    stage.jobs.job("a")
    stage.jobs.ended("b", Ending.FAILED)
    schema: Any = schemathesis.openapi.from_url(f"{stage.url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    asked = [one.as_strategy() for one in operations if one.path != ENDLESS]
    assert len(asked) == len(ENDPOINTS) - 1
    each = MANY_EXAMPLES if settings.get_current_profile_name() == CAMPAIGN else EXAMPLES

    @settings(max_examples=each * len(asked), deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=st.one_of(asked))
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=stage.url, checks=CHECKS)

    ask()
