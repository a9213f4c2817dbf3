"""What a filter means of a Laravel job, where it is answered from the row's texts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

import pytest

from queuetui.backends.base import iterate
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from tests.backends.captures import Capture, load_capture, sqlite_path

COMMAND = (
    'O:12:"App\\Jobs\\Job":4:{s:4:"mode";E:13:"App\\Mode:Full";s:3:"pad";s:9000:"' + "x" * 9000 + '";'
    's:4:"rows";a:1:{s:5:"a:b:c";i:7;}s:4:"same";r:2;}'
)
CHAIN = (
    "PDOException: gone away in /app/Db.php:5\nStack trace:\n#0 {main}\n\n"
    "Next Illuminate\\Database\\QueryException: insert failed in /app/Q.php:9\nStack trace:\n#0 {main}"
)
PAYLOAD = json.dumps({"displayName": "App\\Jobs\\SyncStock", "data": {"command": COMMAND}})


@pytest.fixture
def capture(sqlite_url: str) -> Iterator[Capture]:
    """The capture in an SQLite file, with one failed job alone."""
    loaded = load_capture("laravel", "laravel-db", "sqlite", sqlite_url)
    yield loaded
    loaded.close()


def finds(capture: Capture, payload: str, text: str) -> bool:
    """Tell whether a filter finds a failed job of two hours ago with this payload."""
    with sqlite3.connect(sqlite_path(capture.url)) as file:
        file.executescript("DELETE FROM jobs; DELETE FROM failed_jobs WHERE id > (SELECT min(id) FROM failed_jobs)")
        file.execute(
            "UPDATE failed_jobs SET payload = ?, exception = ?, failed_at = datetime(?, 'unixepoch')",
            (payload, CHAIN, capture.truth["captured_at"] - 7200),
        )
    file.close()
    return bool(list(iterate(capture.open().inspector, parse_query(text), Limits())))


@pytest.mark.parametrize(
    ("text", "is_match"),
    [
        ("age>1h", True),
        ("age<1h", False),
        ("error~gone", True),
        ('error~"insert failed"', True),
        ("error~QueryException", True),
        ("-error~QueryException", False),
        ("error~Timeout", False),
        ("queryexception", True),
        ("type:Sync*", True),
        ("type:SyncStock", True),
        ("-type:Sync*", False),
        ('type:"App\\\\Jobs\\\\SyncStock"', True),
        ("type:Jobs*", False),
        ("payload.mode:Full", True),
        ("payload.mode:Mode::Full", True),
        ("payload.same:Full", True),
        ("payload.mode:Fast", False),
        ("-payload.mode:Full", False),
        ('payload.rows."a:b:c":7', True),
        ('payload.rows."a:b:c">6', True),
    ],
)
def test_a_term_means_what_the_framework_stores(capture: Capture, text: str, is_match: bool) -> None:
    """A failure's age is its end's; every cause is searched; short names, enums, references and odd keys are found."""
    assert finds(capture, PAYLOAD, text) is is_match


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (
            'O:36:"Illuminate\\Events\\CallQueuedListener":1:{s:4:"data";a:1:{i:0;O:4:"Paid":1:{s:3:"dto";O:3:"Dto":1:{s:8:"\0Dto\0sku";s:3:"A-1";}}}}',
            "payload.dto.sku:A-1",
        ),
        (
            'O:34:"Illuminate\\Mail\\SendQueuedMailable":1:{s:8:"mailable";O:4:"Bill":1:{s:6:"\0*\0sku";s:3:"A-1";}}',
            "payload.sku:A-1",
        ),
        (
            'O:3:"Job":1:{s:4:"skus";O:29:"Illuminate\\Support\\Collection":1:{s:8:"\0*\0items";a:1:{i:0;s:3:"A-1";}}}',
            "payload.skus.0:A-1",
        ),
    ],
)
def test_a_path_begins_in_what_the_job_is_about(capture: Capture, command: str, text: str) -> None:
    """A listener's event, a mail's own values and a collection's items are found as the data column names them, private or not."""
    payload = json.dumps({"displayName": "Job", "data": {"command": command}})
    assert finds(capture, payload, text)
    assert not finds(capture, payload, text + "9")
