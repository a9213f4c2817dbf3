"""What changes jobs: asked first, done once, told job by job."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from queuetui.backends.native.memory.operator import MemoryOperator
from queuetui.backends.native.redis.operator import RedisOperator
from queuetui.backends.native.sql.act.operator import SqlOperator
from queuetui.config.paths import config_file, state_folder
from queuetui.model.job import Ending
from tests.cli.conftest import EVERY_STORE, Invoke
from tests.cli.scenes import Answer, Scene


class Terminal:
    """A standard input that says it is one."""

    def __init__(self, answer: str) -> None:
        self._lines = [answer]

    def isatty(self) -> bool:
        """Say yes."""
        return True

    def readline(self, *_: object) -> str:
        """Return what is typed."""
        return self._lines.pop(0) if self._lines else ""


def states(scene: Scene) -> dict[str, str]:
    """Return the state of every job by what it stands for."""
    found = {row["id"]: row["state"] for row in scene.run("jobs", "--json", "-n", "500").data}
    return {name: found[job_id] for name, job_id in scene.ids.items() if job_id in found}


def journal() -> list[dict[str, object]]:
    """Return the record of acts."""
    folder = state_folder()
    assert folder is not None
    path = folder / "acts.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


@EVERY_STORE
def test_a_retry_takes_completed_jobs_only_where_they_are_named(busy: Scene) -> None:
    """A plan tells how many of each state it takes; completed jobs are among them by their state or id alone, and it says so."""
    plan = busy.run("retry", "queue:*", "--dry-run")
    (first, *_) = [line for line in plan.err.splitlines() if "dry run" in line]
    counts = first.rpartition(": ")[2]
    assert sorted(counts.split(", ")) == ["1 cancelled", "1 failed", "1 processing", "1 retrying", "1 scheduled"]
    assert "completed jobs are left out; to take them too, name them: state:completed" in plan.err
    told = busy.run("retry", "queue:*", "--dry-run", "--json").data
    assert (told["spared"], told["would_by_state"].get("completed"), len(told["would"])) == ("completed", None, 5)
    completed = {busy.ids["completed"], busy.ids["completed-too"]}
    assert not completed & {*told["would"], *(one["id"] for one in told["left"])}
    for named in (["queue:* state:completed"], [f"id:{busy.ids['completed']}"], ["--id", busy.ids["completed"]]):
        told = busy.run("retry", *named, "--dry-run", "--json").data
        assert (told["spared"], set(told["would"]) <= completed, len(told["would"]) > 0) == (None, True, True)
    assert completed <= set(busy.run("delete", "queue:*", "--dry-run", "--json").data["would"])


def test_retry_by_filter(busy: Scene) -> None:
    """All failed jobs become pending, and the record holds who asked and by which filter."""
    answer = busy.run("retry", "state:failed", "--yes", "--reason", "mail is back")
    assert (answer.code, answer.out) == (0, "")
    assert "retry 1 job in lane-failed" in answer.err
    assert "1 retried, 0 skipped, 0 failed" in answer.err
    assert states(busy)["failed"] == "pending"
    intent = journal()[0]
    assert (intent["verb"], intent["filter"], intent["reason"]) == ("retry", "state:failed", "mail is back")


def test_acts_by_id(busy: Scene) -> None:
    """Several ids are acted on together, each by its whole id or the end of it."""
    first, second = busy.ids["pending"], busy.ids["scheduled"]
    answer = busy.run("cancel", "--id", first, "--id", second[-12:], "--yes", "--json")
    assert answer.code == 0
    assert answer.data["done"] == 2
    assert {row["id"] for row in answer.data["results"]} == {first, second}
    assert {row["state_now"] for row in answer.data["results"]} == {"cancelled"}


def test_an_act_by_id_answers_for_each(busy: Scene) -> None:
    """An unknown id has its own answer and keeps no other from its act; where none is known the exit code is 4."""
    known, unknown = busy.ids["pending"], "0191a000-0000-7000-8000-000000000000"
    rehearsed = busy.run("cancel", "--id", unknown, "--id", known, "--dry-run", "--json").data
    assert (rehearsed["would"], rehearsed["not_found"]) == ([known], [unknown])
    answer = busy.run("cancel", "--id", unknown, "--id", known, "--yes", "--json")
    assert {row["id"]: row["outcome"] for row in answer.data["results"]} == {known: "done", unknown: "not_found"}
    assert (answer.code, answer.data["not_found"]) == (1, 1)
    told = busy.run("retry", "--id", unknown, "--id", busy.ids["failed"], "--yes")
    assert (told.code, "1 retried, 0 skipped, 0 failed, 1 not found" in told.err, unknown in told.err) == (
        1,
        True,
        True,
    )
    none = busy.run("retry", "--id", unknown, "--yes", "--json")
    assert (none.code, [row["outcome"] for row in none.data["results"]]) == (4, ["not_found"])
    busy.run("retry", "--id", unknown, "--yes").fails(4, "see: queuetui jobs")


def test_an_act_partly_done_is_told_and_exits_1(busy: Scene) -> None:
    """What cannot be done is told with its reason, the rest is done, and the exit code says not all."""
    answer = busy.run("delete", "--id", busy.ids["completed"], "--id", busy.ids["processing"], "--yes", "--json")
    assert answer.code == 1
    assert (answer.data["done"], answer.data["skipped"]) == (1, 1)
    (left,) = [row for row in answer.data["results"] if row["outcome"] == "skipped"]
    assert (left["id"], left["note"]) == (busy.ids["processing"], "is processing")
    assert "completed" not in states(busy)


def test_an_orphan_is_released(busy: Scene) -> None:
    """Release gives an orphan back to its queue and leaves a held job alone, saying why."""
    answer = busy.run("release", "state:processing", "--yes")
    assert answer.code == 1
    assert "1 released, 1 skipped" in answer.err
    assert "its worker still holds it" in answer.err
    assert (states(busy)["orphaned"], states(busy)["processing"]) == ("pending", "processing")


def test_a_running_job_is_asked_to_stop(busy: Scene) -> None:
    """Cancelling a run asks its worker, which the report says."""
    answer = busy.run("cancel", "--id", busy.ids["processing"], "--yes")
    assert answer.code == 0
    assert "asked to stop" in answer.err
    assert busy.run("why", busy.ids["processing"], "--json").data["code"] == "cancel_requested"


def test_a_dry_run_changes_nothing(busy: Scene) -> None:
    """A dry run names what would be done, on stdout for programs, and neither asks, records nor changes."""
    before = states(busy)
    for command in (["retry", "state:failed"], ["purge", "is:final"], ["cleanup", "--days", "0"]):
        answer = busy.run(*command, "--dry-run")
        assert (answer.code, answer.out) == (0, "")
        assert answer.err.startswith("dry run, nothing is changed: ")
    told = busy.run("retry", "state:failed", "--dry-run", "--json").data
    assert (told["dry_run"], told["would"]) == (True, [busy.ids["failed"]])
    assert states(busy) == before
    assert journal() == []


def test_without_a_terminal_nothing_is_done_unless_told(busy: Scene) -> None:
    """A script that does not say --yes is refused with what to say."""
    before = states(busy)
    answer = busy.run("retry", "state:failed")
    assert answer.code == 2
    assert "say --yes (or look first with --dry-run)" in answer.err
    assert states(busy) == before
    assert journal() == []


def test_nothing_to_do_needs_no_answer(quick: Scene) -> None:
    """An act that matches nothing asks nothing and is fine."""
    answer = quick.run("retry", "state:failed")
    assert answer.code == 0
    assert "0 retried, 0 skipped, 0 failed" in answer.err


@pytest.mark.parametrize(("typed", "code", "state"), [("y\n", 0, "pending"), ("n\n", 1, "failed"), ("\n", 1, "failed")])
def test_on_a_terminal_it_asks(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, state: str
) -> None:
    """A person is shown what will happen and asked; only a yes does it."""
    scene.ended("failed", Ending.FAILED)
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    answer = scene.run("retry", "state:failed")
    assert answer.code == code
    assert scene.ids["failed"] in answer.err
    assert "Do it?" in answer.err
    assert states(scene) == {"failed": state}


def test_an_act_that_ctrl_c_ends_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What became of each job is printed, and the code is that of an interruption."""

    def interrupted(*_: object) -> object:
        raise KeyboardInterrupt

    scene.ended("failed", Ending.FAILED)
    for operator in (MemoryOperator, SqlOperator, RedisOperator):
        monkeypatch.setattr(operator, "apply", interrupted)
    answer = scene.run("retry", "state:failed", "--yes")
    assert (answer.code, "1 unknown" in answer.err) == (130, True)


