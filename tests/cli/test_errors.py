"""Bad input gets one clear line, the right exit code, and no password is ever repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from queuetui.cli import main
from queuetui.cli.commands import enqueue
from queuetui.cli.exit_codes import exit_code
from queuetui.model import errors
from tests.cli.conftest import SECRET, Invoke
from tests.cli.scenes import Scene


def test_a_secret_in_the_wrong_place_is_hidden(refused: Invoke) -> None:
    """A URL given where something else belongs is repeated without its password."""
    url = f"postgresql://ann:{SECRET}@h/app"
    refused("stats", url).fails(2, "ann:***@h/app")
    refused("jobs", "--limit", url).fails(2, "--limit")
    refused(url).fails(2, "No such command")
    refused("--profile", url, "stats").fails(4, "there is no profile")


@pytest.mark.parametrize(
    ("filter_text", "position", "hint"),
    [
        ("stat:failed", 0, "did you mean state?"),
        ("queue:mail state:faild", 17, "did you mean failed?"),
        ("attempts>many", 9, "takes a number"),
        ("age>soon", 4, "not a duration"),
        ('error~"open', 6, "never closed"),
        ("state:", 6, "has no value"),
        ("sort:nothing", 0, "cannot sort by"),
        ("is:struck", 3, "did you mean stuck?"),
        ("created>yesterday", 8, "takes a time"),
    ],
)
def test_a_broken_filter_says_where(refused: Invoke, filter_text: str, position: int, hint: str) -> None:
    """A filter that cannot be read ends with 2, the position and a hint, before any store is asked."""
    for command in (["jobs"], ["retry", "--yes"], ["purge", "--yes"]):
        answer = refused("--url", "memory://", *command, filter_text)
        answer.fails(2, f"position {position}")
        assert hint in answer.err


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ("{", "is not JSON"),
        ("{'a': 1}", "line 1, column 2"),
        ("", "is not JSON"),
        ("@no-such-file.json", "the file 'no-such-file.json' cannot be read: No such file or directory"),
        ("@.", "cannot be read: Is a directory"),
        ("@", "cannot be read: Is a directory"),
        ("@/dev/zero", "the file '/dev/zero' cannot be read: it holds more than 2 MB"),
        ("@/bin/sh", "is not UTF-8 text"),
        ("NaN", "not JSON"),
        pytest.param(f"@{'x' * 9000}", "… ", id="long"),
    ],
)
def test_a_payload_that_is_not_json_is_told(
    refused: Invoke, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, payload: str, words: str
) -> None:
    """A payload that is not JSON ends with 2 and nothing is stored."""
    monkeypatch.setattr(enqueue, "PAYLOAD_BYTES", 2_000_000)
    refused("enqueue", "Send", "-p", payload, "--url", sqlite_url).fails(2, words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "it is not TOML"),
        ("[profiles.a]\nurl='memory://'\npoll='x'", "profiles.a.poll"),
        (f"[profiles.a]\nurl='postgresql://u:{SECRET}@h/d'", "chmod 600"),
    ],
)
def test_a_broken_config_names_file_and_key(
    refused: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, words: str
) -> None:
    """Settings that cannot be used end with 2, the file and the key."""
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(0o644)
    monkeypatch.setenv("QUEUETUI_CONFIG", str(path))
    for command in (["stats", "--profile", "a"], ["profiles"] if "poll" not in words else ["--profile", "a", "jobs"]):
        answer = refused(*command)
        answer.fails(2, words)
        assert "config.toml" in answer.err


def test_profiles_shows_no_password(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The list of profiles hides passwords in every format and runs no command."""
    path = tmp_path / "config.toml"
    trace = tmp_path / "ran"
    path.write_text(
        f"[profiles.a]\nurl='postgresql://u:{SECRET}@h/d?sslpassword={SECRET}'\n"
        f"[profiles.b]\nurl_command=['touch', '{trace}']\n[profiles.c]\nurl_env='APP'\n"
    )
    path.chmod(0o600)
    monkeypatch.setenv("QUEUETUI_CONFIG", str(path))
    for form in ("table", "json", "ndjson", "csv"):
        answer = invoke("profiles", "--format", form)
        assert answer.code == 0
        assert "u:***@h/d" in answer.out
        assert SECRET not in answer.out + answer.err
    assert not trace.exists()


