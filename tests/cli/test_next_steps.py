"""The command that a verdict prints as its next step is one that the program takes, whatever is in the names."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rich_click as click

from queuetui.cli.access import access_to
from queuetui.cli.main import program
from queuetui.cli.session import Flags, choose_profile
from queuetui.model.act import JobRef, Verb
from queuetui.model.claim_rules import ClaimLimit, ClaimRules, RulesInUse
from queuetui.model.event import Event, EventKind
from queuetui.model.filter_text import write_name
from queuetui.model.job import Ending, Job
from queuetui.model.names import read_queue
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.monitor.diagnosis import gap
from queuetui.monitor.diagnosis.explain import explain
from tests.cli.conftest import Invoke
from tests.cli.scenes import Scene
from tests.monitor.pictures import ago, facts, job, queue, running, worker

NAMES = [
    "mail", "a\tb", "a\nb", "two words", "it's", 'say "hi"', "-x", "--all", "$HOME", "`id`", "a;b|c&d", "\\\\", "\\t", "*", "a,b", "ma?l",
    "\x1b[31m", "\u202ered", "北", " a ", "'", '"', "!!", "#x", "~", "n" * 150, "(x)", "%s", "=",
]  # fmt: skip

_TELLS_WORDS = "queuetui() { printf '%s\\0' \"$@\"; }\n"


def parsed(step: str) -> dict[str, Any]:
    """Return what the program's own parser reads of the last command of a step, which holds nothing that a terminal obeys or hides."""
    assert step.isprintable()
    line = step[step.rindex("queuetui ") :]
    shell = subprocess.run(["sh", "-c", _TELLS_WORDS + line], capture_output=True, text=True, check=True)
    words = shell.stdout.split("\0")[:-1]
    group: click.Command = program
    while True:
        with group.make_context("queuetui", words) as context:
            if not isinstance(group, click.Group) or not (words := [*context._protected_args, *context.args]):
                return context.params
            found = group.get_command(context, words[0])
        assert found is not None, step
        group, words = found, words[1:]


def listened(name: str) -> tuple[str, ...] | None:
    """Return what a worker for a queue is told: its name, or all queues where it is no name that a worker takes."""
    try:
        return (read_queue(name),)
    except ValueError:
        return None


@pytest.mark.parametrize("name", NAMES)
def test_a_next_step_names_the_queue_as_it_is(name: str) -> None:
    """Workers to start, queues to resume, limits to raise and events to look at are of the very queue."""
    waits = job(queue=name, scheduled_at=ago(400))
    nobody, limited = facts(queue(name)), facts(queue(name), worker(name))
    use = RulesInUse(name, ClaimRules((ClaimLimit(type=None, concurrency=1),)), {"": 1})
    typed = RulesInUse(name, ClaimRules((ClaimLimit(type=name, concurrency=1),)), {name: 1})
    for subject in (waits, replace(waits, scheduled_at=ago(10)), running(10, lease_s=-1, queue=Untrusted(name))):
        assert (parsed(explain(subject, nobody).next)["queues"] or (None,))[0] == listened(name)
    assert parsed(explain(waits, facts(queue(name, paused_s=9))).next)["queue"] == name
    assert parsed(explain(waits, replace(limited, rules={name: use})).next)["queue"] == name
    held = explain(replace(waits, type=Untrusted(name)), replace(limited, rules={name: typed}))
    assert (parsed(held.next)["queue"], parsed(held.next)["type"]) == (name, name)
    tagged = parsed(explain(replace(waits, needs=(Untrusted("gpu"),)), limited).next)
    assert (tagged["queues"] or (None,))[0] == listened(name)
    told = gap.judge(
        replace(waits, state=State.COMPLETED, completed_at=ago(1)),
        [Event("1", ago(300), EventKind.JOB_CREATED, job_id="x", queue=Untrusted(name))],
        nobody,
        is_logged=True,
    )
    assert told is not None
    assert parsed(told.next)["queue"] == name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", [State.FAILED, State.RETRYING, State.SCHEDULED])
