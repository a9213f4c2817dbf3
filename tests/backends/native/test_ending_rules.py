"""The rules of endings, which Redis' scripts and the statements of SQL state once more."""

from __future__ import annotations

import re

from queuetui import resources
from queuetui.backends.native.ending_rules import FIGURES, LOSSES_ALONE, POISON_PILL, TARGETS, quarantine_error
from queuetui.backends.native.sql.state_codes import CODE_OF
from queuetui.model.job import Ending
from queuetui.model.state import FINAL, PUT_OFF, State

SCRIPTS = resources.path("backends", "native", "redis", "scripts")
STATEMENTS = resources.path("backends", "native", "sql", "statements")


def test_the_scripts_of_redis_hold_the_same_tables() -> None:
    """Targets, figures, final and put-off states, and when a job is quarantined, are those of the rules."""
    step = (SCRIPTS / "step.lua").read_text(encoding="utf-8")
    indexes = (SCRIPTS / "parts" / "indexes.lua").read_text(encoding="utf-8")
    runs = (SCRIPTS / "parts" / "runs.lua").read_text(encoding="utf-8")
    assert table(step, "TARGETS") == {how.value: f"'{state.value}'" for how, state in TARGETS.items()}
    assert table(step, "COUNTED") == {how.value: f"'{figure}'" for how, figure in FIGURES.items()}
    assert table(indexes, "FINAL") == {state.value: "true" for state in FINAL}
    assert table(indexes, "PUT_OFF") == {state.value: "true" for state in PUT_OFF}
    assert f"local LOSSES_ALONE = {LOSSES_ALONE}\n" in runs
    assert set(re.findall(r"'(Poison\w*)'", runs)) == {POISON_PILL}
    before, after = quarantine_error(7).message.split("7")
    assert f"'{before}' .. job.alone .. '{after}'" in runs


def test_a_fused_step_completes_with_the_code_of_completed() -> None:
    """The statements that finish runs without looking at each write the state that the rules lead to."""
    code = CODE_OF[TARGETS[Ending.COMPLETED]]
    assert code == CODE_OF[State.COMPLETED]
    for path in STATEMENTS.glob("*/step.sql"):
        assert re.search(rf"\bid, {code}, (?:least|min)\((\w\.)?rev, \d+\) \+ 1", path.read_text(encoding="utf-8")), (
            path
        )


def table(source: str, name: str) -> dict[str, str]:
    """Return a table of a script by key."""
    found = re.search(rf"local {name} = {{(.*?)}}", source, re.DOTALL)
    assert found is not None
    return dict(re.findall(r"(\w+) = ('\w+'|true)", found[1]))
