"""`queuetui watch-alarms`: what is told, to whom, and how often."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from queuetui.config.paths import config_file
from tests.architecture.source import ROOT
from tests.bounded import bounded
from tests.cli.conftest import Invoke
from tests.cli.scenes import Scene
from tests.waiting import wait_until


def settings(scene: Scene, lines: str) -> None:
    """Write a profile of the store whose alarms have these lines; it is the default."""
    path = config_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'[profiles.shop]\nurl_env = "STORE"\n[profiles.shop.alarms]\n{lines}\n', encoding="utf-8")


@pytest.fixture
def deep(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A profile whose queue is deeper than it allows."""
    monkeypatch.setenv("STORE", scene.url)
    settings(scene, "depth = 1")
    scene.job("a")
    scene.job("b")
    return scene


def look(invoke: Invoke, *arguments: str) -> list[dict[str, Any]]:
    """Look once by the profile; return what changed."""
    answer = invoke("watch-alarms", "--once", "--profile", "shop", "--json", *arguments)
    assert answer.code == 0, answer
    changes: list[dict[str, Any]] = answer.data
    return changes


def test_what_is_wrong_is_told_once(deep: Scene, invoke: Invoke) -> None:
    """A queue over its limit is told at the first look and not at the next, also by another run."""
    (change,) = look(invoke)
    assert (change["turn"], change["code"], change["name"], change["store"]) == ("raised", "depth_over", "mail", "shop")
    assert look(invoke) == []


def test_it_is_told_when_it_is_over(deep: Scene, invoke: Invoke) -> None:
    """Once the queue is well again for long enough, that is told."""
    settings(deep, 'depth = 1\nclear_after = "0s"')
    look(invoke)
    deep.run("cancel", "--id", deep.ids["a"], "--yes")
    deep.run("cancel", "--id", deep.ids["b"], "--yes")
    assert [(one["turn"], one["code"]) for one in look(invoke)] == [("cleared", "depth_over")]


def test_a_command_is_run_for_each_change(deep: Scene, invoke: Invoke, tmp_path: Path) -> None:
    """It gets the alarm as JSON on its input and in its environment, and no shell reads its words."""
    keep = tmp_path / "kept; rm x"
    program = (
        "import os,sys,pathlib;pathlib.Path(sys.argv[1]).write_text(sys.stdin.read()+os.environ['QUEUETUI_ALARM_CODE'])"
    )
    settings(deep, f"depth = 1\ncommand = {json.dumps([sys.executable, '-c', program, str(keep)])}")
    (change,) = look(invoke)
    assert keep.read_text(encoding="utf-8") == f"{json.dumps(change)}depth_over"


def test_a_command_that_fails_is_told(deep: Scene, invoke: Invoke) -> None:
    """The watch goes on, and says what its command ended with."""
    answer = invoke("watch-alarms", "--once", "--profile", "shop", "--command", f"{sys.executable} -c 1/0")
    assert answer.code == 0
    assert f"the command {sys.executable} ended with 1" in answer.err


def test_a_silence_is_kept(deep: Scene, invoke: Invoke, tmp_path: Path) -> None:
    """Nothing is done in its window, the change says so, and it is done once the window is over."""
    keep = tmp_path / "kept"
    action = f"depth = 1\ncommand = {json.dumps(['touch', str(keep)])}\n"
    window = '[[profiles.shop.alarms.silences]]\nfrom = "2020-01-01T00:00Z"\nuntil = "2199-01-01T00:00Z"'
    settings(deep, f'{action}{window}\ncodes = ["depth_over"]')
    assert [one["silenced"] for one in look(invoke)] == [True]
    assert not keep.exists()
    settings(deep, action)
    assert [one["silenced"] for one in look(invoke)] == [False]
    assert keep.exists()


def test_a_store_that_does_not_answer_is_an_alarm(deep: Scene, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is critical, ends no other alarm, and is over when the store answers again."""
    settings(deep, 'depth = 1\nclear_after = "0s"')
    look(invoke)
    monkeypatch.setenv("STORE", "redis://127.0.0.1:1/0")
    assert [(one["code"], one["severity"]) for one in look(invoke)] == [("unreachable", "critical")]
    assert look(invoke) == []


def test_where_the_store_is_stays_here(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The terminal shows the whole command; a webhook gets neither the address nor the path of the mapping."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr("queuetui.monitor.alarms.webhook.WebhookSender.send", lambda _, document: sent.append(document))
    monkeypatch.setenv("HOOK", "secret")
    hook = ("--webhook", "http://127.0.0.1:1/", "--webhook-secret-env", "HOOK")
    url, mapping = f"postgresql://a@127.0.0.1:1/{'d' * 300}", str(tmp_path / "a mapping.toml")
    (shown,) = invoke("watch-alarms", "--once", "--url", url, "--mapping", mapping, "--json", *hook).data
    assert shown["next"] == f"queuetui doctor --url {url} --mapping '{mapping}'"
    assert sent[0]["next"] == "queuetui doctor --url URL --mapping MAPPING"
    assert sent[0]["summary"].startswith("it cannot be read: URL: ")
    invoke("watch-alarms", "--once", "--url", f"sqlite:///{tmp_path}/absent.db", *hook)
    assert sent[1]["store"] == "absent.db"
    assert str(tmp_path) not in str(sent[1])


def test_a_webhook_needs_its_secret(deep: Scene, invoke: Invoke) -> None:
    """An alarm that nobody could believe is not sent."""
    answer = invoke(
        "watch-alarms",
        "--once",
        "--profile",
        "shop",
        "--webhook",
        "http://127.0.0.1:1/",
        "--webhook-secret-env",
        "HOOK",
    )
    assert answer.code != 0
    assert "HOOK is not set" in answer.err


@pytest.mark.timed
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_watch_tells_as_it_happens_and_ends_when_asked(deep: Scene, number: signal.Signals) -> None:
    """A process that watches writes a line and rings at each change; TERM, or the end of its terminal, ends it with 0."""
    words = [
        sys.executable,
        "-m",
        "queuetui",
        "watch-alarms",
        "--profile",
        "shop",
        "--json",
        "--every",
        "50ms",
        "--bell",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    heard, terminal = os.openpty()
    watch = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=terminal, text=True)
    with bounded(watch):
        assert watch.stdout is not None
        assert json.loads(watch.stdout.readline())["name"] == "mail"
        deep.job("c", "slow")
        deep.job("d", "slow")
        assert json.loads(watch.stdout.readline())["name"] == "slow"
        watch.send_signal(number)
        wait_until(lambda: watch.poll() is not None)
        assert (watch.returncode, watch.stdout.read()) == (0, "")
    # Where nothing rang, reading ends only once nobody has the terminal open.
    os.close(terminal)
    assert os.read(heard, 1_000).count(b"\a") == 2
    os.close(heard)