def test_an_end_of_input_is_no_yes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that closes instead of answering stops the act."""
    scene.ended("failed", Ending.FAILED)
    monkeypatch.setattr("sys.stdin", Terminal(""))
    assert scene.run("retry", "state:failed").code == 130
    assert states(scene) == {"failed": "failed"}


@pytest.mark.parametrize("command", ["retry", "cancel", "delete", "release"])
def test_an_act_is_told_which_jobs(quick: Scene, command: str) -> None:
    """An act without a filter or an id, or with both, is refused: nothing means everything."""
    quick.run(command, "--yes").fails(2, "say which jobs: either a FILTER or --id, and not both")
    quick.run(command, "state:failed", "--id", "abcdef", "--yes").fails(2, "say which jobs")


@EVERY_STORE
def test_purge_writes_then_deletes(busy: Scene) -> None:
    """A purge names the file it wrote, which only its owner may read and which holds what is gone."""
    answer = busy.run("purge", "state:completed", "--yes", "--json")
    assert (answer.code, answer.data["done"]) == (0, 2)
    path = Path(answer.data["exported_to"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = {json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()}
    assert written == {busy.ids["completed"], busy.ids["completed-too"]}
    assert not {"completed", "completed-too"} & set(states(busy))
    assert f"written first to {state_folder()}" in busy.run("purge", "state:failed", "-y").err


def test_a_protected_profile_wants_its_name_for_more_than_one_job(
    busy: Scene, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a protected profile a bulk act passes by its name, as an option or typed, and by nothing else."""
    file = config_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'[profiles.shop]\nurl = {json.dumps(busy.url)}\nkind = "native"\nrights = "admin"\nprotected = true\n',
        encoding="utf-8",
    )
    file.chmod(0o600)
    act = ("--profile", "shop", "delete", "state:completed")
    assert "say --confirm shop" in invoke(*act, "--yes").err
    assert invoke(*act, "--confirm", "shap").code == 1
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert invoke(*act).code == 1
    assert {"completed", "completed-too"} <= set(states(busy))
    monkeypatch.setattr("sys.stdin", Terminal("shop\n"))
    answer = invoke(*act)
    assert (answer.code, "This profile is protected" in answer.err) == (0, True)
    assert invoke("--profile", "shop", "delete", "--id", busy.ids["failed"], "--yes").code == 0


