"""Files by which workers and servers are run as services, and the worker that speaks to its manager."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from compose_spec import PyCompose

from queuetui.cli.service.files import UnitPlace, write_compose, write_unit
from queuetui.model.errors import BadConfig
from tests.bounded import bounded
from tests.cli.scenes import Scene

WORDS = ("-q", "mail, high", "--app", "shop.jobs", "--tag", "100%", "$HOME", 'a"b\\c')
HEARD_S = 60.0


def unit(folder: Path, words: tuple[str, ...] = WORDS, *, is_of_user: bool = False) -> str:
    """Return a unit that writes to a folder."""
    return write_unit(UnitPlace("queuetui-worker", is_of_user), words, folder, [folder / "state"], "root")


def test_words_reach_the_worker_as_they_are(tmp_path: Path) -> None:
    """Blanks, quotes, per cent signs and dollars are written so that systemd takes them literally."""
    (line,) = [line for line in unit(tmp_path).splitlines() if line.startswith("ExecStart=")]
    assert line.endswith('-m queuetui worker -q "mail, high" --app shop.jobs --tag 100%% $$HOME "a\\"b\\\\c"')
    folder = tmp_path / "100% of $HOME"
    assert f'"-{tmp_path}/100%% of $HOME"' in unit(folder)


@pytest.mark.parametrize("is_of_user", [False, True])
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit(tmp_path: Path, *, is_of_user: bool) -> None:
    """systemd-analyze finds no fault in a unit, whatever is in its words and paths."""
    folder = tmp_path / "a folder with 100% blanks"
    folder.mkdir()
    path = tmp_path / "queuetui-worker.service"
    path.write_text(unit(folder, is_of_user=is_of_user))
    level = ["--user"] if is_of_user else []
    checked = subprocess.run(
        ["systemd-analyze", *level, "--man=no", "verify", str(path)],
        capture_output=True, text=True, check=False, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    ours = [line for line in checked.stderr.splitlines() if "queuetui-worker" in line]
    assert (checked.returncode, ours) == (0, [])


def test_a_control_character_is_refused(tmp_path: Path) -> None:
    """What no unit can hold is refused, not written in part."""
    with pytest.raises(BadConfig, match="control character"):
        unit(tmp_path, ("-q", "a\nExecStartPre=/bin/sh"))


def test_the_compose_file_fits_the_schema() -> None:
    """A compose file with hostile words is what the schema allows, and says the command to a shell as it is meant."""
    written = PyCompose.from_yaml(write_compose(WORDS, "python:3.12-slim"))
    written.validate()
    services = written.to_dict()["services"]
    assert set(services) == {"worker", "server"}
    shell, option, line = services["worker"]["command"]
    assert (shell, option) == ("sh", "-c")
    # What the engine hands on after it has read its dollars.
    words = shlex.split(line.replace("$$", "$"))
    assert tuple(words[words.index("worker") + 1 :]) == WORDS


@pytest.mark.timed
def test_a_worker_speaks_to_its_manager(tmp_path: Path) -> None:
    """A worker that a manager started says that it is ready, that it lives, and that it stops; its environment is clean."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(HEARD_S)
        environment = {**os.environ, "NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "400000"}
        command = [sys.executable, "-m", "queuetui", "worker", "--url", f"sqlite:///{tmp_path}/q.db"]
        worker = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL)
        with bounded(worker):
            assert manager.recv(4096).decode() == f"READY=1\nMAINPID={worker.pid}"
            assert manager.recv(4096) == b"WATCHDOG=1"
            worker.send_signal(signal.SIGTERM)
            heard = b"WATCHDOG=1"
            while heard == b"WATCHDOG=1":
                heard = manager.recv(4096)
            assert heard == b"STOPPING=1\nSTATUS=stopping: SIGTERM"
        assert worker.returncode == 0


def test_the_commands_print_both_files(scene: Scene) -> None:
    """A password never stands in a unit; the file that holds it is named."""
    done = scene.run("service", "systemd", "--url", "postgresql://ann:s3cr3t@db/app", "print", "-q", "mail")
    assert done.code == 0
    assert "s3cr3t" not in done.out + done.err
    assert "QUEUETUI_URL" in done.err
    assert "-m queuetui worker -q mail" in done.out
    assert 'image: "shop/jobs:1"' in scene.run("service", "compose", "--image", "shop/jobs:1", "-q", "mail").out
    refused = scene.run("service", "systemd", "print", "--url", "postgresql://ann:s3cr3t@db/app")
    assert (refused.code, refused.out) == (2, "")
    assert "s3cr3t" not in refused.err
