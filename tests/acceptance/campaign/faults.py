"""The faults by name: each does its harm through an ordeal, mends it, and returns."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress

import psutil

from queuetui.engine.children.process_end import is_dead
from tests.acceptance.campaign.cases import POINTS
from tests.acceptance.campaign.clock import step_clock
from tests.acceptance.campaign.crashing import crash_at
from tests.acceptance.campaign.crew import Member
from tests.acceptance.campaign.ordeal import Ordeal
from tests.acceptance.campaign.proxy import Proxy
from tests.acceptance.campaign.stage import Absent, fill, free
from tests.waiting import wait_until

GONE_WITHIN_S = 10
CHILD_WITHIN_S = 10
# How long a frozen worker's own doings may take to be over once it is awake.
AWAKE_S = 1.0


def do(fault: str, ordeal: Ordeal) -> None:
    """Do one fault; one that this machine cannot do is skipped with a line that says so."""
    try:
        FAULTS[fault](ordeal)
    except Absent as absent:
        ordeal.skipped[fault] = str(absent)


def kill_worker(ordeal: Ordeal) -> None:
    """Kill a worker outright, in the middle of what it does."""
    member = ordeal.busy_member()
    ordeal.done["kill_worker"] += 1
    ordeal.crew.kill(member)


def kill_child(ordeal: Ordeal) -> None:
    """Kill a process that runs a handler."""
    _kill_below(ordeal, "kill_child", ordeal.crew.children_of)


def kill_nest(ordeal: Ordeal) -> None:
    """Kill the process that forks the children; they die with it."""

    def nests(member: Member) -> set[int]:
        return {one.pid for one in psutil.Process(member.pid).children()}

    _kill_below(ordeal, "kill_nest", nests)


def _kill_below(ordeal: Ordeal, fault: str, below: Callable[[Member], set[int]]) -> None:
    member = ordeal.busy_member()
    living: list[int] = wait_until(
        lambda: [pid for pid in sorted(below(member)) if not is_dead(pid)], CHILD_WITHIN_S, awaiting=fault
    )
    victim = ordeal.chance.choice(living)
    # Frozen first: what was done is over before the time that is written down, and its worker hears of the death only then.
    family = [victim, *(one.pid for one in psutil.Process(victim).children(recursive=True))]
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    with ordeal.harm(fault, pid=member.pid):
        for pid in family:
            ordeal.crew.burials.bury(pid)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: is_dead(victim), GONE_WITHIN_S)


def freezing(leases: float, *, tree: bool = False) -> Callable[[Ordeal], None]:
    """Return the fault of freezing a worker for so many leases, with all that it started or alone."""

    def freeze(ordeal: Ordeal) -> None:
        member = ordeal.busy_member()
        family = [member.pid]
        if tree:
            family += [one.pid for one in psutil.Process(member.pid).children(recursive=True)]
        sink = ordeal.crew.sink
        for pid in family:
            sink.write("frozen", pid=pid)
            os.kill(pid, signal.SIGSTOP)
        ordeal.done[f"freeze{'_tree' if tree else ''}_{leases:g}"] += 1
        ordeal.rest(leases * ordeal.case.lease_s)
        for pid in reversed(family):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
            sink.write("woken", pid=pid)
        ordeal.rest(AWAKE_S)

    return freeze


def cut(ordeal: Ordeal) -> None:
    """Reset every connection."""
    with ordeal.harm("cut"):
        _proxy(ordeal).cut()


def hang_up(ordeal: Ordeal) -> None:
    """Close every connection in good order."""
    with ordeal.harm("hang_up"):
        _proxy(ordeal).hang_up()


def stall(ordeal: Ordeal) -> None:
    """Hold everything back, for less than a lease or for more."""
    proxy = _proxy(ordeal)
    with ordeal.harm("stall"):
        proxy.stall()
        ordeal.rest(ordeal.chance.choice((0.4, 1.5)) * ordeal.case.lease_s)
        proxy.flow()


def silence(ordeal: Ordeal) -> None:
    """Lose all that is sent for longer than a lease, then reset what is still open."""
    proxy = _proxy(ordeal)
    with ordeal.harm("silence"):
        proxy.silence()
        ordeal.rest(1.5 * ordeal.case.lease_s)
        proxy.speak()
        ordeal.rest()
        proxy.cut()


def half_open(ordeal: Ordeal) -> None:
    """Lose all that is sent on what is open now, for ever: nobody resets it, and only new connections work."""
    proxy = _proxy(ordeal)
    with ordeal.harm("half_open"):
        proxy.silence()
        proxy.speak()


def steal(ordeal: Ordeal) -> None:
    """Let a commit reach the server and lose its answer, with the connection."""
    proxy = _proxy(ordeal)
    before = proxy.stolen
    with ordeal.harm("steal"):
        proxy.steal(ordeal.stage.theft)
        wait_until(lambda: proxy.stolen > before, GONE_WITHIN_S, awaiting="an answer to steal")


def end_sessions(ordeal: Ordeal) -> None:
    """Let the server end every connection."""
    with ordeal.harm("end_sessions"):
        ordeal.stage.end_sessions()


def restart(ordeal: Ordeal) -> None:
    """Kill the server and start it again, sooner or later than a lease."""
    away_s = ordeal.chance.choice((0.1, 1.5)) * ordeal.case.lease_s
    with ordeal.harm("restart"):
        ordeal.stage.restart(lambda: ordeal.rest(away_s))


def fill_disk(ordeal: Ordeal) -> None:
    """Fill the disk, and free it a while later."""
    disk = ordeal.stage.disk
    if disk is None:
        raise Absent("disk full: this store's data does not lie on a disk of its own here")
    with ordeal.harm("fill_disk"):
        fill(disk)
        ordeal.rest(ordeal.case.lease_s)
        free(disk)
        ordeal.stage.revive()


def ten_mb(ordeal: Ordeal) -> None:
    """Kill a worker while payloads of ten megabytes are on their way."""
    ordeal.rest(1.0)
    ordeal.done["ten_mb"] += 4
    kill_worker(ordeal)


def _proxy(ordeal: Ordeal) -> Proxy:
    proxy = ordeal.stage.proxy
    assert proxy is not None, "there is no network in front of this store"
    return proxy


FAULTS: dict[str, Callable[[Ordeal], None]] = {
    "kill_worker": kill_worker,
    "kill_child": kill_child,
    "kill_nest": kill_nest,
    "freeze_0.5": freezing(0.5),
    "freeze_1.5": freezing(1.5),
    "freeze_5": freezing(5),
    "freeze_tree_1.5": freezing(1.5, tree=True),
    "cut": cut,
    "hang_up": hang_up,
    "stall": stall,
    "silence": silence,
    "half_open": half_open,
    "steal": steal,
    "end_sessions": end_sessions,
    "restart": restart,
    "fill_disk": fill_disk,
    "step_hour": step_clock("step_hour", 3600),
    "step_day": step_clock("step_day", 86_400),
    "ten_mb": ten_mb,
    **{point: crash_at(point) for point in POINTS},
}
