"""What a worker says, and that nothing in it can do harm."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TextIO

import pytest

from queuetui.engine import log_lines
from queuetui.engine.children.log_relay import repeat
from queuetui.engine.children.messages import Logged
from queuetui.engine.logs import WORKER_LOGGER, HumanFormatter, JsonFormatter, configure_logs, current_job, log_event
from tests.zoo import ZOO, assert_inert


@pytest.fixture(autouse=True)
def root_logger_as_it_was() -> Iterator[None]:
    """Put the handlers of the root logger back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def say(*, as_json: bool, **fields: object) -> str:
    """Log one event and return what was written."""
    stream = io.StringIO()
    configure_logs(stream, as_json=as_json)
    log_event("job_failed", logging.ERROR, **fields)
    return stream.getvalue()


def test_a_line_for_a_stream_that_is_gone_is_lost_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback goes to whatever is stderr by then; what cannot be written as a line is still told there."""
    stream = io.StringIO()
    configure_logs(stream, as_json=False)
    stream.close()
    log_event("job_failed", logging.ERROR)
    assert capsys.readouterr().err == ""
    stream = io.StringIO()
    configure_logs(stream, as_json=False)
    logging.getLogger().handlers[0].setFormatter(logging.Formatter("%(none)s"))
    log_event("job_failed", logging.ERROR)
    assert "--- Logging error ---" in capsys.readouterr().err


def test_a_stream_that_nobody_reads_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a pipe is full lines are lost and not waited for; once it is read again their number is told, and lines are written."""
    monkeypatch.setattr(log_lines, "PATIENCE_S", 0.01)
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading, "rb") as reader:
        configure_logs(stream, as_json=True)
        for number in range(100):
            log_event("job_failed", logging.ERROR, number=number, error="x" * 8000)
        os.set_blocking(reading, False)
        before = reader.read()
        log_event("job_completed", logging.ERROR)
        *whole, cut, lost, last = (before + reader.read()).splitlines()
    numbers = [json.loads(line)["number"] for line in whole]
    assert numbers == list(range(len(numbers)))
    assert not cut.endswith(b"}")
    told = json.loads(lost)
    assert (told["event"], told["lines"]) == ("log_lines_lost", 100 - len(numbers))
    assert json.loads(last)["event"] == "job_completed"


def test_no_blank_line_stands_before_the_number_of_lost_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no line was cut, each line of the stream is a whole one."""
    monkeypatch.setattr(log_lines, "PATIENCE_S", 0.01)
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading, "rb") as reader:
        configure_logs(stream, as_json=True)
        for number in range(2_000):
            log_event("job_failed", logging.ERROR, number=number)
        os.set_blocking(reading, False)
        before = reader.read()
        log_event("job_completed", logging.ERROR)
        told = [json.loads(line)["event"] for line in (before + reader.read()).splitlines()]
    assert told[-3:] == ["job_failed", "log_lines_lost", "job_completed"]


def test_a_line_is_written_in_one_piece_where_the_stream_takes_it(tmp_path: Path) -> None:
    """Others who write to the same pipe or file mix no line of theirs into it; a pipe that is nearly full gets pieces."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"), os.fdopen(writing, "w") as pipe, (tmp_path / "log").open("w") as file:
        written = [_pieces_of(stream, length) for stream in (pipe, file) for length in (30, 3_000, 20_000)]
        assert written == [1] * 6
        assert _pieces_of(pipe, 20_000) > 1


def _pieces_of(stream: TextIO, length: int) -> int:
    pieces: list[str] = []

    def write(piece: str) -> int:
        pieces.append(piece)
        return stream.write(piece)

    counted = SimpleNamespace(write=write, flush=stream.flush, fileno=stream.fileno)
    log_lines.LineHandler(counted).emit(logging.makeLogRecord({"msg": "x" * length}))  # type: ignore[arg-type] # all that is used of a stream
    return len(pieces)


def test_an_event_is_one_line_of_json() -> None:
    """Machines read time, level, event and the fields that are known."""
    line = json.loads(say(as_json=True, job_id="a", duration_s=0.5, error=None))
    assert line["time"].endswith("Z")
    del line["time"]
    assert line == {"level": "error", "event": "job_failed", "job_id": "a", "duration_s": 0.5}


def test_an_event_is_one_line_for_people() -> None:
    """People read the time, the level, the event and the end of ids."""
    words = say(as_json=False, job_id="0123456789abcdef", queue="mail", error="timed out").split()
    assert words[1:] == ["error", "job_failed", "job_id=89abcdef", "queue=mail", 'error="timed', 'out"']


@pytest.mark.parametrize("hostile", ZOO.values(), ids=ZOO)
@pytest.mark.parametrize("as_json", [True, False])
def test_hostile_text_is_inert(hostile: str, as_json: bool) -> None:
    """Whatever a job is called or says, a log line stays one line without a control character."""
    written = say(as_json=as_json, job_type=hostile, error=hostile)
    assert written.endswith("\n")
    assert written.count("\n") == 1
    assert_inert(written)
    if as_json:
        assert written.isascii()


def test_a_handlers_record_tells_its_job() -> None:
    """A record made while a job runs holds the job's ids, its message and its traceback."""
    stream = io.StringIO()
    configure_logs(stream, as_json=True)
    token = current_job.set(SimpleNamespace(facts={"job_id": "a", "attempt": 2}))
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("my.app").exception("sku %s", "A-1")
    finally:
        current_job.reset(token)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["logger"], line["message"]) == ("log", "my.app", "sku A-1")
    assert (line["job_id"], line["attempt"]) == ("a", 2)
    assert "ValueError: no" in line["traceback"]


@pytest.mark.parametrize("formatter", [JsonFormatter(), HumanFormatter()])
def test_a_record_that_cannot_be_written_is_written_anyway(formatter: logging.Formatter) -> None:
    """Arguments that do not fit the message of a handler do not lose the record."""
    record = logging.LogRecord("app", logging.INFO, "", 0, "%d of %d", ("one",), None)
    assert "do not fit" in formatter.format(record)


def test_less_is_said_when_less_is_wanted() -> None:
    """Below the level nothing is written."""
    stream = io.StringIO()
    configure_logs(stream, as_json=True, level=logging.WARNING)
    log_event("job_started")
    assert stream.getvalue() == ""


class Deadly(logging.Handler):
    """A log handler that ends whoever logs."""

    def emit(self, record: logging.LogRecord) -> None:
        """Fail."""
        raise SystemExit


def make_no_record(*_: object, **__: object) -> logging.LogRecord:
    """Fail, as a maker of records that an application has set."""
    raise SystemExit


def test_a_log_handler_that_ends_whoever_logs_ends_no_worker() -> None:
    """What an application's own log handler or maker of records raises, SystemExit too, is not raised by what the worker says."""
    deadly, made_by = Deadly(), logging.getLogRecordFactory()
    WORKER_LOGGER.addHandler(deadly)
    try:
        log_event("job_started", logging.ERROR)
        repeat(Logged(WORKER_LOGGER.name, logging.ERROR, "said in a child", 0.0, None, None))
        logging.setLogRecordFactory(make_no_record)
        log_event("job_started", logging.ERROR)
    finally:
        logging.setLogRecordFactory(made_by)
        WORKER_LOGGER.removeHandler(deadly)
