"""The campaign's own parts: which cases there are, how they are asked for, gone on with and summed up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.acceptance.campaign.__main__ import command_for, command_of, is_wanted, read_arguments, summarise
from tests.acceptance.campaign.cases import CLASSES, ISOLATIONS, TIERS, UNTRIED, WITHOUT_SERVER, Case, list_cases
from tests.acceptance.campaign.faults import FAULTS
from tests.acceptance.campaign.judging import play_case
from tests.acceptance.campaign.report import describe, write_report
from tests.acceptance.campaign.results import Result, Results
from tests.acceptance.campaign.stage import BACKENDS, BESIDES, Servers


def result(**changes: object) -> Result:
    """Return what came of a case that went well."""
    fields: dict[str, object] = {
        "name": "crash-sqlite-thread",
        "fault_class": "crash",
        "backend": "sqlite",
        "isolation": "thread",
        "seed": 7,
        "command": "python again",
        "faults": {"mid_renew": 2},
        "jobs": 10,
        "runs": 12,
        "duplicates": {"lost, crash": 2, "retry": 3, "quarantined": 1},
        "recovery_s": [1.0, 3.0],
    }
    return Result(**{**fields, **changes})  # type: ignore[arg-type] # each test names the fields it is about


@pytest.mark.parametrize("tier", TIERS)
def test_the_same_seed_makes_the_same_cases(tier: str) -> None:
    """Cases and their seeds follow from the seed alone, and another one gives others."""
    cases = list(list_cases(TIERS[tier], 5))
    assert cases == list(list_cases(TIERS[tier], 5))
    assert {case.seed for case in cases}.isdisjoint(case.seed for case in list_cases(TIERS[tier], 1005))
    assert {fault for case in cases for fault in case.faults} <= FAULTS.keys()


def test_the_full_tier_does_every_fault_everywhere() -> None:
    """Every class is done on every store that can have it, in threads and in processes, and no fault is forgotten."""
    cases = list(list_cases(TIERS["b"], 1))
    wanted = {
        (one, backend, isolation)
        for one in CLASSES
        for backend in (*BACKENDS, *BESIDES)
        for isolation in ISOLATIONS
        if one not in {"sqlite": WITHOUT_SERVER, "mysql": UNTRIED}.get(backend, ())
    }
    assert {(case.fault_class, case.backend, case.isolation) for case in cases} == wanted
    assert {fault for case in cases for fault in case.faults} == FAULTS.keys()


def test_a_failed_case_names_the_command_that_plays_it_alone() -> None:
    """The command of one case asks for that case and no other."""
    given = read_arguments(["--tier", "b", "--seed", "3"])
    case = next(iter(list_cases(TIERS["b"], 3)))
    again = read_arguments(command_for(case, given).split()[3:])
    wanted = [one for one in list_cases(TIERS[again.tier], again.seed) if is_wanted(one, again)]
    assert wanted == [case]
    assert command_of(given) == "python -m tests.acceptance.campaign --tier b --seed 3"


def test_results_are_kept_for_a_later_slice(tmp_path: Path) -> None:
    """A case that is played again replaces what came of it before, and a failed one fails the campaign."""
    results = Results(tmp_path)
    assert results.all() == []
    results.add(result(problems=["it hung"]))
    assert summarise(results.all(), tmp_path) == 1
    results.add(result())
    assert results.all() == [result()]
    assert summarise(results.all(), tmp_path) == 0


def test_a_report_sums_up_and_hides_nothing(tmp_path: Path) -> None:
    """The report counts by class, store and isolation, names causes and what was skipped, and repeats failures with their command."""
    failed = result(name="disk-redis-process", fault_class="disk", backend="redis", lost=1, violations=["I1 lost"])
    skipped = result(name="clock", faults={}, jobs=0, skipped={"clock": "clock steps: not here"})
    write_report(tmp_path / "report.md", [result(), failed, skipped], "python all")
    text = (tmp_path / "report.md").read_text()
    assert "| crash | 1 | 2 | 10 | 12 | 3 | 0 | 0 | 0 | 0 | 2 | 0 | 3.0 s, 3.0 s, 3.0 s | - |" in text
    assert "| all | 2 | 4 | 20 | 24 | 6 | 1 | 0 | 0 | 0 | 4 | 0 |" in text
    assert "| lost, crash | 4 |" in text
    assert "- clock steps: not here" in text
    assert "`python again`: I1 lost" in text
    assert "None." not in text
    assert "None." in "\n".join(describe([result()], "python all"))


def test_what_this_machine_cannot_do_is_skipped_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that needs root says so and fails nothing; what an interrupted run left in its folder is gone."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (tmp_path / "all.events").touch()
    skipped = play_case(Case("disk", "sqlite", "thread", ("fill_disk",)), Servers(), tmp_path, "python again")
    assert not skipped.failed
    assert (
        skipped.line
        == "disk-sqlite-thread: skipped: disk full: only root may mount the small file system that is filled"
    )
    assert list(tmp_path.iterdir()) == []
