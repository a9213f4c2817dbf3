"""Choosing one job and acting on it."""

from __future__ import annotations

from queuetui.backends.base import ForeignBackend, iterate
from queuetui.model.act import Act, JobRef, Result, Verb
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query


def choose(backend: ForeignBackend, text: str) -> Job:
    """Return the first job that matches."""
    return next(iter(iterate(backend, parse_query(text), Limits())))


def do(backend: ForeignBackend, verb: Verb, ref: JobRef, limits: Limits | None = None) -> Result:
    """Act on one job."""
    (result,) = backend.apply(Act(verb, "tester"), [ref], limits or Limits())
    return result
