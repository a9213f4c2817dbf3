"""The page on HTTP lists every address, and its examples are answered by a real server."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from queuetui.http.app import ENDPOINTS
from queuetui.http.parameters import BACKEND
from queuetui.model.job import Ending
from queuetui.operate.rights import Right
from tests.architecture.source import ROOT
from tests.docs.pages import blocks
from tests.http.conftest import stage as stage  # noqa: PLC0414 - a fixture that is used here
from tests.http.stage import HttpStage

PAGE = ROOT / "docs" / "http.md"
ROW = re.compile(r"^\| `([A-Z]+) (/[^?`]*)(?:\?([^`]*))?` \|", re.MULTILINE)


def test_the_table_has_every_address_with_its_parameters() -> None:
    """No address is missing, none is made up, and each parameter of a query exists."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    told = {(method, path): {name for name, _ in parse_qsl(query, True)} for method, path, query in rows}
    usual = {BACKEND.name}
    assert told == {
        (one.method, one.path.replace(":text}", "}")): {parameter.name for parameter in one.parameters} - usual
        for one in ENDPOINTS
    }


def test_every_example_is_answered_well(stage: HttpStage) -> None:
    """Each call of curl on the page is made as it is written, on a job that is in the right state for it."""
    lines = [line for block in blocks(PAGE) for line in block.lines if line.startswith("curl ")]
    for number, line in enumerate(lines):
        label = f"job-{number}"
        if "DELETE" in line or "cancel" in line:
            stage.jobs.job(label)
        else:
            stage.jobs.ended(label, Ending.FAILED)
        _call(stage, _with_values(line, stage, stage.jobs.ids[label]))


def _with_values(line: str, stage: HttpStage, job_id: str) -> str:
    if "TOKEN" in line:
        return line.replace("TOKEN", stage.served.tokens.create(Right.READ, timedelta(hours=1))[1])
    return line.replace("/ID", f"/{job_id}").replace('"ID"', f'"{job_id}"')


def _call(stage: HttpStage, line: str) -> None:
    words = iter(shlex.split(line)[1:])
    method, body, headers, url = "GET", None, {}, ""
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "--json":
            method, body, headers["content-type"] = "POST", next(words), "application/json"
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        else:
            url = word
    address = urlsplit(url)
    asked = stage.client.request(
        method, address.path, params=dict(parse_qsl(address.query)), content=body, headers=headers
    )
    assert asked.is_success, (line, asked.text)