def test_a_next_step_names_the_job_as_it_is(name: str, state: State) -> None:
    """Acts are on the very job."""
    subject: Job = replace(job(state), ref=JobRef("b", name, "1"), scheduled_at=datetime(2100, 1, 1, tzinfo=UTC))
    assert parsed(explain(subject, facts()).next)["ids"] == (write_name(name),)


_SETTINGS = """
[profiles.plain]
url_env = "PLAIN_URL"
[profiles.reader]
url_env = "SHOP_URL"
rights = "read"
[profiles.operator]
url_env = "SHOP_URL"
rights = "operate"
[profiles.alone]
url_env = "PLAIN_URL"
kind = "native"
rights = "read"
[profiles.alpha]
url_env = "SHOP_URL"
rights = "read"
settings = {"bullmq.prefix" = "alpha"}
"""

_LONG = f"sqlite:////{'d' * 300}"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have profiles of one store, whose URL is in variables."""
    path = tmp_path / "config.toml"
    path.write_text(_SETTINGS)
    monkeypatch.setenv("QUEUETUI_CONFIG", str(path))
    monkeypatch.setenv("PLAIN_URL", "sqlite:///shop.db")
    monkeypatch.setenv("SHOP_URL", "sqlite:///shop.db")


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("flags", "options"),
    [
        (["--url", "URL"], ["--url", "URL"]),
        (["--profile", "plain"], ["--profile", "plain", "--operate"]),
        (
            ["--profile", "plain", "--operate", "--kind", "native"],
            ["--profile", "plain", "--kind", "native", "--operate"],
        ),
        (["--profile", "operator"], ["--profile", "operator"]),
        (["--profile", "reader", "--operate"], ["--profile", "operator"]),
        (["--profile", "alone"], ["--profile", "NAME"]),
        (["--profile", "alpha"], ["--profile", "NAME"]),
        ([], []),
    ],
)
def test_a_next_step_comes_to_the_same_store_with_the_right_that_it_takes(
    quick: Scene, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, flags: list[str], options: list[str]
) -> None:
    """It names what the command line named, and asks for the right, or goes by a profile that has it; so it is let act."""
    quick.ended("failed", Ending.FAILED)
    monkeypatch.setenv("PLAIN_URL", quick.url)
    monkeypatch.setenv("SHOP_URL", quick.url)
    # What names no store means another one.
    monkeypatch.setenv("QUEUETUI_URL", quick.url if not flags else "memory://elsewhere")
    job_id = quick.ids["failed"]
    step = invoke("why", job_id, *(quick.url if one == "URL" else one for one in flags), "--json").data["next"]
    told, _, remark = step.partition(" (")
    words = shlex.split(told[told.rindex("queuetui ") :])
    assert words == ["queuetui", "retry", "--id", job_id, *(quick.url if one == "URL" else one for one in options)]
    assert ('rights = "operate"' in remark) == ("NAME" in options)
    assert "NAME" in options or invoke(*words[1:], "--yes").code == 0


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("named", "options"),
    [
        (Flags(profile=("reader",), mapping="/m.toml"), ["--profile", "operator", "--mapping", "/m.toml"]),
        (
            Flags(profile=("alone",), mapping="/m.toml", kind="mapped:t"),
            ["--profile", "NAME", "--mapping", "/m.toml", "--kind", "mapped:t"],
        ),
        (
            Flags(url="sqlite:///q", mapping="/m.toml"),
            ["--url", "sqlite:///q", "--mapping", "/m.toml", "--operate"],
        ),
        (Flags(url=_LONG), ["--url", _LONG, "--operate"]),
        (Flags(url="redis://:pw@h?beside=" + _LONG), ["--url", f"redis://:***@h?beside={_LONG}", "--operate"]),
        (Flags(url="sqlite:///\u202eq"), ["--url", "URL", "--operate"]),
    ],
)
def test_a_next_step_reads_the_same_by_whichever_name_it_goes(named: Flags, options: list[str]) -> None:
    """What the command line said beside the store's name is said with any other name too."""
    assert list(access_to(choose_profile(named), is_native=False).way_to(Verb.RETRY).options) == options
