"""Groups of similar dead letters as rows, and the lines about one group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from queuetui.model.access import Access
from queuetui.model.act import Verb
from queuetui.model.counted import counted
from queuetui.model.histories import SPARK_MINUTES, FailureGroup, filter_of
from queuetui.model.query import Sort
from queuetui.model.text import SafeText, sanitize
from queuetui.monitor.diagnosis.words import command
from queuetui.tui.present.ages import ABSENT, age_text
from queuetui.tui.present.cells import Align
from queuetui.tui.present.identity import class_part, last_part
from queuetui.tui.present.lines import TextLine, line_of, say, wrap
from queuetui.tui.present.row_order import Value, in_order
from queuetui.tui.present.spark import spark_text
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

_SPARK_CELLS = 60 // SPARK_MINUTES
_TEXT_CAP = 2000

GROUP_COLUMNS = (
    Column("jobs", "jobs", 6, align=Align.RIGHT, priority=0),
    Column("type", "type", 14, 34, flex=1, priority=1),
    Column("error", "error", 24, 200, flex=4, priority=0, rest=True),
    Column("last", "last", 6, align=Align.RIGHT, priority=2),
    Column("first", "first", 6, align=Align.RIGHT, priority=4),
    Column("recent", "last hour", _SPARK_CELLS, priority=3),
    Column("versions", "versions", 8, 20, flex=1, priority=5, rest=True),
)
GROUP_ORDER = (Sort("jobs", descending=True),)


def key_of(group: FailureGroup) -> str:
    """Return the key by which a group is recognised in the next read."""
    return f"{group.type.raw}\n{group.fingerprint}"


def group_rows(groups: Sequence[FailureGroup], now: datetime, order: Sort | None) -> list[Row]:
    """Return a row for each group."""
    ordered = in_order(groups, order, lambda key, group: _value(key, group, now))
    return [
        Row(
            key_of(group),
            (
                Cell(sanitize(f"{group.jobs:,}"), Tone.FAILED),
                Cell(sanitize(last_part(group.type))),
                Cell(error_of(group)),
                Cell(_ago(group.last_at, now)),
                Cell(_ago(group.first_at, now)),
                Cell(spark_text(group.recent, _SPARK_CELLS), Tone.FAILED),
                Cell(versions_of(group)),
            ),
        )
        for group in ordered
    ]


def error_of(group: FailureGroup) -> SafeText:
    """Return the newest message of a group, with its class."""
    name, message = class_part(group.error_class), sanitize(group.message)
    return sanitize(f"{message} ({name})" if message and name else message or name or "no error is kept")


def versions_of(group: FailureGroup) -> SafeText:
    """Return the versions of the workers that ran its jobs, of those still registered."""
    return sanitize(", ".join(sanitize(version) for version in group.versions))


def group_lines(
    group: FailureGroup, now: datetime, width: int, most: int, access: Access, *, may_act: bool
) -> list[TextLine]:
    """Return the lines about a group: its error, its size, its times, and the next step."""
    since = f"first {_ago(group.first_at, now)} ago, last {_ago(group.last_at, now)} ago"
    ran_by = f"; versions {versions_of(group)}" if group.versions else ""
    texts = [
        (f"{error_of(group)}", Tone.FAILED),
        (f"{counted(group.jobs, 'job')} of {sanitize(group.type)}, {since}{ran_by}", Tone.PLAIN),
        (
            f"Next: enter lists them{', R runs them all again' if may_act else ''}, or {retry_command(group, access)}",
            Tone.STRONG,
        ),
    ]
    lines = [(part, tone) for text, tone in texts for part in wrap(sanitize(text, _TEXT_CAP), width)]
    return [line_of(say(part, tone, _TEXT_CAP)) for part, tone in lines][:most]


def retry_command(group: FailureGroup, access: Access) -> str:
    """Return the command that retries the jobs of a group."""
    return command("retry", filter_of(group), way=access.way_to(Verb.RETRY))


def _ago(at: datetime | None, now: datetime) -> SafeText:
    return ABSENT if at is None else age_text((now - at).total_seconds())


def _value(key: str, group: FailureGroup, now: datetime) -> Value | None:
    """Return the value by which a column orders groups."""
    match key:
        case "jobs":
            return group.jobs
        case "type":
            return last_part(group.type).raw
        case "last" | "first":
            at = group.last_at if key == "last" else group.first_at
            return None if at is None else (now - at).total_seconds()
        case "recent":
            return sum(group.recent)
        case "versions":
            return ", ".join(version.raw for version in group.versions)
        case _:
            return error_of(group)
