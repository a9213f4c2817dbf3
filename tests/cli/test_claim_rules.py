"""Rules for claims from the command line: laid down, shown, taken away, recorded."""

from __future__ import annotations

import shlex

import pytest

from queuetui.operate import rights
from tests.cli.conftest import EVERY_STORE
from tests.cli.scenes import Scene
from tests.cli.test_acts import journal


@EVERY_STORE
def test_limits_are_laid_down_and_shown(busy: Scene) -> None:
    """What is laid down is listed with who did it; parts that are not named stay."""
    answer = busy.run("queues", "limit", "mail", "--concurrency", "5", "--rate", "10/1m", "--reason", "slow partner")
    assert (answer.code, answer.out) == (0, "")
    assert "1 limited, 0 skipped, 0 failed" in answer.err
    assert busy.run("queues", "limit", "mail", "--type", "SendMail", "--concurrency", "2").code == 0
    assert busy.run("queues", "limit", "mail", "--ageing", "1m").code == 0
    rows = {row["queue"]: row for row in busy.run("queues", "--json").data}
    whole, of_type = rows["mail"]["limits"]
    assert (whole["type"], whole["concurrency"], whole["rate"], whole["begun"]) == (None, 5, "10/1m", 0)
    assert (of_type["type"], of_type["concurrency"], of_type["rate"]) == ("SendMail", 2, None)
    assert "@" in whole["set_by"]
    assert rows["mail"]["ageing_seconds"] == 60
    others = [row for name, row in rows.items() if name != "mail"]
    assert all((row["limits"], row["ageing_seconds"]) == ([], None) for row in others)
    table = busy.run("queues").out
    assert "0/5 at once, 0 of 10/1m; SendMail: 0/2 at once; ages every" in table


def test_limits_are_taken_away(busy: Scene) -> None:
    """Clearing takes away a type's limit, or everything; with a new one beside it, it replaces."""
    busy.run("queues", "limit", "mail", "--concurrency", "5", "--ageing", "90")
    busy.run("queues", "limit", "mail", "--type", "SendMail", "--rate", "1/s")
    busy.run("queues", "limit", "mail", "--type", "SendMail", "--clear")
    rows = {row["queue"]: row for row in busy.run("queues", "--json").data}
    assert [one["type"] for one in rows["mail"]["limits"]] == [None]
    busy.run("queues", "limit", "mail", "--clear", "--rate", "3/2h")
    rows = {row["queue"]: row for row in busy.run("queues", "--json").data}
    assert [(one["concurrency"], one["rate"]) for one in rows["mail"]["limits"]] == [(None, "3/2h")]
    assert rows["mail"]["ageing_seconds"] is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "nothing to lay down"),
        (("--rate", "ten"), "not a rate"),
        (("--rate", "0/1m"), "not a rate"),
        (("--rate", "5/1y"), "not a duration"),
        (("--rate", "5/60d"), "not between"),
        (("--concurrency", "0"), "--concurrency"),
        (("--type", "T", "--ageing", "60"), "whole queue"),
        (("--ageing", "0"), "ageing"),
    ],
)
def test_rules_that_cannot_be_are_refused(busy: Scene, words: tuple[str, ...], told: str) -> None:
    """What makes no sense is a usage error in one line, and nothing is laid down."""
    busy.run("queues", "limit", "mail", *words).fails(2, told)
    assert all(row["limits"] == [] for row in busy.run("queues", "--json").data)


def test_a_read_only_profile_lays_down_nothing(busy: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right nothing is laid down."""
    monkeypatch.setattr(rights, "decide_right", lambda *_, **__: rights.Right.READ)
    busy.run("queues", "limit", "mail", "--concurrency", "5").fails(1, "read-only")
    assert all(row["limits"] == [] for row in busy.run("queues", "--json").data)


def test_laying_down_is_recorded(busy: Scene) -> None:
    """The act, its arguments and the rules before it are in the record."""
    busy.run("queues", "limit", "mail", "--concurrency", "5", "--reason", "why not")
    entries = [entry for entry in journal() if entry.get("verb") == "limit" or entry["entry"] == "outcome"]
    intent, outcome = entries[-2:]
    assert (intent["verb"], intent["subject"], intent["reason"]) == ("limit", "rules of queue mail", "why not")
    assert intent["args"] == {"concurrency": "5"}
    assert "'outcome': 'done'" in str(outcome["results"])
    assert "limits" in str(outcome["results"])


def test_a_job_at_a_limit_says_so(busy: Scene) -> None:
    """`why` names the limit, who set it and what is in use, and its next step lets the job be taken."""
    busy.run("queues", "limit", "narrow", "--concurrency", "1")
    first, second = busy.job("first", "narrow"), busy.job("second", "narrow")
    lease = busy.backend.jobs.open_lease("worker-1", "narrow", 3600)
    assert [job.id for job in busy.backend.jobs.step(lease.id, (), 5).claimed] == [first]
    answer = busy.run("why", second, "--json").data
    assert answer["code"] == "limit_reached"
    assert answer["evidence"]["processing"] == 1
    assert busy.run(*shlex.split(answer["next"].partition("queuetui ")[2])).code == 0
    assert [job.id for job in busy.backend.jobs.step(lease.id, (), 5).claimed] == [second]


def test_a_job_may_need_tags(busy: Scene) -> None:
    """A job enqueued with needs shows them, and says that no worker has the tags."""
    job_id = busy.run("enqueue", "SendMail", "-q", "narrow", "--needs", "gpu", "--needs", "eu").out.strip()
    shown = busy.run("show", job_id, "--json").data
    assert shown["needs"] == ["gpu", "eu"]
    lease = busy.backend.jobs.open_lease("worker-1", "narrow", 3600)
    assert busy.backend.jobs.step(lease.id, (), 5).claimed == ()
    assert busy.run("why", job_id, "--json").data["code"] == "no_tagged_worker"


def test_a_schedule_makes_jobs_with_needs(busy: Scene) -> None:
    """The jobs of a recurring one need the tags that it was added with."""
    busy.run("schedules", "add", "render", "SendMail", "--every", "1h", "--needs", "gpu")
    job_id = busy.run("schedules", "run-now", "render").out.strip()
    assert busy.run("show", job_id, "--json").data["needs"] == ["gpu"]
