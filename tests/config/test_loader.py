"""What the settings file may say, and how each mistake is told."""

from __future__ import annotations

import os
import sys
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from queuetui.backends.embedded import default_url
from queuetui.config.loader import find_profile, find_profiles, read_profiles
from queuetui.config.paths import config_file, state_folder
from queuetui.model.alarm_actions import AlarmActions, Webhook
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.errors import BadConfig, NotFound
from queuetui.model.silence import DailyWindow, Silence

SECRET = "s3cr3t-hunter2"
WHOLE = """
default = "prod"

[profiles.prod]
url = "postgresql://queue@db/app"
label = "PROD-EU"
colour = "red"
rights = "operate"
protected = true
kind = "native"
poll = "5s"
stuck_after = "10m"
worker_silent_after = "1m"
stuck_after_per_queue = {reports = "2h"}
stuck_after_per_type = {"ImportCsv" = "1h30m"}
summary = {"Sync*" = ["product.sku", "shop.name"]}
settings = {"laravel.connections" = "default"}

[profiles.plain]
url = "sqlite:///queue.db"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The path of a settings file that does not exist yet."""
    return tmp_path / "config.toml"


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    """Write a settings file."""
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_every_key_reaches_the_profile(settings: Path) -> None:
    """Each key of a profile is read into its own unit."""
    profile = find_profile(write(settings, WHOLE), None)
    assert profile is not None
    assert (profile.name, profile.url, profile.label, profile.colour) == (
        "prod",
        "postgresql://queue@db/app",
        "PROD-EU",
        "red",
    )
    assert (profile.rights, profile.protected, profile.kind, profile.poll_s) == ("operate", True, "native", 5.0)
    assert (profile.limits.stuck_after_s, profile.limits.worker_silent_s) == (600, 60)
    assert profile.limits.run_limit_s("reports", "Any") == 7200
    assert profile.limits.run_limit_s("reports", "ImportCsv") == 5400
    assert profile.summaries == {"Sync*": ["product.sku", "shop.name"]}
    assert profile.settings == {"laravel.connections": "default"}


def test_a_plain_profile_has_the_defaults(settings: Path) -> None:
    """Unset keys are five minutes, two seconds, and no right but what whoever starts says."""
    profile = find_profile(write(settings, WHOLE), "plain")
    assert profile is not None
    assert (profile.limits.stuck_after_s, profile.limits.worker_silent_s, profile.poll_s) == (300, 30, 2)
    assert (profile.rights, profile.protected, profile.kind) == (None, False, None)
    assert profile.title == "plain"


def test_no_file_is_no_profile(settings: Path) -> None:
    """An absent file has no profiles and no default; asking it for one names what there is."""
    assert read_profiles(settings) == ({}, None)
    assert find_profile(settings, None) is None
    with pytest.raises(NotFound, match=r"no profile 'prod' in .*config\.toml; there are: none"):
        find_profile(settings, "prod")


