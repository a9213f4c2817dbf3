"""The page on troubleshooting explains every verdict, and what it tells people to type works."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from queuetui.backends import embedded
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.cli.main import run
from queuetui.model.job import Ending
from queuetui.model.verdict import STUCK_CODES, Code
from tests.architecture.source import ROOT
from tests.cli.scenes import Answer, Scene
from tests.docs.pages import readable

PAGE = ROOT / "docs" / "troubleshooting.md"
ROW = re.compile(r"^\| [^|]+ \| (`[^|]+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
CODE = re.compile(r"`(\w+)`(\*?)")
APP = 'from queuetui import job\n\n\n@job("SendMail")\ndef send(payload):\n    return True\n'
# A check ends with how grave it is what it found.
GRAVE = {"check": {0, 1, 2}, "doctor": {0, 1, 2}, "health": {0, 1, 2}}
# What must be so before a command has anything to do.
BEFORE = {
    "resume mail": ("pause", "mail"),
    "schedules resume nightly": ("schedules", "pause", "nightly"),
    "queues events mail on": ("queues", "events", "mail", "off"),
}
ACTS = {"retry", "cancel", "release"}


@pytest.fixture
def scene(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A queue in an SQLite file that is the one which commands without a URL are about."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    monkeypatch.setenv("QUEUETUI_URL", url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "shop.py").write_text(APP, encoding="utf-8")
    # A worker in this process makes its store the one of all that say none.
    monkeypatch.setattr(embedded, "_chosen", embedded._chosen)
    backend = open_native(url, BackendOptions(create=True))

    def answer(*words: str) -> Answer:
        capsys.readouterr()
        code = run(list(words))
        return Answer(code, *capsys.readouterr())

    yield Scene(url, backend, answer)
    backend.close()


def test_every_verdict_has_an_entry() -> None:
    """Each code that the program may give is explained, none that it cannot give, and those with a star make a job stuck."""
    cells = [cell for cell, _ in ROW.findall(PAGE.read_text(encoding="utf-8"))]
    named = [one for cell in cells for one in CODE.findall(cell.partition(";")[0])]
    assert {name for name, _ in named} == {code.value for code in Code}
    assert {name for name, star in named if star} == {code.value for code in STUCK_CODES}


def test_every_entry_names_a_command() -> None:
    """No verdict leaves a person without the next thing to type."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert [cell for cell, commands in rows if "`queuetui " not in commands] == []


def test_every_command_of_the_page_is_carried_out(scene: Scene) -> None:
    """Each command is run on a queue that has a job for it, and does what it says."""
    scene.register("mail")
    assert scene.run("schedules", "add", "nightly", "SendMail", "--cron", "30 2 * * *").code == 0
    for number, written in enumerate(dict.fromkeys(command.words for command in readable(PAGE))):
        words = _words(written, scene, f"job-{number}")
        if before := BEFORE.get(" ".join(words)):
            assert scene.run(*before).code == 0, before
        answer = scene.run(*words)
        assert answer.code in GRAVE.get(words[0], {0}), (written, answer)


def _words(written: tuple[str, ...], scene: Scene, label: str) -> list[str]:
    """Return a command with a job in its right state, and with what stands for a person's yes or ends a worker."""
    words = list(written[1:])
    if "ID" in words:
        _MAKERS.get(words[0], _ended)(scene, label)
    stand_ins: Mapping[str, str] = {
        "ID": scene.ids.get(label, ""),
        "QUEUE": "mail",
        "TAG": "vip",
        "MODULE": "shop",
        "NAME": "nightly",
    }
    words = [re.sub(r"\b[A-Z]{2,}$", lambda found: stand_ins[found[0]], word) for word in words]
    if words[0] in ACTS:
        words.append("--yes")
    return [*words, "--burst"] if words[0] == "worker" and "--burst" not in words else words


def _ended(scene: Scene, label: str) -> None:
    scene.ended(label, Ending.FAILED)


_MAKERS: Mapping[str, Callable[[Scene, str], object]] = {"cancel": Scene.job, "release": Scene.orphaned}
