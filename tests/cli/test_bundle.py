"""The incident bundle: one page that opens offline, without a secret."""

from __future__ import annotations

import os
import re
import stat
from contextlib import closing
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.cli.bundle.page import draw_page
from queuetui.cli.bundle.redaction import redact, redact_text
from queuetui.client import Queue
from queuetui.engine.settings import WorkerSettings
from queuetui.engine.tasks import Tasks
from queuetui.engine.worker import Worker
from queuetui.model.secrets import MASK
from tests.cli.conftest import Invoke

SECRETS = (
    "hunter2",
    "sk_live_4242abcd",
    "eyJhbGciOi.eyJzdWIi.c2ln",
    "Zm9vOmJhcg==",
    "ann@shop.example",
    "4111 1111 1111 1111",
    "swordfish",
)
MESSAGE = (
    "login at postgres://bob:hunter2@db/shop failed: key sk_live_4242abcd, jwt eyJhbGciOi.eyJzdWIi.c2ln, "
    'Authorization: Basic Zm9vOmJhcg== for ann@shop.example card 4111 1111 1111 1111 {"api_key": "swordfish"} <script>alert(1)</script>'
)


def explode() -> None:
    """Fail with an error that is full of secrets."""
    raise RuntimeError(MESSAGE)


def test_the_bundle_is_one_page_without_secrets(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    """It has every section; no secret is in it, it loads nothing from anywhere, and a pipe may hold the settings."""
    with Queue(sqlite_url) as queue:
        queue.enqueue("explode", {"password": "hunter2"}, max_attempts=1)
    with closing(open_native(sqlite_url, BackendOptions())) as backend:
        Worker(backend, WorkerSettings(burst=True, app=f"{__name__}"), Tasks(__name__)).run()
    (tmp_path / "config.toml").write_text(f'[profiles.prod]\nurl = "{sqlite_url}"\nrights = "read"\n')
    (tmp_path / "config.toml").chmod(0o600)
    monkeypatch.setenv("QUEUETUI_CONFIG", str(tmp_path / "config.toml"))
    file = tmp_path / "incident.html"
    reading, writing = os.pipe()
    os.write(writing, (tmp_path / "config.toml").read_bytes())
    os.close(writing)
    with monkeypatch.context() as piped:
        piped.setenv("QUEUETUI_CONFIG", f"/dev/fd/{reading}")
        answer = invoke("--profile", "prod", "doctor", "--bundle", str(file))
    os.close(reading)
    page = file.read_text(encoding="utf-8")
    assert f"written to {file}" in answer.err
    for section in (
        "overview",
        "findings",
        "verdicts",
        "failure groups",
        "sample errors",
        "workers",
        "events",
        "settings",
    ):
        assert f"<h2>prod: {section}</h2>" in page
    assert "RuntimeError" in page
    assert "explode" in page
    assert [secret for secret in SECRETS if secret in page] == []
    assert "<script" not in page
    assert re.findall(r"""(?:src|href)\s*=|url\(|@import|<link|<img|<iframe""", page) == []
    assert "default-src 'none'" in page
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = invoke("--profile", "prod", "doctor", "--bundle", str(file))
    assert "is there already" in again.err


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("redis://:pa55@h/0 is away", "pa55"),
        ("password=open sesame", "open"),
        ("'client_secret' => 'abc def'", "abc def"),
        ("X-Api-Key: 12ab", "12ab"),
        ("Bearer abcdef.123456", "abcdef.123456"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIA"),
        ("ghp_0123456789abcdefghij0123", "ghp_"),
        ('{\\"password\\": \\"open sesame\\"}', "sesame"),
        ('{"password": "open\\" sesame"}', "sesame"),
        ('{"password": "open sesame and the text ends', "sesame"),
        ("passwordHash=12ab34", "12ab34"),
        ("Authorization: Token 12ab34", "12ab34"),
        ("Authorization: Digest username=bob, response=12ab34", "12ab34"),
        ("{'Cookie': 'theme=dark; uid=12ab34'}", "12ab34"),
        ("Set-Cookie: theme=dark; uid=12ab34; Path=/", "12ab34"),
        ("<db:password type='plain'>open sesame</db:password>", "sesame"),
        ("https://hooks.slack.com/services/T01/B02/x12ab34", "12ab34"),
        ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "AIzaSy"),
        ("glpat-0123456789abcdefghij", "glpat"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
    ],
)
def test_a_secret_is_masked(text: str, secret: str) -> None:
    """What tells itself as a secret by its name or its form is not left."""
    assert secret not in redact_text(text)
    assert MASK in redact_text(text)


@pytest.mark.parametrize(
    "name", ["password", "apiKey", "client_secret", "Authorization", "DB_PASSWORD", "access-token"]
)
def test_a_value_under_a_name_of_a_secret_is_masked(name: str) -> None:
    """At any depth nothing is left of it, and what stands beside it is kept."""
    assert redact({"a": [{name: "x1", "monkey": 7, "author": "Bo"}]}) == {
        "a": [{name: MASK, "monkey": 7, "author": "Bo"}]
    }


def test_no_text_of_a_queue_is_obeyed() -> None:
    """Markup, escapes of terminals, text that runs backward and halves of characters are shown as what they are."""
    hostile = "</td><script>x</script>\x1b[2J\u202e\ud800\x00\r\nnext"
    page = draw_page("title", "note", {hostile: [{hostile: hostile, "more": {hostile: [hostile]}}]})
    assert "<script" not in page
    assert {one for one in page if not one.isprintable()} == {"\n"}
    assert "\nnext" in page
    page.encode()