def test_an_unknown_profile_names_the_known(settings: Path) -> None:
    """A wrong name, or a default that names no profile, is told with the names there are."""
    write(settings, WHOLE.replace('default = "prod"', 'default = "prd"'))
    with pytest.raises(NotFound, match=r"no profile 'prd' .*; there are: plain, prod"):
        find_profile(settings, None)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("not toml", "", "it is not TOML"),
        ("[profiles.a\n", "", "it is not TOML"),
        pytest.param(f"a = {'9' * 5000}", "", "it is not TOML", id="digits"),
        pytest.param(f"a = {'[' * 5000}", "", "nested too deeply", id="deep"),
        ("[profiles.a]\nurl = 'sqlite:///x'\nmapping = '~no-such-user/m.toml'", "profiles.a.mapping", "without a home"),
        ("colour = 1", "colour", "there is no such key"),
        ("profiles = 3", "profiles", "write one [profiles.NAME] table a profile"),
        ("default = 3", "profiles", 'default = "NAME"'),
        ("[profiles]\na = 3", "profiles.a", "Expected `object`, got `int`"),
        ('[profiles.a]\nurl = "sqlite:///x"\nnope = 1', "profiles.a", "unknown field `nope`"),
        ('[profiles.a]\nurl = "sqlite:///x"\npoll = 2', "profiles.a.poll", "Expected `str`, got `int`"),
        ('[profiles.a]\nurl = "sqlite:///x"\nprotected = "yes"', "profiles.a.protected", "Expected `bool`"),
        ("[profiles.a]\nlabel = 'x'", "profiles.a", "give exactly one of url, url_env and url_command"),
        ("[profiles.a]\nurl = 'x'\nurl_env = 'Y'", "profiles.a", "give exactly one of"),
        (
            "[profiles.a]\nurl = 'sqlite:///x'\nhidden_columns = ['id']",
            "profiles.a.hidden_columns",
            "there are: type, queue",
        ),
        ("[profiles.a]\nurl = 'sqlite:///x'\ntimezone = 'Mars/One'", "profiles.a.timezone", "no time zone"),
        ("[profiles.a]\nurl = 'sqlite:///x'\ncolour = 'puce'", "profiles.a.colour", "red, yellow, green"),
        ("[profiles.a]\nurl = 'sqlite:///x'\nrights = 'all'", "profiles.a.rights", '"read", "operate" or "admin"'),
        ("[profiles.a]\nurl = 'sqlite:///x'\npoll = '100ms'", "profiles.a.poll", "0.5 to 60 seconds"),
        ("[profiles.a]\nurl = 'sqlite:///x'\npoll = '2m'", "profiles.a.poll", "0.5 to 60 seconds"),
        (
            "[profiles.a]\nurl = 'sqlite:///x'\nstuck_after = 'soon'",
            "profiles.a.stuck_after",
            "'soon' is not a duration",
        ),
        (
            "[profiles.a]\nurl = 'sqlite:///x'\nworker_silent_after = '-1'",
            "profiles.a.worker_silent_after",
            "not a duration",
        ),
        (
            "[profiles.a]\nurl = 'sqlite:///x'\nstuck_after_per_queue = {mail = 'x'}",
            "profiles.a.stuck_after_per_queue.mail",
            "not a duration",
        ),
        (
            "[profiles.a]\nurl = 'sqlite:///x'\nstuck_after_per_type = {Send = 5}",
            "profiles.a.stuck_after_per_type",
            "Expected `str`, got `int`",
        ),
        ("[profiles.a]\nurl = 'sqlite:///x'\nsummary = {S = 'sku'}", "profiles.a.summary", "Expected `array`"),
        ("[profiles.a]\nurl_env = 'QT_UNSET'", "profiles.a.url_env", "environment variable QT_UNSET is not set"),
    ],
)
def test_each_mistake_names_the_file_and_the_key(settings: Path, text: str, place: str, words: str) -> None:
    """One line says which file, which key in it, and what is wrong."""
    write(settings, text)
    with pytest.raises(BadConfig) as caught:
        find_profile(settings, "a")
    assert caught.value.path.startswith(f"{settings}: {place}" if place else str(settings))
    assert str(caught.value).startswith(f"the settings cannot be used: {caught.value.path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(settings: Path) -> None:
    """A file in another encoding, one without end and a pipe without a writer are refused by name."""
    settings.write_bytes(b"label = '\xff'")
    with pytest.raises(BadConfig, match=r"config\.toml: it cannot be read"):
        read_profiles(settings)
    settings.unlink()
    settings.symlink_to("/dev/zero")
    with pytest.raises(BadConfig, match=r"config\.toml: it cannot be read \(.*4 MB"):
        read_profiles(settings)
    settings.unlink()
    os.mkfifo(settings)
    with pytest.raises(BadConfig, match=r"config\.toml: it cannot be read \(.*a pipe"):
        read_profiles(settings)


def test_a_pipe_is_read_once() -> None:
    """What a shell hands over by a pipe gives each profile that is named, and what is told of those beside it."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as file:
        file.write('[profiles.a]\nurl = "redis://h"\nrights = "read"\n[profiles.b]\nurl = "redis://h"\n')
    one, other = find_profiles(Path(f"/dev/fd/{reading}"), ("a", "b"))
    assert one is not None
    assert other is not None
    assert (one.rights, one.beside, other.beside) == ("read", {"b": None}, {"a": "read"})
    with pytest.raises(BadConfig, match="was read before"):
        read_profiles(Path(f"/dev/fd/{reading}"))
    os.close(reading)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o660])
def test_a_password_that_others_may_read_is_refused(settings: Path, mode: int) -> None:
    """A file with a password in it must be its owner's alone, and the refusal does not repeat the password."""
    write(settings, f"[profiles.a]\nurl = 'postgresql://u:{SECRET}@h/d'", mode)
    with pytest.raises(BadConfig, match="chmod 600") as caught:
        read_profiles(settings)
    assert SECRET not in str(caught.value)


def test_a_file_without_a_password_may_be_read_by_others(settings: Path) -> None:
    """Without a password in it the file's mode does not matter."""
    write(settings, f"{WHOLE}\n[profiles.long]\nurl = 'sqlite:////{'d' * 300}'", 0o644)
    assert set(read_profiles(settings)[0]) == {"prod", "plain", "long"}


def test_a_url_comes_from_the_environment(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile may name the variable that holds its URL."""
    monkeypatch.setenv("APP_QUEUE", f"postgresql://u:{SECRET}@h/d")
    profile = find_profile(write(settings, "[profiles.a]\nurl_env = 'APP_QUEUE'", 0o644), "a")
    assert profile is not None
    assert profile.url == f"postgresql://u:{SECRET}@h/d"
    assert profile.shown_url == "postgresql://u:***@h/d"
    assert SECRET not in repr(profile)


def command(code: str) -> str:
    """Return the settings of a profile whose URL is printed by a piece of Python."""
    return f"[profiles.a]\nurl_command = [{sys.executable!r}, '-c', {code!r}]"


def test_a_url_comes_from_a_command(settings: Path) -> None:
    """A profile may name the command that prints its URL, such as a password store's."""
    profile = find_profile(write(settings, command('print("postgresql://h/d")'), 0o644), "a")
    assert profile is not None
    assert profile.url == "postgresql://h/d"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (f"raise SystemExit('{SECRET}')", "did not answer with a URL (CalledProcessError)"),
        ("pass", "must print one URL and nothing else"),
        (f"print('unlocked'); print('pg://u:{SECRET}@h')", "must print one URL and nothing else"),
    ],
)
def test_a_command_that_prints_no_url_is_told(settings: Path, code: str, words: str) -> None:
    """A failing, silent or chatty command is named with its key; nothing that it printed is repeated."""
    write(settings, command(code.replace("'", '"')))
    with pytest.raises(BadConfig) as caught:
        find_profile(settings, "a")
    assert "profiles.a.url_command" in str(caught.value)
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