@pytest.mark.parametrize("command", [["enqueue", "Send", "--url", "sqlite:///new.db"], ["worker", "--burst"]])
def test_a_folder_that_is_gone_is_told(
    refused: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    """A program whose own folder was removed, as by a deployment, is told so where it needs that folder."""
    gone = tmp_path / "release-1"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "is gone" in refused(*command).err


def test_url_and_profile_exclude_each_other(refused: Invoke) -> None:
    """Naming two stores ends with 2; one named after the command wins over one named before it."""
    refused("stats", "--url", "memory://", "--profile", "a").fails(2, "exclude each other")
    assert refused("--profile", "a", "stats", "--url", "memory://").code == 0


def test_the_environment_names_the_store(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """QUEUETUI_URL is used without --url, and --profile wins over it."""
    path = tmp_path / "config.toml"
    path.write_text("default = 'a'\n[profiles.a]\nurl = 'memory://from-settings'\n")
    monkeypatch.setenv("QUEUETUI_CONFIG", str(path))
    assert invoke("stats", "--json").data["backend"] == "a"
    monkeypatch.setenv("QUEUETUI_URL", "memory://from-environment")
    assert invoke("stats", "--json").data["backend"] == "url"
    assert invoke("stats", "--json", "--profile", "a").data["backend"] == "a"


def test_a_read_only_profile_refuses_acts(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A named profile is operated only with --operate or its own right, and rights = "read" holds against the flag."""
    path = tmp_path / "config.toml"
    path.write_text(
        "[profiles.url]\nurl = 'memory://rights'\n"
        "[profiles.reader]\nurl = 'memory://rights'\nrights = 'read'\n"
        "[profiles.operator]\nurl = 'memory://rights'\nrights = 'operate'\n"
    )
    monkeypatch.setenv("QUEUETUI_CONFIG", str(path))
    invoke("pause", "q", "--profile", "url").fails(1, "read-only")
    invoke("pause", "q", "--profile", "reader", "--operate").fails(
        1, 'read-only; its settings say rights = "read", whatever is asked for: use --profile url --operate'
    )
    invoke("workers", "clean", "--profile", "operator").fails(1, "use --profile url --admin")
    rehearsed = invoke("retry", "queue:*", "--dry-run", "--profile", "reader", "--operate")
    assert (rehearsed.code, "beware: it would be refused: this profile is read-only" in rehearsed.err) == (0, True)
    assert "refused" not in invoke("retry", "queue:*", "--dry-run", "--profile", "operator").err
    assert invoke("pause", "q", "--profile", "url", "--operate").code == 0
    assert invoke("resume", "q", "--profile", "operator").code == 0


def test_a_fault_of_the_program_is_one_line(quick: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error nobody foresaw ends with 1 and none of its words, which may hold anything; a traceback is there on demand."""

    def fail(*_: object, **__: object) -> None:
        message = f"could not parse postgresql://ann:{SECRET}@h/app"
        raise RuntimeError(message)

    monkeypatch.setattr("queuetui.cli.commands.stats.read_figures", fail)
    answer = quick.run("stats")
    answer.fails(1, "(RuntimeError); to see where, run it again with QUEUETUI_DEBUG=1")
    assert "parse" not in answer.err
    monkeypatch.setenv("QUEUETUI_DEBUG", "1")
    traced = quick.run("stats")
    assert traced.code == 1
    assert "Traceback" in traced.err
    assert "in describe" in traced.err or "in fail" in traced.err
    assert SECRET not in traced.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.Unreachable("x"), 3),
        (errors.NotFound("x"), 4),
        (errors.BadQuery("x", 0), 2),
        (errors.BadConfig("x", "y"), 2),
        (errors.BadPayload("x"), 2),
        (errors.Unsupported("x"), 2),
        (errors.Denied("x"), 1),
        (errors.Conflict("x"), 1),
        (errors.Stale("x"), 1),
        (errors.SchemaTooNew("x"), 1),
        (errors.SchemaTooOld("x"), 1),
        (errors.UnknownOutcome("x"), 1),
    ],
)
def test_every_error_has_its_exit_code(error: errors.QueueTuiError, code: int) -> None:
    """The table of exit codes covers every error of ours."""
    assert exit_code(error) == code


def test_an_unknown_command_or_option_points_to_the_help(refused: Invoke) -> None:
    """A word that is no command, or an option that is none, ends with 2 and says where the help is."""
    refused("nope").fails(2, "(see: queuetui --help)")
    refused("jobs", "--nope").fails(2, "(see: queuetui jobs --help)")
    refused("jobs", "--limit", "0").fails(2, "queuetui jobs --help")
    refused("stats", "--format", "xml").fails(2, "'xml' is not one of")


@pytest.mark.parametrize("command", sorted(main.COMMANDS))
def test_every_command_has_help_without_secrets(refused: Invoke, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Help is printed for every command, and shows nothing of the environment."""
    monkeypatch.setenv("QUEUETUI_URL", f"postgresql://ann:{SECRET}@h/app")
    answer = refused(command, "--help")
    assert answer.code == 0
    assert "Usage: queuetui" in answer.out
