"""Listing jobs, choosing one and acting on it."""

from __future__ import annotations

from queuetui.backends.backend import Backend
from queuetui.backends.base import iterate
from queuetui.model.act import Act, JobRef, Result, Target, Verb
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from tests.backends.captures import Capture


def choose(backend: Backend, text: str) -> Job:
    """Return the first job that matches."""
    return next(iter(iterate(backend.inspector, parse_query(text), Limits())))


def do(backend: Backend, verb: Verb, ref: JobRef, limits: Limits | None = None) -> Result:
    """Act on one job."""
    (result,) = backend.operator.apply(Act(verb, "tester"), [Target(ref)], limits or Limits())
    return result


def listed(capture: Capture, text: str = "", limits: Limits | None = None) -> list[Job]:
    """List all that matches a filter, page by page."""
    return list(iterate(capture.open().inspector, parse_query(text), limits or Limits()))