def test_an_absent_command_is_told(settings: Path) -> None:
    """A command that is not there is named."""
    write(settings, "[profiles.a]\nurl_command = ['no-such-program-here']")
    with pytest.raises(BadConfig, match="no-such-program-here did not answer with a URL"):
        find_profile(settings, "a")


def test_only_the_profile_that_is_used_runs_its_command(settings: Path, tmp_path: Path) -> None:
    """Choosing one profile runs no other profile's command."""
    trace = tmp_path / "ran"
    other = command(f"open({str(trace)!r}, 'w')".replace("'", '"')).replace("profiles.a", "profiles.b")
    write(settings, f"[profiles.a]\nurl = 'sqlite:///x'\n{other}")
    assert find_profile(settings, "a") is not None
    assert not trace.exists()


def test_the_settings_are_where_they_are_said_to_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """QUEUETUI_CONFIG names the file, else it lies in the user's folder; state and the embedded queue have theirs."""
    assert config_file().name == "config.toml"
    assert config_file().parent.name == "queuetui"
    monkeypatch.setenv("QUEUETUI_CONFIG", str(tmp_path / "mine.toml"))
    assert config_file() == tmp_path / "mine.toml"
    folder = state_folder()
    assert folder is not None
    assert folder.name == "queuetui"
    assert default_url().startswith("sqlite:///")


def _silence(lines: str) -> str:
    return f"[[profiles.p.alarms.silences]]\n{lines}"


