"""Jobs are written to a file before they are deleted."""

from __future__ import annotations

import json
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from queuetui.model.act import Act, Result, Target, Verb
from queuetui.model.errors import Denied, Unreachable
from queuetui.model.job import Ending
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from tests.operate.desks import Office
from tests.zoo import SMALL_ZOO


def test_a_purge_writes_its_file_before_it_deletes(office: Office) -> None:
    """When the first job is deleted, every job is already in a file that only its owner may read."""
    for name in "abc":
        office.ended(name)
    office.pending("d")
    found: list[set[str]] = []
    apply = office.backend.operator.apply

    def look_first(act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        (file,) = office.export_folder.iterdir()
        found.append({json.loads(line)["id"] for line in file.read_text(encoding="utf-8").splitlines()})
        return apply(act, targets, limits)

    office.backend.operator.apply = look_first  # type: ignore[method-assign]  # looks at the file in the middle
    report = office.operations.perform(office.operations.prepare_purge(parse_query("state:failed")))
    assert found == [{"a", "b", "c"}]
    assert office.states() == {"d": "pending"}
    assert report.exported_to is not None
    assert stat.S_IMODE(Path(report.exported_to).stat().st_mode) == 0o600
    assert stat.S_IMODE(office.export_folder.stat().st_mode) == 0o700
    assert report.lines() == ["3 deleted, 0 skipped, 0 failed", f"written first to {report.exported_to}"]


def test_a_purge_without_its_file_deletes_nothing(office: Office) -> None:
    """When the file cannot be written the jobs stay, and the refusal says so."""
    office.ended("a")
    office.export_folder.parent.mkdir(parents=True)
    office.export_folder.write_text("in the way")
    with pytest.raises(Denied, match="so nothing was deleted"):
        office.operations.perform(office.operations.prepare_purge(parse_query("state:failed")))
    assert office.states() == {"a": "failed"}


def test_a_purge_of_nothing_writes_nothing(office: Office) -> None:
    """Without a matching job there is no file and nothing to report but that."""
    report = office.operations.perform(office.operations.prepare_purge(parse_query("state:failed")))
    assert report.lines() == ["0 deleted, 0 skipped, 0 failed"]
    assert not office.export_folder.exists()


def test_a_payload_that_was_cut_on_the_page_is_written_whole(office: Office) -> None:
    """The file holds the true payload, however long it is."""
    payload = json.dumps({"text": "x" * 50_000})
    office.pending("a", payload=payload.encode())
    report = office.operations.perform(office.operations.prepare_purge(parse_query("")))
    (line,) = Path(str(report.exported_to)).read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["payload"] == json.loads(payload)


def test_a_store_that_fails_while_writing_deletes_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the store goes away before the file is whole, no job is deleted."""
    office.pending("a", payload=json.dumps({"text": "x" * 50_000}).encode())
    manifest = office.operations.prepare_purge(parse_query(""))

    def fail(job_id: str) -> None:
        raise Unreachable(job_id)

    monkeypatch.setattr(office.backend.inspector, "get", fail)
    with pytest.raises(Unreachable):
        office.operations.perform(manifest)
    monkeypatch.undo()
    assert office.states() == {"a": "pending"}


def test_hostile_payloads_are_written_as_one_line_each(office: Office) -> None:
    """Whatever a payload holds, the file has one line of plain ASCII JSON a job, with the true value."""
    for number, text in enumerate(SMALL_ZOO.values()):
        office.pending(f"{number}", payload=json.dumps({"text": text}).encode())
    deep = '{"a":' * 900 + "1" + "}" * 900
    office.pending("deep", payload=deep.encode())
    office.pending("infinite", payload=b'{"a": 1e999, "b": NaN}')
    report = office.operations.perform(office.operations.prepare_purge(parse_query("")))
    written = Path(str(report.exported_to)).read_bytes()
    assert written.isascii()
    payloads = {row["id"]: row["payload"] for row in map(json.loads, written.decode().splitlines())}
    assert {payloads[f"{number}"]["text"] for number in range(len(SMALL_ZOO))} == set(SMALL_ZOO.values())
    assert payloads["deep"] == deep
    assert payloads["infinite"] == '{"a": 1e999, "b": NaN}'


def test_cleanup_goes_by_the_end_of_a_job(office: Office) -> None:
    """Only jobs that ended longer ago than asked go, in the states asked for, however old they are otherwise."""
    office.ended("old", Ending.COMPLETED)
    office.ended("old-failed")
    late = office.pending("late")
    office.pass_time(3600)
    office.operations.perform(office.operations.prepare(Verb.CANCEL, [late]))
    manifest = office.operations.prepare_cleanup(["completed", "cancelled"], 1800)
    assert office.operations.perform(manifest).done == 1
    assert set(office.states()) == {"old-failed", "late"}


def test_two_purges_never_share_a_file(office: Office) -> None:
    """Each purge has a file of its own."""
    names = set()
    for name in "ab":
        office.ended(name)
        names.add(office.operations.perform(office.operations.prepare_purge(parse_query(""))).exported_to)
    assert len(names) == len(list(office.export_folder.iterdir())) == 2