def test_purge_wants_a_filter(quick: Scene) -> None:
    """A purge of everything by leaving out the filter does not exist."""
    quick.run("purge", "--yes").fails(2, "Missing argument 'FILTER'")


def test_cleanup_takes_what_ended_long_ago(busy: Scene) -> None:
    """Cleanup deletes completed and cancelled jobs, failed ones only when named, and none that ended lately."""
    assert "0 deleted" in busy.run("cleanup", "--days", "1", "--yes").err
    assert "3 deleted" in busy.run("cleanup", "--days", "0", "--yes").err
    assert states(busy).get("failed") == "failed"
    assert "1 deleted" in busy.run("cleanup", "--days", "0", "--state", "failed", "--yes").err
    busy.run("cleanup", "--days", "-1", "--yes").fails(2, "--days")


@EVERY_STORE
def test_a_queue_is_paused_and_resumed(busy: Scene) -> None:
    """Pausing is told and shows; pausing again is refused with what is so already."""
    assert busy.run("pause", "mail").code == 0
    assert busy.run("why", busy.ids["pending"], "--json").data["code"] == "queue_paused"
    again = busy.run("pause", "mail")
    assert again.code == 1
    assert "it is paused already" in again.err
    assert busy.run("resume", "mail").code == 0
    assert busy.run("resume", "mail").code == 1


def test_pausing_a_queue_that_nobody_uses_is_remarked_on(busy: Scene) -> None:
    """A queue may be paused before its first job; as it may be a slip of the pen, the queues there are are named."""
    answer = busy.run("pause", "mial")
    assert answer.code == 0
    assert "no job was put into mial so far" in answer.err
    assert "mail" in answer.err
    assert "beware" not in busy.run("pause", "mail").err


def test_silent_registrations_are_cleaned(busy: Scene) -> None:
    """Cleaning deletes registrations silent for longer than asked, wherever on the line the store is named."""
    assert "0 registrations deleted" in busy.run("workers", "clean").err
    answer = busy.run("workers", "--url", busy.url, "clean", "--older-than", "0s")
    assert "1 registration deleted" in answer.err
    assert busy.run("workers", "--json").data == []


def test_the_flags_of_workers_reach_clean(scene: Scene, invoke: object) -> None:
    """A URL between `workers` and `clean` is the store that is cleaned."""
    scene.register()
    assert callable(invoke)
    answer: Answer = invoke("workers", "--url", scene.url, "clean", "--older-than", "0s")
    assert "1 registration deleted" in answer.err


def test_a_negated_term_is_a_filter_and_no_option(busy: Scene) -> None:
    """`-queue:mail` on a command line leaves a queue out."""
    shown = busy.run("jobs", "-queue:mail", "--json", "-state:completed").data
    assert {row["queue"] for row in shown} & {"mail", "lane-completed"} == set()
    assert len(shown) == 5
    assert busy.run("jobs", "--json", "--", "-sku").data == []


def test_sorting_and_limits(busy: Scene) -> None:
    """--sort orders, a minus turns the order, --limit bounds."""
    newest = busy.run("jobs", "--sort", "-created", "-n", "2", "--json").data
    oldest = busy.run("jobs", "--sort", "created", "-n", "1", "--json").data
    assert "more jobs match than the 2 shown" in busy.run("jobs", "-n", "2").err
    assert [row["id"] for row in newest] == [busy.ids["orphaned"], busy.ids["cancelled"]]
    assert oldest[0]["id"] == busy.ids["pending"]
    assert busy.run("jobs", "--sort", "-priority", "-n", "1", "--json").data[0]["id"] == busy.ids["urgent"]


def test_migrate_tells_what_it_did(sqlite_url: str, invoke: object) -> None:
    """A check names what is to be applied and exits 1; migrating applies it; then all is up to date."""
    assert callable(invoke)
    Path(sqlite_url.removeprefix("sqlite:///")).touch()
    checked = invoke("migrate", "--check", "--url", sqlite_url)
    assert (checked.code, checked.out) == (1, "")
    assert "to apply: 0001" in checked.err
    first = invoke("migrate", "--url", sqlite_url)
    assert first.code == 0
    assert "applied: " in first.err
    assert "the schema is up to date" in invoke("migrate", "--url", sqlite_url).err
    assert invoke("migrate", "--check", "--url", sqlite_url).code == 0
