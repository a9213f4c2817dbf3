"""Signals that a worker is sent, and those that its handlers' timers send."""

from __future__ import annotations

import signal

import pytest

from queuetui.engine.children.run_marks import RunMarks
from queuetui.engine.clock import Clock, Wakeup
from queuetui.engine.handler_forks import release
from queuetui.engine.signals import Signals
from queuetui.engine.stop import Stopping
from tests.engine.working import Told


@pytest.fixture
def stopping() -> Stopping:
    """The end of a worker that nobody has asked for yet."""
    return Stopping(25, Wakeup(), Clock())


@pytest.mark.parametrize(
    ("number", "which"),
    [
        (signal.SIGALRM, signal.ITIMER_REAL),
        (signal.SIGVTALRM, signal.ITIMER_VIRTUAL),
        (signal.SIGPROF, signal.ITIMER_PROF),
    ],
)
@pytest.mark.parametrize("own", [None, "raises"], ids=["nobody's", "the application's own"])
def test_a_timer_of_a_handler_ends_no_worker(
    stopping: Stopping, told: Told, number: signal.Signals, which: int, own: str | None
) -> None:
    """A timer of a handler is logged once by its signal, and disarmed when the worker ends.

    The application's own timer stays armed, and what its own handler of the signal raises ends nothing.
    """
    heard: list[int] = []

    def hear(number: int, _: object) -> None:
        heard.append(number)
        raise SystemExit

    before = signal.signal(number, hear if own else signal.SIG_DFL)
    before_s, _ = signal.setitimer(which, 600 if own else 0)
    try:
        signals = Signals(stopping)
        with signals.caught():
            if not own:
                signal.setitimer(which, 600)
            for _ in range(2):
                signal.raise_signal(number)
                signals.act()
        assert signal.getsignal(number) == (hear if own else signal.SIG_DFL)
        assert (signal.getitimer(which)[0] > 0) == bool(own)
    finally:
        signal.signal(number, before)
        signal.setitimer(which, before_s)
    assert not stopping.asked
    events = [name for name, _ in told.records]
    assert (heard, events) == (([number] * 2, []) if own else ([], ["timer_ignored", "timer_left"]))


def test_a_worker_that_was_told_to_outlive_its_terminal_does(stopping: Stopping) -> None:
    """HUP asks for the end as TERM does, but not where it is ignored, as below `nohup`."""
    before = signal.getsignal(signal.SIGHUP)
    try:
        for handler, is_asked in ((signal.SIG_IGN, False), (signal.SIG_DFL, True)):
            signal.signal(signal.SIGHUP, handler)
            signals = Signals(stopping)
            with signals.caught():
                signal.raise_signal(signal.SIGHUP)
                signals.act()
            assert stopping.asked is is_asked
    finally:
        signal.signal(signal.SIGHUP, before)
    assert stopping.reason == "SIGHUP"


def test_what_a_run_leaves_set_is_gone_before_the_next_one(told: Told) -> None:
    """A timer that a handler did not stop would fail or kill another job in its process; TERM is still the worker's there.

    A timer of the application itself, such as a profiler's, stays.
    """

    def terminate(_number: int, _frame: object) -> None:
        """Stand for a child's own."""

    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGVTALRM, signal.SIGPROF)}
    signal.setitimer(signal.ITIMER_PROF, 600)
    try:
        marks = RunMarks(terminate)
        marks.remove()
        assert not told.of("timer_left")
        signal.setitimer(signal.ITIMER_VIRTUAL, 600)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        marks.remove()
        assert [line["timers"] for line in told.of("timer_left")] == ["ITIMER_VIRTUAL"]
        assert signal.getitimer(signal.ITIMER_VIRTUAL)[0] == 0
        assert signal.getitimer(signal.ITIMER_PROF)[0] > 0
        assert signal.getsignal(signal.SIGTERM) is terminate
    finally:
        for which in (signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
            signal.setitimer(which, 0)
        release(signal.SIGTERM)
        for number, handler in before.items():
            signal.signal(number, handler)
