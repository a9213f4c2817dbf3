"""`queuetui serve` and `queuetui token`: what is said before and after the server runs."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import rich_click as click

from queuetui.cli.commands import serve
from queuetui.cli.main import program
from queuetui.http.served import ServerLimits
from tests.architecture.source import ROOT
from tests.bounded import bounded
from tests.cli.conftest import Invoke
from tests.cli.scenes import Scene

ADDRESS = re.compile(r" on (http://\S+)")


def test_a_token_is_made_listed_and_revoked(invoke: Invoke) -> None:
    """Its secret is printed once, and the list tells what became of it."""
    made = invoke("token", "create", "--right", "operate", "--expires", "24h", "--name", "shop", "--json").data
    assert (made["right"], made["state"], made["token"][:3]) == ("operate", "open", "qt_")
    (listed,) = invoke("token", "list", "--json").data
    assert listed == {key: value for key, value in made.items() if key != "token"}
    assert invoke("token", "revoke", "shop").code == 0
    assert [one["state"] for one in invoke("token", "list", "--json").data] == ["revoked"]
    invoke("token", "revoke", "shop").fails(4, "'shop'; see: queuetui token list")


def test_only_the_secret_is_on_stdout(invoke: Invoke) -> None:
    """A script takes it as it is; an open name is not given twice."""
    made = invoke("token", "create", "--right", "read", "--expires", "1h", "--name", "a")
    assert re.fullmatch(r"qt_[\w-]{43}\n", made.out)
    assert "token a: read until" in made.err
    invoke("token", "create", "--right", "read", "--expires", "1h", "--name", "a").fails(1, "has the name 'a'")


@pytest.mark.parametrize(
    "arguments", [("--right", "write", "--expires", "1h"), ("--right", "read"), ("--right", "read", "--expires", "0")]
)
def test_a_token_has_a_right_and_an_end(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    """Neither is guessed."""
    invoke("token", "create", *arguments).fails(2, "token create --help")


def test_a_port_in_use_is_one_line(quick: Scene) -> None:
    """It names the port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = quick.run("serve", "--port", str(port))
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.splitlines() == [
        f"queuetui: port {port} of 127.0.0.1 is in use; stop what listens there, or give another --port"
    ]


def test_other_machines_are_not_served_without_a_token(quick: Scene) -> None:
    """Nothing listens where nothing keeps strangers out."""
    quick.run("serve", "--host", "0.0.0.0", "--port", "0").fails(1, "make one with: queuetui token create")


def test_without_the_extra_it_says_what_to_install(quick: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, whichever library is missing."""
    monkeypatch.setattr(serve, "NEEDED", ("starlette", "not_installed_here"))
    quick.run("serve").fails(2, "pip install 'queuetui[api]'")


def test_programs_elsewhere_are_not_told_where_the_store_is(quick: Scene) -> None:
    """The commands that the server advises leave its address to whoever runs them; our own tell it."""
    quick.job("a")
    connection = {"url": quick.url, "profile": (), "kind": None, "mapping": None, "asked": None}
    with click.Context(program), serve.served_systems(ServerLimits(), loopback=True, **connection) as served:
        told = served.systems[0].feed.open(quick.ids["a"]).verdict.next
    assert (
        told == "start a worker with the module that declares its jobs: queuetui worker --app MODULE -q mail --url URL"
    )
    assert quick.run("why", quick.ids["a"], "--json").data["next"].endswith(quick.url)


@pytest.mark.timed
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_well_when_it_is_told_to(
    tmp_path: Path, migrated_sqlite_url: str, number: signal.Signals
) -> None:
    """It answers within the limits that were named, and a signal ends it with 0."""
    limits = ("--max-body", "1", "--rate-limit", "2")
    process = subprocess.Popen(
        [sys.executable, "-m", "queuetui", "serve", "--url", migrated_sqlite_url, "--port", "0", *limits],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stderr=subprocess.PIPE,
        text=True,
    )
    with bounded(process):
        assert process.stderr is not None
        found = next(filter(None, map(ADDRESS.search, process.stderr)))
        assert httpx.get(f"{found[1]}/readyz").json()["status"] == "ready"
        answers = [httpx.post(f"{found[1]}/api/jobs", json={"type": "T" * size}) for size in (1_100, 1, 1)]
        assert [one.status_code for one in answers] == [413, 201, 429]
        process.send_signal(number)
        said = process.stderr.read()
    assert process.returncode == 0, said
    assert "Traceback" not in said
