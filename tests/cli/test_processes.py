"""The program as it is started: what it loads, what it writes to, how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from queuetui import __version__
from queuetui.backends.base import BackendOptions
from queuetui.backends.native.texts import storable
from queuetui.backends.registry import open_native
from queuetui.cli.main import COMMANDS
from queuetui.model.job import NewJob
from queuetui.model.job_id import new_job_id
from tests.architecture.source import ROOT
from tests.bounded import bounded
from tests.cli.conftest import Invoke
from tests.zoo import SMALL_ZOO

HEAVY = {"textual", "sqlalchemy", "psycopg", "redis", "pymysql"}
SCRIPT = """
import sys
from queuetui.cli.main import run
code = run(sys.argv[1:])
print("loaded:" + ",".join(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture
def filled(sqlite_url: str) -> str:
    """The URL of an SQLite queue with a job named after each small specimen that can be stored."""
    backend = open_native(sqlite_url, BackendOptions(create=True))
    texts = [text for text in SMALL_ZOO.values() if text == storable(text)]
    backend.jobs.enqueue([NewJob(new_job_id(), "Send", b"{}", name=text or None) for text in texts])
    backend.close()
    return sqlite_url


def loaded_by(arguments: Sequence[str]) -> set[str]:
    """Run a command line in a process of its own and return the packages it loaded."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("loaded:")[2].strip().split(","))


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["jobs", "--help"], ["worker", "--help"]])
def test_asking_for_help_loads_no_driver_and_no_console(arguments: list[str]) -> None:
    """The version and the help come without Textual, SQLAlchemy or any driver."""
    assert loaded_by(arguments) & HEAVY == set()


def test_the_help_lists_the_commands_by_their_names(invoke: Invoke) -> None:
    """Every command stands in the help under the name that calls it."""
    lines = [line.strip("\u2502 ") for line in invoke("--help").out.splitlines()]
    for name in COMMANDS:
        assert any(line.startswith(f"{name} ") for line in lines), name


@pytest.mark.parametrize("arguments", [["stats"], ["jobs"], ["queues", "--json"], ["worker", "--burst"]])
def test_nothing_headless_loads_textual(filled: str, arguments: list[str]) -> None:
    """Figures, listings and a worker load no Textual, no driver but the one the URL names; a worker without schedules no cron."""
    loaded = loaded_by([*arguments, "--url", filled])
    assert loaded & {"textual", "psycopg", "redis", "pymysql"} == set()
    assert "worker" not in arguments or "cronsim" not in loaded
    assert "queuetui" in loaded


def test_the_version_is_the_packages(spawn: Invoke) -> None:
    """The program says its version on stdout."""
    answer = spawn("--version")
    assert (answer.code, answer.err) == (0, "")
    assert __version__ in answer.out


def test_exit_codes_reach_the_shell(spawn: Invoke, filled: str, tmp_path: Path) -> None:
    """A process ends with the code that its command line deserves."""
    assert spawn("stats", "--url", filled).code == 0
    assert spawn("retry", "is:live", "--url", filled, "--yes").code == 1
    assert spawn("jobs", "stat:x", "--url", filled).code == 2
    assert spawn("stats", "--url", f"sqlite:///{tmp_path}/absent.db").code == 4
    assert spawn("stats", "--url", "postgresql://127.0.0.1:1/x").code == 3


@pytest.mark.parametrize(
    ("locale", "form"),
    [
        ({"LANG": "C", "LC_ALL": "C"}, "table"),
        ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, "csv"),
        *(({"PYTHONIOENCODING": "ascii:strict"}, form) for form in ("table", "json", "csv")),
        ({"PYTHONIOENCODING": "latin-1"}, "table"),
    ],
)
def test_any_terminal_encoding_takes_any_text(spawn: Invoke, filled: str, locale: dict[str, str], form: str) -> None:
    """Characters that the terminal's encoding lacks are written as escapes, and never stop a listing."""
    environment = {"PYTHONPATH": str(ROOT / "src"), **locale}
    done = subprocess.run(
        [sys.executable, "-m", "queuetui", "jobs", "-n", "200", "--url", filled, "--format", form],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") > 40


def test_words_that_are_not_utf8_are_an_error_and_no_crash(filled: str) -> None:
    """Bytes on the command line that are no text end as any wrong word does."""
    for words in ([b"show", b"\xff\xfe\xfd\xfc\xfb\xfa"], [b"jobs", b"type:\xff"], [b"pause", b"\xff"]):
        done = subprocess.run(
            [sys.executable.encode(), b"-m", b"queuetui", *words, b"--url", filled.encode()],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            check=False,
        )
        assert done.returncode in {0, 1, 2, 4}
        assert b"fault of the program" not in done.stderr, words
        assert b"Traceback" not in done.stderr


def test_a_reader_that_leaves_is_no_error(filled: str) -> None:
    """When `head` has seen enough the program ends quietly."""
    process = subprocess.Popen(
        [sys.executable, "-m", "queuetui", "jobs", "-n", "500", "--url", filled, "--format", "ndjson"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with bounded(process):
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()
    assert (process.returncode, complaint) == (0, b"")


def test_a_missing_driver_is_named(tmp_path: Path) -> None:
    """Without its driver a URL ends with 2 and says what to install."""
    code = (
        "import sys\n"
        "sys.modules['psycopg'] = None\n"
        "sys.modules['pymysql'] = None\n"
        "from queuetui.cli.main import run\n"
        "sys.exit(run(['stats', '--url', sys.argv[1]]))\n"
    )
    for url, driver in (("postgresql://127.0.0.1/x", "psycopg"), ("mysql://127.0.0.1/x", "pymysql")):
        done = subprocess.run(
            [sys.executable, "-c", code, url],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2, done.stderr
        assert f"the driver {driver} is not installed; install it with" in done.stderr
        assert done.stderr.count("\n") == 1


def test_the_payload_comes_from_standard_input(spawn: Invoke, sqlite_url: str) -> None:
    """`-p -` reads UTF-8 whatever the locale is, with or without its mark, as arguments are read; what is no JSON there is refused."""
    words, locale = (
        ("enqueue", "Send", "-p", "-", "--url", sqlite_url),
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    )
    answer = spawn(*words, "--name", "\xe9", "--json", stdin='\ufeff{"sku": "\xe9"}', environment=locale)
    assert answer.code == 0
    shown = spawn("show", answer.data["id"], "--url", sqlite_url, "--json").data
    assert (shown["name"], shown["payload"]) == ("\xe9", {"sku": "\xe9"})
    refused = spawn("enqueue", "Send", "-p", "-", "--url", sqlite_url, stdin="{")
    assert refused.code == 2
    assert "standard input is not JSON" in refused.err
