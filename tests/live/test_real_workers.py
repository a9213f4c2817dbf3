"""A job that failed and one whose worker was killed are brought back by our verbs, and the product's own worker runs both."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import NotFound
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from tests.captures.stores import SqliteFolder
from tests.live import gather_products
from tests.live.product import LiveProduct, Missing
from tests.servers.fixtures import report_missing
from tests.waiting import wait_until

RUN_S = 90

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
StartWorker = Callable[[], psutil.Popen]


def _cases() -> list[Any]:
    """Return every product, those that land among the tests that a clock judges."""
    return [pytest.param(one, id=one.name, marks=[pytest.mark.timed] if one.lands else []) for one in gather_products()]


@pytest.fixture(params=_cases())
def product(request: pytest.FixtureRequest) -> LiveProduct:
    """Each product in turn."""
    found: LiveProduct = request.param
    return found


@pytest.fixture
def room(product: LiveProduct, tmp_path: Path) -> Path:
    """A folder with the product installed."""
    try:
        product.install(tmp_path)
    except Missing as error:
        report_missing(str(error))
    return tmp_path


@pytest.fixture
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> SqliteFolder:
    """What stands for a server where there is none."""
    return SqliteFolder(tmp_path_factory.mktemp("files"))


@pytest.fixture
def url(product: LiveProduct, room: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database."""
    server: Any = request.getfixturevalue(product.server)
    made = server.create_database()
    yield product.address(room, made)
    server.drop_database(made)


@pytest.fixture
def start_worker(product: LiveProduct, room: Path, url: str) -> Iterator[StartWorker]:
    """Start the product's worker; whatever is left of it is killed in the end."""
    workers: list[psutil.Popen] = []

    def start() -> psutil.Popen:
        command = list(map(str, product.worker(room, url)))
        with (room / "worker.log").open("ab") as log:
            workers.append(psutil.Popen(command, cwd=room, stdout=log, stderr=subprocess.STDOUT))
        return workers[-1]

    yield start
    for worker in workers:
        _kill(worker)


def _kill(worker: psutil.Popen) -> None:
    """Kill a worker at once, with all that it has started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [worker, *worker.children(recursive=True)]
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.send_signal(signal.SIGKILL)
    worker.wait()


def _open(product: LiveProduct, url: str, after_s: float = 0) -> Backend:
    now = datetime.now(UTC) + timedelta(seconds=after_s) if after_s else None
    return open_backend(url, BackendOptions(kind=product.kind, now=now))


def _find(backend: Backend, name: str) -> Job | None:
    jobs = iterate(backend.inspector, parse_query(""), Limits())
    return next((job for job in jobs if job.type.raw.lower().endswith(name)), None)


def _has_ended(product: LiveProduct, url: str, name: str) -> bool:
    return not _is_in(product, url, name, set(State) - {State.COMPLETED})


def _is_in(product: LiveProduct, url: str, name: str, states: set[State]) -> bool:
    try:
        backend = _open(product, url)
    except NotFound:
        # What keeps nothing of a job that was taken has nothing at all while all are.
        return False
    job = _find(backend, name)
    backend.close()
    return job is not None and job.state in states


def test_what_failed_and_what_was_killed_is_run_again(
    product: LiveProduct, room: Path, url: str, start_worker: StartWorker
) -> None:
    """A real worker fails one job and is killed in the middle of another; we retry and release them; a real worker runs both."""
    work = room / "work"
    work.mkdir()
    product.enqueue(room, url, work)
    worker = start_worker()
    wait_until(lambda: _is_in(product, url, "fail", {State.FAILED, State.RETRYING}), RUN_S, awaiting="a failure")
    wait_until((work / "slow-began").exists, RUN_S)
    if product.shows_runs:
        wait_until(lambda: _is_in(product, url, "slow", {State.PROCESSING}), RUN_S, awaiting="a run that is shown")
    _kill(worker)
    with contextlib.suppress(ProcessLookupError):
        os.kill(int((work / "slow-began").read_text()), signal.SIGKILL)
    (work / "mended").touch()

    if not product.loses_failures:
        backend = _open(product, url)
        _act(backend, Verb.RETRY, "fail")
        backend.close()
    if not product.loses_runs:
        wait_until(lambda: product.is_given_up(url), RUN_S, awaiting="the end of the killed run's time")
        late = _open(product, url, product.stuck_after_s)
        stuck = list(iterate(late.inspector, parse_query("is:stuck state:processing"), Limits()))
        assert [job.type.raw.lower()[-4:] for job in stuck] == ["slow"]
        _act(late, Verb.RELEASE, "slow")
        late.close()
    start_worker()
    lost = {name for name, is_lost in (("fail", product.loses_failures), ("slow", product.loses_runs)) if is_lost}
    for name in sorted({"fail", "slow"} - lost):
        wait_until((work / f"{name}-done").exists, RUN_S)
        wait_until(functools.partial(_has_ended, product, url, name), RUN_S, awaiting=f"the end of {name}")


def _act(backend: Backend, verb: Verb, name: str) -> None:
    job = _find(backend, name)
    assert job is not None
    (result,) = backend.operator.apply(Act(verb, "tester"), [Target(job.ref)], Limits())
    assert result.outcome is Outcome.DONE, result
    assert result.state_now in (State.PENDING, State.RETRYING), result
