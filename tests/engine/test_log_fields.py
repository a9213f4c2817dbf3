"""Fields of what a handler logs."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from queuetui.engine.context import JOB_LOGGER, MOST_BOUND, Context
from queuetui.engine.held import Run
from queuetui.engine.log_fields import MOST_FIELDS, VALUE_CHARS
from queuetui.engine.logs import configure_logs, current_job
from queuetui.engine.notekeeper import LogKeeper
from queuetui.model.clock import EPOCH
from queuetui.model.inheritance import LEFT_OUT, MOST_INHERITED, read_inheritance, write_inheritance
from queuetui.model.job import ClaimedJob


class Unsayable:
    """A value that has no text."""

    def __str__(self) -> str:
        """Raise."""
        raise RuntimeError("no")


@pytest.fixture
def run() -> Iterator[Run]:
    """A run whose handler logs, with a keeper of its log."""
    job = ClaimedJob("id", 1, "Send", "mail", b"", None, 0, 0, 3, 0, "req-1", (), None, EPOCH, EPOCH)
    found, keeper = Run(job, "w"), LogKeeper("w")
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    JOB_LOGGER.addHandler(keeper)
    token = current_job.set(found)
    yield found
    current_job.reset(token)
    JOB_LOGGER.removeHandler(keeper)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def kept(run: Run) -> str:
    """Return what is kept with a run."""
    notes = run.context.notes
    told = None if notes is None else notes.describe(run.job, log=True)
    return "" if told is None or told.log is None else told.log


def test_fields_are_in_the_line_and_in_the_kept_log(run: Run) -> None:
    """What is given as extra and what is bound stand beside the ids of the run, and behind the kept message."""
    stream = io.StringIO()
    configure_logs(stream, as_json=True)
    run.context.bind(user_id=7, provider="acme eu")
    run.context.log.info("sent %d", 3, extra={"batch": "b-1"})
    line = json.loads(stream.getvalue())
    assert (line["user_id"], line["provider"], line["batch"], line["job_id"]) == (7, "acme eu", "b-1", "id")
    assert kept(run).endswith('info sent 3 user_id=7 provider="acme eu" batch=b-1')


def test_odd_fields_harm_nothing(run: Run) -> None:
    """Values without a text, huge ones, numbers that JSON lacks, and too many are made harmless; secrets are masked."""
    stream = io.StringIO()
    configure_logs(stream, as_json=True)
    odd = {"a": Unsayable(), "b": "x" * 9_000, "c": float("nan"), "d": 10**400, "api_key": "k", "queue": "another"}
    run.context.log.warning("odd", extra={**odd, **{f"n{number}": number for number in range(MOST_FIELDS)}})
    line = json.loads(stream.getvalue())
    assert line["a"] == "(no text: RuntimeError)"
    assert len(line["b"]) == VALUE_CHARS
    assert line["c"] == "nan"
    assert line["api_key"] == "***"
    assert line["queue"] == "mail"
    assert line["fields_left_out"] == 6
    assert "api_key=***" in kept(run)


def test_a_run_is_bound_to_a_bounded_number_of_names(run: Run) -> None:
    """A later value takes the place of an earlier one, and is what it was then; too many names are refused and change nothing."""
    run.context.bind(user_id=7)
    run.context.bind(user_id=8)
    with pytest.raises(ValueError, match="bind fewer names"):
        run.context.bind(**{f"n{number}": number for number in range(MOST_BOUND)})
    assert run.context.bound == {"user_id": 8}
    steps = ["fetched"]
    run.context.bind(steps=steps, api_key="k")
    steps.append("sent")
    assert run.context.bound == {"user_id": 8, "steps": "['fetched']", "api_key": "***"}


def test_what_is_inherited_has_a_cap(run: Run) -> None:
    """The first fields that fit are passed on, and the number of the others; what another program wrote is let be."""
    run.context.bind(**{f"n{number}": number for number in range(MOST_BOUND)})
    text = write_inheritance(run.context.bound, {})
    child = Context(run.job._replace(context=text), "w")
    assert child.bound == {f"n{number}": number for number in range(MOST_INHERITED)} | {LEFT_OUT: 4}
    child.bind(**{f"own{number}": number for number in range(MOST_BOUND)})
    again = read_inheritance(write_inheritance(child.bound, {})).fields
    assert (len(again), again[LEFT_OUT]) == (MOST_INHERITED + 1, 4 + MOST_BOUND)
    wide = write_inheritance({"a": "x" * 1_900, "b": "y" * 1_900, "c": 1}, {"traceparent": "x" * 999})
    assert read_inheritance(wide).fields == {"a": "x" * 1_900, "c": 1, LEFT_OUT: 1}
    assert write_inheritance({}, {"tracestate": "a=1"}) is None
    for odd in ("", "[", "[]", '{"fields": 7, "trace": [1]}', "[" * 100_000):
        assert read_inheritance(odd) == ({}, {})


def test_a_part_of_a_run_is_timed(run: Run) -> None:
    """How long it took is logged with its name, also where it raises."""
    configure_logs(io.StringIO(), as_json=True)
    with pytest.raises(OSError, match="no"), run.context.timing("fetch"):
        raise OSError("no")
    assert "fetch took" in kept(run)
    assert "timing=fetch duration_s=" in kept(run)
