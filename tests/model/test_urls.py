"""URLs as they may be shown."""

from __future__ import annotations

import pytest

from queuetui.model.urls import hide_password, hide_passwords, place_name
from tests.zoo import SMALL_ZOO, assert_inert

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:hunter2@db:5432/app", "postgresql://ann:***@db:5432/app"),
        ("postgresql://ann@db:5432/app", "postgresql://ann@db:5432/app"),
        ("postgresql://db:5432/app", "postgresql://db:5432/app"),
        ("postgresql://db/app?sslmode=require&password=hunter2", "postgresql://db/app?sslmode=require&password=***"),
        ("mysql+pymysql://ann:hunter2@db/app", "mysql+pymysql://ann:***@db/app"),
        ("redis://:hunter2@db/0", "redis://:***@db/0"),
        ("postgresql://ann:p@hunter2@db/app", "postgresql://ann:***@db/app"),
        ("postgresql://ann:hunter2/x@db/app", "postgresql://ann:***@db/app"),
        ("postgresql://ann:a:hunter2?b#c@db/app", "postgresql://ann:***@db/app"),
        ("postgresql://ann:hunter2", "postgresql://ann:***"),
        ("postgresql://ann:hunter2/app", "postgresql://ann:***/app"),
        ("postgresql://[::1]:5432/app", "postgresql://[::1]:5432/app"),
        ("sqlite:////var/lib/queue.db", "sqlite:////var/lib/queue.db"),
        ("redis://h:6379/0?beside=mysql://ann:hunter2@db/app", "redis://h:6379/0?beside=mysql://ann:***@db/app"),
        ("redis://:hunter2@h/0?beside=mysql%3A%2F%2Fann%3Ahunter2%40db", "redis://:***@h/0?beside=mysql://ann:***@db"),
        ("redis://h/0?beside=mysql%3A%2F%2Fann%40db", "redis://h/0?beside=mysql%3A%2F%2Fann%40db"),
        ("nonsense", "nonsense"),
        pytest.param(f"sqlite:///{'d' * 300}", f"sqlite:///{'d' * 245}…", id="long"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    """The password goes wherever it stands, even where it should have been encoded, and nothing else does."""
    assert hide_password(url) == shown


def test_every_url_in_a_text_loses_its_password() -> None:
    """A sentence with several URLs keeps its words and none of the passwords."""
    text = "redis://h:6379: from postgresql://a:hunter2@h/x to mysql://b:hunter2@h/y, as ann@example.com said"
    hidden = "redis://h:6379: from postgresql://a:***@h/x to mysql://b:***@h/y, as ann@example.com said"
    assert hide_passwords(text) == hidden


@pytest.mark.parametrize("specimen", SMALL_ZOO)
def test_a_hostile_url_is_shown_inert(specimen: str) -> None:
    """Whatever a URL holds, its shown form moves nothing on a terminal and has no password."""
    shown = hide_password(f"postgresql://{SMALL_ZOO[specimen]}:{SECRET}@h/{SMALL_ZOO[specimen]}")
    assert_inert(shown)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////srv/app/queue.db", "queue.db"),
        ("sqlite:///queue.db", "queue.db"),
        ("postgresql://ann:hunter2@db.example:5432/shop?sslmode=require", "shop@db.example:5432"),
        ("mysql://127.0.0.1/shop", "shop@127.0.0.1"),
        ("redis://127.0.0.1:6379", "127.0.0.1:6379"),
        ("postgresql://ann:hun/ter2@db/shop", "shop@db"),
        ("postgresql://ann:hunter2", "ann:***"),
        ("memory://x", "x"),
        ("nonsense", ""),
        ("redis://127.0.0.1:6379/0?namespace=orders", "0/orders@127.0.0.1:6379"),
    ],
)
def test_a_url_has_a_short_name(url: str, name: str) -> None:
    """What a URL points at is named by its last part and its host, with nothing of a password in it."""
    assert place_name(url) == name


def test_a_long_word_is_looked_through_once() -> None:
    """A text without an end costs what it is long, and not its square."""
    word = "x" * 300_000
    assert hide_passwords(f"no job {word}") == f"no job {word}"
