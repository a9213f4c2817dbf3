"""What a mapping file may not say: each refusal names the line."""

from __future__ import annotations

import re

import pytest

from queuetui.backends.foreign.mapped.check import require_fit
from queuetui.backends.foreign.mapped.shape import read_mapping
from queuetui.backends.sql.catalog import ALL_RIGHTS, Catalog, StoredColumn, StoredIndex, StoredTable
from queuetui.model.errors import BadConfig, Denied

GOOD = """\
label = "Work"
table = "work"
key = "id"
status = "status"
times = { kind = "naive", zone = "Europe/Warsaw" }
priority = { column = "rank", higher_first = true }
[fields]
type = "kind"
attempts = "tries"
scheduled = "due_at"
started = "began_at"
[states]
pending = { is = ["OPEN"], due = "past" }
scheduled = { is = ["OPEN"], due = "ahead" }
processing = { is = ["BUSY"] }
failed = { is = ["DEAD"] }
[[verbs]]
verb = "retry"
from = ["failed"]
set = { status = "OPEN", attempts = 0, scheduled = "now", started = "null" }
[absent]
worker = "the table has no worker"
"""


def _catalog(*, readable: bool = True) -> Catalog:
    columns = (
        StoredColumn("id", "bigint", nullable=False),
        StoredColumn("status", '"Mood"', nullable=False, labels=("OPEN", "BUSY", "DEAD")),
        StoredColumn("kind", "text", nullable=False),
        StoredColumn("rank", "integer", nullable=False),
        StoredColumn("tries", "integer", nullable=False),
        StoredColumn("due_at", "timestamp without time zone", nullable=True),
        StoredColumn("began_at", "timestamp without time zone", nullable=True),
        StoredColumn("made_at", "timestamp with time zone", nullable=False),
    )
    indexes = (StoredIndex(("id",), is_unique=True),)
    table = StoredTable(
        "public", "work", {one.name: one for one in columns}, indexes, rights=ALL_RIGHTS if readable else frozenset()
    )
    return Catalog("postgresql", (table,))


def test_the_good_one_is_taken() -> None:
    """The mapping that the cases below are made of fits."""
    assert require_fit(read_mapping(GOOD, "work.toml"), _catalog()).name == "work"


@pytest.mark.parametrize(
    ("line", "old", "new", "said"),
    [
        (3, 'key = "id"', "key = id", "not TOML"),
        (1, 'label = "Work"', 'title = "Work"', "no key 'title'"),
        (1, 'label = "Work"', "", "label is missing"),
        (2, '"work"', '"wrok"', "did you mean work"),
        (2, '"work"', "7", "table: expected `str`"),
        (3, '"id"', '"ident"', "there are: began_at"),
        (3, '"id"', '"kind"', "no unique index"),
        (3, '"id"', '{ column = "id", kind = "uuid" }', "holds whole numbers"),
        (3, '"id"', '{ column = "id", kind = "number" }', "invalid enum value 'number'"),
        (3, '"id"', '"?"', 'write key = "COLUMN"'),
        (4, '"status"', '"due_at"', "a status is a text"),
        (4, '"status"', '"?"', 'write status = "COLUMN"'),
        (5, "Europe/Warsaw", "Europe/Warschau", "not a time zone"),
        (5, '"naive"', '"local"', "invalid enum value"),
        (5, '"naive", zone', '"naive", zne', "no key 'zne'"),
        (6, ", higher_first = true", "", "higher_first is missing"),
        (6, '"rank"', '"kind"', "a priority is a number"),
        (7, 'type = "kind"', "", "the type of a job is not mapped"),
        (8, 'type = "kind"', 'kind = "kind"', "no field 'kind'"),
        (9, 'type = "kind"', 'type = "kind"\npriority = "rank"', "priority = { column"),
        (9, '"tries"', '"kind"', "attempts is a number"),
        (10, '"due_at"', '"made_at"', "say in times how it is stored"),
        (10, '"due_at"', '"due"', "no column 'due'"),
        (14, 'is = ["OPEN"], due = "past"', 'is = ["OPEN"]', "pending and scheduled"),
        (13, "pending =", "waiting =", "no state 'waiting'"),
        (13, 'due = "past"', 'due = "late"', "invalid enum value 'late'"),
        (13, 'due = "past"', 'when = "now() > due_at"', "no key 'when'"),
        (13, 'scheduled = { is = ["OPEN"], due = "ahead" }', "", "in no state"),
        (15, '"BUSY"', '"BSUY"', "did you mean BUSY"),
        (15, '["BUSY"]', "[]", "names no status"),
        (12, 'processing = { is = ["BUSY"] }', "", "which the enum of status has"),
        (18, '"retry"', '"pause"', "there is no verb 'pause'"),
        (19, '"failed"', '"dead"', "no state of this mapping"),
        (20, 'status = "OPEN"', 'status = "open"', "in no state of this mapping"),
        (20, 'scheduled = "now"', 'scheduled = "now() + 1"', "is a time"),
        (20, "attempts = 0", 'attempts = "0"', "is a number"),
        (20, "attempts = 0", 'attempts = "null"', "tries may not be NULL"),
        (20, 'started = "null"', 'updated = "now"', "no column for it"),
        (21, "set = { status", "delete = true\nset = { status", "either set columns or delete"),
        (22, "worker =", "wrker =", "no field 'wrker'"),
        (22, "worker =", "attempts =", "leave one of the two away"),
    ],
)
def test_a_fault_is_refused_with_its_line(line: int, old: str, new: str, said: str) -> None:
    """One thing that is wrong in a good mapping is refused, with the line that it stands on and what is wrong there."""
    assert old in GOOD
    with pytest.raises(BadConfig) as refused:
        require_fit(read_mapping(GOOD.replace(old, new, 1), "work.toml"), _catalog())
    assert said in str(refused.value)
    named = re.search(r"work\.toml line (\d+)|line (\d+)", str(refused.value))
    assert named is not None
    assert int(named[1] or named[2]) == line, str(refused.value)


