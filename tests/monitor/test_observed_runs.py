"""How long runs take in a store that keeps none that are over, learned by watching it."""

from __future__ import annotations

import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.errors import Unreachable
from queuetui.model.limits import Limits
from queuetui.model.page import Page
from queuetui.model.snapshot import Watch
from queuetui.model.verdict import Code
from queuetui.monitor import observed_runs
from queuetui.monitor.feed import Feed
from queuetui.monitor.observations import FILE_NAME
from queuetui.monitor.run_lengths import DAYS_KEPT, MOST_KINDS, RunLength, RunLengths
from tests.backends.captures import query, run_script
from tests.backends.laravel.tables import FAILED_TABLE, JOBS_TABLE

DAY_S = 86_400


class Laravel:
    """Laravel's tables, whose jobs run and are over as the test says."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        run_script(url, JOBS_TABLE.format(name="jobs") + FAILED_TABLE.format(name="failed_jobs"))

    def feed(self, *, observing: bool = False) -> Feed:
        """Open it as a command does, or as one who goes on watching."""
        feed = Feed(open_backend(self.url, BackendOptions()), Limits(), lambda: RunLengths(self.folder, "shop"))
        if observing:
            feed.observe()
            feed.poll(Watch())
        return feed

    def run(self, job_type: str, since_s: float, jobs: int = 1) -> str:
        """Let jobs run since some seconds ago; return the id of the last."""
        row = f"'mail', '{{\"displayName\":\"{job_type}\"}}', 1, {int(time.time() - since_s)}, 1, 1"
        columns = "queue, payload, attempts, reserved_at, available_at, created_at"
        for _ in range(jobs):
            query(self.url, f"INSERT INTO jobs ({columns}) VALUES ({row})")
        return f"job-{query(self.url, 'SELECT max(id) FROM jobs')[0][0]}"

    def watch_out(self, feed: Feed) -> None:
        """Let what runs be seen, end, and be missed."""
        feed.poll(Watch())
        query(self.url, "DELETE FROM jobs")
        feed.poll(Watch())


@pytest.fixture
def laravel(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laravel:
    """An empty queue of Laravel that is looked at at every poll."""
    monkeypatch.setattr(observed_runs, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(observed_runs, "ASK_FOR_S", 1e9)
    monkeypatch.setattr(observed_runs, "_LARGEST_SHARE", 1e9)
    return Laravel(sqlite_url, tmp_path / "state")


@pytest.mark.timed
def test_runs_that_were_seen_make_a_run_slow_and_raise_its_limit(laravel: Laravel) -> None:
    """From 50 runs on, what was seen judges: three times 15 s is slow, and what takes 110 s may run for over 5 minutes."""
    watcher = laravel.feed(observing=True)
    for job_type, took_s, jobs in (("Quick", 15, 50), ("Long", 110, 50), ("Rare", 20, 49)):
        laravel.run(job_type, took_s, jobs)
        laravel.watch_out(watcher)
    quick, rare, late = (laravel.run(name, 200) for name in ("Quick", "Rare", "Late"))
    long = laravel.run("Long", 320)
    with closing(laravel.feed()) as feed:
        verdicts = {job_id: feed.open(job_id).verdict for job_id in (quick, rare, late, long)}
        assert {job_id: verdict.code for job_id, verdict in verdicts.items()} == {
            quick: Code.SLOW,
            rare: Code.HEALTHY,
            late: Code.HEALTHY,
            long: Code.HEALTHY,
        }
        assert (verdicts[quick].evidence["runs"], verdicts[rare].confidence[:10]) == (50, "floor only")
        assert verdicts[quick].next == "look at the log of its worker"
        assert 15 <= float(str(verdicts[quick].evidence["p99_s"])) < 23
        assert feed.poll(Watch()).snapshot.stuck.value == 0
    watcher.close()


def test_what_began_anew_is_no_run_that_is_over(laravel: Laravel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that was taken again and one that waits again count for nothing; a store that searches for long is asked little."""
    watcher = laravel.feed(observing=True)
    for _ in range(3):
        laravel.run("Send", 20)
    watcher.poll(Watch())
    query(laravel.url, f"UPDATE jobs SET reserved_at = {int(time.time())} WHERE id = 1")
    query(laravel.url, "UPDATE jobs SET reserved_at = NULL WHERE id = 2")
    watcher.poll(Watch())
    assert not (laravel.folder / FILE_NAME).exists()
    query(laravel.url, "DELETE FROM jobs WHERE id = 3")
    watcher.poll(Watch())
    assert RunLengths(laravel.folder, "shop").usual()["Send"].runs == 1
    monkeypatch.setattr(observed_runs, "ASK_FOR_S", 0.0)
    laravel.run("Send", 20, 3)
    laravel.watch_out(watcher)
    assert RunLengths(laravel.folder, "shop").usual()["Send"].runs == 2
    watcher.close()