def test_actions_are_read(settings: Path) -> None:
    """What is done when an alarm is raised, and when it is not."""
    lines = 'bell = true\ncommand = ["page", "me"]\nwebhook = "https://a.example/x"\nwebhook_secret_env = "S"\n'
    window = _silence('from = "22:00"\nuntil = "06:00"\ndays = ["fri"]\ncodes = ["depth_over"]\nnames = ["mail"]\n')
    settings.write_text(f'[profiles.p]\nurl = "sqlite:///q.db"\n[profiles.p.alarms]\n{lines}{window}')
    profile = find_profile(settings, "p")
    assert profile is not None
    night = DailyWindow(time(22), time(6), frozenset({4}), ZoneInfo("UTC"))
    settings.write_text(
        settings.read_text().replace("[profiles.p.alarms]", 'timezone = "Europe/Vienna"\n[profiles.p.alarms]')
    )
    there = find_profile(settings, "p")
    assert there is not None
    (quiet,) = there.alarm_actions.silences
    assert quiet.window == DailyWindow(time(22), time(6), frozenset({4}), ZoneInfo("Europe/Vienna"))
    silence = Silence(night, frozenset({"depth_over"}), frozenset({"mail"}))
    webhook = Webhook("https://a.example/x", "S")
    assert profile.alarm_actions == AlarmActions(
        bell=True, command=("page", "me"), webhook=webhook, silences=(silence,)
    )


def test_thresholds_are_read_and_checked(settings: Path) -> None:
    """What `[alarms]` leaves out has its default; a key or a value that cannot be is named."""
    settings.write_text('[profiles.p]\nurl = "sqlite:///q.db"\n[profiles.p.alarms]\ndepth = 5\noldest = "2m"\n')
    profile = find_profile(settings, "p")
    assert profile is not None
    assert profile.limits.alarms == AlarmLimits(depth=5, oldest_s=120.0)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("error_rate = 1.5", "error_rate"),
        ("depth = -1", "depth"),
        ('oldest = "soon"', "oldest"),
        ('depth = "5"', "depth"),
        ("detph = 5", "detph"),
        ('clear_after = "soon"', "clear_after"),
        ("clear_below = 1.1", "clear_below"),
        ('command = ["", "x"]', "command"),
        ('webhook = "ftp://a.example/"\nwebhook_secret_env = "S"', "webhook: it is an address"),
        ('webhook = "https://u:p@a.example/"\nwebhook_secret_env = "S"', "webhook: it holds a login"),
        ('webhook = "https://a.example/"', "webhook_secret_env"),
        ('webhook_secret_env = "S"', "webhook_secret_env: there is no webhook"),
        (_silence('from = "22:00"'), "silences.*until"),
        (_silence('from = "22:00"\nuntil = "25:00"'), r"silences\[0\]: from and until"),
        (_silence('from = "22:00"\nuntil = "22:00"'), r"silences\[0\]: .*same"),
        (_silence('from = "22:00"\nuntil = "23:00"\ndays = ["noday"]'), r"silences\[0\].days: .*'noday'"),
        (_silence('from = "22:00"\nuntil = "23:00"\ntimezone = "Mars/One"'), r"silences\[0\].timezone"),
        (
            _silence('from = "2026-12-24T00:00"\nuntil = "2026-12-25T00:00"\ntimezone = "Mars/One"'),
            r"silences\[0\].timezone: .*Mars/One",
        ),
        (_silence('from = "22:00"\nuntil = "23:00"\ncodes = ["deep"]'), r"silences\[0\].codes: .*'deep'"),
        (_silence('from = "2026-12-24T00:00Z"\nuntil = "2026-12-23T00:00Z"'), r"silences\[0\]: until"),
    ],
)
def test_a_threshold_that_cannot_be_is_refused(settings: Path, line: str, key: str) -> None:
    """The refusal names the profile's table and the key."""
    settings.write_text(f'[profiles.p]\nurl = "sqlite:///q.db"\n[profiles.p.alarms]\n{line}\n')
    with pytest.raises(BadConfig, match=rf"(?s)profiles\.p\.alarms.*{key}"):
        find_profile(settings, "p")
