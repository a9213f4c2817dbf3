"""The page on monitoring has the alarms and defaults of the code, and a signature check that works."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from queuetui.config.alarms import AlarmTable, read_alarms
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.duration import parse_duration_s
from queuetui.model.limits import Limits
from queuetui.model.verdict import Code
from queuetui.monitor.alarms.webhook import sign
from tests.architecture.source import ROOT
from tests.docs.pages import blocks

PAGE = ROOT / "docs" / "monitoring.md"
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
DEFAULT = re.compile(r"^(?:over )?([\d.]+)(?: ?(s|m|h|times))?$")
# What the rules of alarms share with those of jobs, and when an alarm ends; both are told in the text.
ELSEWHERE = {"clear_below", "clear_after", "bell", "command", "webhook", "webhook_secret_env", "silences"}


def test_the_table_of_alarms_has_the_defaults_of_the_code() -> None:
    """Each key of the settings has a row, and the default that stands there is the one that holds."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    written = {key[1:-1]: default for _, default, key in rows if re.fullmatch(r"`\w+`", key)}
    assert set(written) == set(AlarmTable.__struct_fields__) - ELSEWHERE
    given = {key: _setting(key, default) for key, default in written.items()}
    assert read_alarms(msgspec.convert(given, AlarmTable)) == AlarmLimits()
    assert {code for code, _, _ in rows} <= {one.value for one in Code}


def test_the_limit_that_is_the_profiles_is_its_default() -> None:
    """An alarm that has no key of its own is told with the limit of the profile."""
    (default,) = (one for _, one, key in ROW.findall(PAGE.read_text(encoding="utf-8")) if "`stuck_after`" in key)
    assert parse_duration_s(default.replace(" ", "")) == Limits().stuck_after_s


def test_the_check_of_a_signature_takes_what_a_webhook_is_sent() -> None:
    """The Python on the page accepts our signature, and no other body or secret."""
    (block,) = (one for one in blocks(PAGE) if one.kind == "python")
    found: dict[str, Callable[[bytes, str, bytes], bool]] = {}
    exec(block.text, found)  # noqa: S102 - the page's own text
    is_ours = found["is_ours"]
    signature = sign(b"secret", 1_764_444_444, b'{"turn": "raised"}')
    assert is_ours(b"secret", signature, b'{"turn": "raised"}')
    assert not is_ours(b"secret", signature, b'{"turn": "cleared"}')
    assert not is_ours(b"other", signature, b'{"turn": "raised"}')


def _setting(key: str, default: str) -> object:
    found = DEFAULT.fullmatch(default)
    assert found, (key, default)
    number, unit = found.groups()
    if unit in {"s", "m", "h"}:
        return f"{number}{unit}"
    return int(number) if AlarmTable.__annotations__[key].startswith("int") else float(number)