SIDES = """\
[cleanup]
states = ["failed"]
by = "scheduled"
[events]
table = "log"
at = "at"
kind = "kind"
job = ["job", "said.job"]
channels = ["news"]
[events.kinds]
JobFailed = ["died"]
JobCreated = ["born"]
[workers]
table = "log"
key = "job"
status = "mood"
created = "at"
ended = ["9"]
failed = "9"
[tokens]
table = "log"
token = "job"
worker = "kind"
expires = "at"
delete_expired = true
"""


def _catalog_with_log() -> Catalog:
    columns = (
        StoredColumn("at", "timestamp with time zone", nullable=False),
        StoredColumn("kind", "text", nullable=False),
        StoredColumn("said", "jsonb", nullable=True),
        StoredColumn("job", "uuid", nullable=True),
        StoredColumn("mood", "integer", nullable=False),
    )
    log = StoredTable("public", "log", {one.name: one for one in columns})
    return Catalog("postgresql", (*_catalog().tables, log))


@pytest.mark.parametrize(
    ("line", "old", "new", "said"),
    [
        (1, "", "", ""),
        (2, '["failed"]', '["lost"]', "no final state of this mapping"),
        (3, '"scheduled"', '"completed"', "is no time in [fields]"),
        (5, '"log"', '"lgo"', "did you mean log"),
        (6, 'at = "at"', 'at = "kind"', "say in times of [events]"),
        (8, '["job", "said.job"]', '["jobs", "kind.job"]', "has no jobs or kind.job"),
        (8, '["job", "said.job"]', "[]", "names no column"),
        (9, '["news"]', '"news"', "expected `array`"),
        (11, "JobFailed", "JobDied", "no kind of event 'JobDied'"),
        (12, '["born"]', '["died"]', "each word must be of one kind"),
        (15, '"job"', '"ident"', "has no ident"),
        (16, '"mood"', '"at"', "a text, an enum or a number"),
        (16, '"mood"', '"said.mood"', "has no column 'said.mood'"),
        (17, '"at"', '"said.at"', "has no column 'said.at'"),
        (18, '["9"]', '["9", "gone"]', "mood holds whole numbers; 'gone' is none"),
        (18, '["9"]', '["9", "--9"]', "'--9' is none"),
        (19, '"9"', '"8"', "write it in ended too"),
        (23, '"kind"', '"said.kind"', "has no column 'said.kind'"),
        (14, '"log"', '"log"\nsilent = 3', "no key 'silent'"),
        (14, '"log"', '"log"\ntimes = { kind = "zoned", zone = "Mars" }', "not a time zone"),
        (24, '"at"', '"at"\nclear = true', "no key 'clear'"),
    ],
)
def test_a_fault_beside_the_jobs_is_refused_with_its_line(line: int, old: str, new: str, said: str) -> None:
    """What is said of the log, the workers, the tokens and the cleanup is checked as the rest is; the good one is taken."""
    good = GOOD.replace('times = { kind = "naive", zone = "Europe/Warsaw" }', 'times = { kind = "zoned" }')
    good = good.replace('"due_at"', '{ column = "due_at", times = { kind = "naive" } }')
    good = good.replace('"began_at"', '{ column = "began_at", times = { kind = "naive" } }')
    lines = SIDES.splitlines()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    text = good + "\n".join(lines)
    if not said:
        require_fit(read_mapping(text, "work.toml"), _catalog_with_log())
        return
    with pytest.raises(BadConfig) as refused:
        require_fit(read_mapping(text, "work.toml"), _catalog_with_log())
    assert said in str(refused.value)
    named = re.search(r"line (\d+)", str(refused.value))
    assert named is not None
    assert int(named[1]) - len(good.splitlines()) == line + new.count("\n")


def test_a_table_without_the_right_to_read_is_told_as_such() -> None:
    """A table that this user may not read is no wrong mapping: the refusal asks for the right."""
    with pytest.raises(Denied, match="grant SELECT"):
        require_fit(read_mapping(GOOD, "work.toml"), _catalog(readable=False))
