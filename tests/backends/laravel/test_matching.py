"""What a filter means of a Laravel job, where it is answered from the row's texts."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from queuetui.backends.foreign.laravel.jobs import JobReader
from queuetui.backends.foreign.laravel.matching import matches
from queuetui.backends.foreign.laravel.rows import FailedRow, StoredText
from queuetui.backends.foreign.laravel.settings import LaravelSettings
from queuetui.model.clock import from_us
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query

NOW_S = 1_790_000_000
COMMAND = (
    'O:12:"App\\Jobs\\Job":4:{s:4:"mode";E:13:"App\\Mode:Full";s:3:"pad";s:9000:"' + "x" * 9000 + '";'
    's:4:"rows";a:1:{s:5:"a:b:c";i:7;}s:4:"same";r:2;}'
)
CHAIN = (
    "PDOException: gone away in /app/Db.php:5\nStack trace:\n#0 {main}\n\n"
    "Next Illuminate\\Database\\QueryException: insert failed in /app/Q.php:9\nStack trace:\n#0 {main}"
)
PAYLOAD = json.dumps({"displayName": "App\\Jobs\\SyncStock", "data": {"command": COMMAND}})
ROW = FailedRow(
    1,
    None,
    "database",
    "default",
    StoredText(PAYLOAD, whole=True),
    StoredText(CHAIN, whole=True),
    datetime.fromtimestamp(NOW_S - 7200, UTC).replace(tzinfo=None),
)


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
def test_a_term_means_what_the_framework_stores(text: str, is_match: bool) -> None:
    """A failure's age is its end's; every cause is searched; short names, enums, references and odd keys are found."""
    job = JobReader("laravel", LaravelSettings(), {}, NOW_S).read(ROW)
    assert matches(parse_query(text), job, ROW, from_us(NOW_S * 1_000_000), Limits()) is is_match
