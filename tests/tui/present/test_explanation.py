"""What is said of a job below its list."""

from __future__ import annotations

from queuetui.model.job import JobError
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.monitor.diagnosis.explain import explain
from queuetui.tui.present.explanation import explain_lines
from queuetui.tui.present.lines import TextLine
from tests.monitor.pictures import ago, facts, job


def text_of(lines: list[TextLine]) -> str:
    """Return the words of lines."""
    return " ".join("".join(piece.text for piece in line.left) for line in lines)


def failed(class_name: str, message: str = "no such shop") -> tuple[str, str]:
    """Return what is said of a failed job with rights, and without."""
    error = JobError(Untrusted(class_name), Untrusted(message), Untrusted(""))
    subject = job(State.FAILED, completed_at=ago(7300), attempts=3, error=error)
    verdict = explain(subject, facts())
    return text_of(explain_lines(subject, verdict, 200, 6)), text_of(
        explain_lines(subject, verdict, 200, 6, may_act=False)
    )


def test_no_key_is_named_that_the_rights_refuse() -> None:
    """Where nothing may be changed the command is told, that it is refused here, and no key."""
    acting, looking = failed("KeyError")
    assert "Next: read the error, then: R here, or queuetui retry --id" in acting
    assert "R here" not in looking
    assert "queuetui retry --id" in looking
    assert "(refused here: READ-ONLY)" in looking


def test_an_error_is_told_once() -> None:
    """One with a class is told behind the verdict, one without by the verdict itself."""
    assert failed("KeyError")[0].count("no such shop") == 1
    assert failed("")[0].count("no such shop") == 1
    assert failed("", "no shop with 3 others")[0].count("others") == 1
    assert failed("KeyError", "no shop with 3 others")[0].count("others") == 1
    assert "attempts with Late: no such shop" in failed(r"App\Errors\Late")[0]
    assert r"attempts with Late\x1b[31m: no such shop" in failed("App\\Errors\\Late\x1b[31m")[0]