def test_a_look_that_fails_is_paid_for_and_loses_no_run(laravel: Laravel, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ended is counted once the file is free again, and a store that refuses is not asked again at once."""
    with closing(laravel.feed(observing=True)) as watcher, closing(laravel.feed(observing=True)) as other:
        laravel.run("Send", 20)
        laravel.watch_out(watcher)
        laravel.run("Send", 20)
        with closing(sqlite3.connect(laravel.folder / FILE_NAME)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            laravel.watch_out(watcher)
            assert RunLengths(laravel.folder, "shop").usual()["Send"].runs == 1
        watcher.poll(Watch())
        assert RunLengths(laravel.folder, "shop").usual()["Send"].runs == 2
        asked: list[object] = []

        def refuse(*request: object) -> Page:
            asked.append(request)
            raise Unreachable("the statement took too long")

        monkeypatch.setattr(observed_runs, "_LARGEST_SHARE", 1e-9)
        monkeypatch.setattr(other._inspector, "page", refuse)
        for _ in range(2):
            other.poll(Watch())
        assert len(asked) == 1


def test_one_look_of_a_command_keeps_nothing(laravel: Laravel) -> None:
    """Who does not go on watching makes no file, and reads none that is not there."""
    laravel.run("Send", 20)
    with closing(laravel.feed()) as feed:
        feed.poll(Watch())
        laravel.watch_out(feed)
    assert not laravel.folder.exists()


@pytest.fixture
def lengths(tmp_path: Path) -> Iterator[RunLengths]:
    """Return what is kept of one store."""
    kept = RunLengths(tmp_path, "shop")
    yield kept
    kept.close()


def runs(*kinds: str, took_s: float = 1.0) -> list[RunLength]:
    """Return a run of each type."""
    return [RunLength("mail", kind, took_s) for kind in kinds]


def test_what_is_kept_is_bounded_and_of_its_owner(tmp_path: Path, lengths: RunLengths) -> None:
    """So many types of a store, no name of any length, seven days, and a file that nobody else may read; times are rounded up."""
    lengths.add(runs("x" * 500, *(f"Type{number}" for number in range(MOST_KINDS + 5))))
    found = lengths.usual()
    assert len(found) == MOST_KINDS
    assert {(one.runs, one.p99_s) for one in found.values()} == {(1, 1.024)}
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    later = RunLengths(tmp_path, "other", clock=lambda: time.time() + DAYS_KEPT * DAY_S)
    later.add(runs("Send"))
    later.close()
    assert lengths.usual() == {}
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file:
        assert file.execute("SELECT store, type FROM run_length").fetchall() == [("other", "Send")]


def test_of_two_watchers_of_a_store_one_counts(tmp_path: Path, lengths: RunLengths) -> None:
    """The first goes on to count; the second does once the first has not for a minute, or where the clock went back."""
    lengths.add(runs("Send"))
    for clock, reached in ((time.time, 1), (lambda: time.time() + 61, 2), (lambda: time.time() - 9_999, 3)):
        other = RunLengths(tmp_path, "shop", clock=clock)
        other.add(runs("Send"))
        other.close()
        assert lengths.usual()["Send"].runs == reached
