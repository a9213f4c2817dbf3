"""Checks the server: old snapshots, autovacuum, connections, memory, the size of a message."""

from __future__ import annotations

from collections.abc import Sequence

from queuetui.model.access import Access
from queuetui.model.act import Verb
from queuetui.model.clock import to_text
from queuetui.model.counted import counted
from queuetui.model.examination import Check, Finding, HeldSnapshot, Level, Memory
from queuetui.model.text import Untrusted
from queuetui.monitor.diagnosis.words import age, command, name, span

NEARLY_ALL = 0.8
AS_GOOD_AS_ALL = 0.95
SMALL_PACKET_BYTES = 4 * 1024 * 1024
# The eviction policy under which a full server keeps its keys and refuses new ones.
_KEEPS = "noeviction"
_MIB = 1024 * 1024


def judge_snapshots(held: Sequence[HeldSnapshot], hidden: int, held_s: float) -> Finding:
    """Judge whether old snapshots are held, because of which claims read rows that were deleted since."""
    evidence: dict[str, object] = {"held": [_describe(one) for one in held], "limit_s": held_s}
    if hidden:
        evidence["hidden_sessions"] = hidden
    if not held:
        story = f"nobody has held an old snapshot open for over {span(held_s)}"
        step = "grant this user pg_read_all_stats to see every session" if hidden else ""
        return Finding(Check.SNAPSHOTS, Level.OK, story, evidence, step)
    first, rest = held[0], len(held) - 1
    since = "" if first.age_s is None else f" for {age(first.age_s)}"
    more = f", and {counted(rest, 'other')} too" if rest else ""
    story = f"{_who(first)} has held an old snapshot open{since}{more}: claims slow down, nothing is vacuumed"
    return Finding(Check.SNAPSHOTS, Level.WARNING, story, evidence, _release(first))


def judge_vacuuming(unvacuumed: Sequence[Untrusted]) -> Finding:
    """Judge whether autovacuum is on for the queue's tables."""
    names = [name(one) for one in unvacuumed]
    evidence: dict[str, object] = {"off_for": names}
    if not names:
        return Finding(Check.AUTOVACUUM, Level.OK, "autovacuum looks after the queue's tables", evidence)
    if names[0] == "*":
        story = "autovacuum is off: the queue's tables grow and claims slow down"
        return Finding(Check.AUTOVACUUM, Level.WARNING, story, evidence, "set autovacuum = on")
    story = f"autovacuum is off for {', '.join(names)}"
    step = f"alter table {names[0]} reset (autovacuum_enabled)"
    return Finding(Check.AUTOVACUUM, Level.WARNING, story, evidence, step)


def judge_connections(used: int, most: int) -> Finding:
    """Judge how near the server is to refusing connections."""
    evidence: dict[str, object] = {"used": used, "most": most}
    story = f"{used:,} of {most:,} connections are in use"
    if used < NEARLY_ALL * most:
        return Finding(Check.CONNECTIONS, Level.OK, story, evidence)
    level = Level.CRITICAL if used >= AS_GOOD_AS_ALL * most else Level.WARNING
    return Finding(Check.CONNECTIONS, level, story, evidence, "close idle ones, use a pooler, or raise the limit")


def judge_notices(*, pooled: bool) -> Finding:
    """Report whether workers are notified of new jobs at once, or a pooler makes them poll."""
    evidence: dict[str, object] = {"pooler": pooled}
    if not pooled:
        return Finding(Check.NOTICES, Level.OK, "workers hear of new jobs at once, by LISTEN", evidence)
    story = "a pooler stands before the server and passes no notices on: workers look for new jobs by polling"
    step = "nothing needs to be done; for pick-up at once give workers a URL of the server itself, or poll more often (--sleep)"
    return Finding(Check.NOTICES, Level.OK, story, evidence, step)


def judge_memory(memory: Memory, access: Access) -> Finding:
    """Judge how near the server is to its memory limit, and whether it evicts keys then."""
    evidence: dict[str, object] = {
        "used_bytes": memory.used,
        "most_bytes": memory.most or None,
        "policy": memory.policy or None,
    }
    bound = f"of {memory.most / _MIB:,.1f} MiB" if memory.most else "without a limit of its own"
    story = f"{memory.used / _MIB:,.1f} MiB {bound} in use"
    if memory.policy not in (_KEEPS, ""):
        story += f"; when it is full it throws keys away ({memory.policy}), jobs too"
        return Finding(Check.MEMORY, Level.WARNING, story, evidence, f"set maxmemory-policy {_KEEPS}")
    if not memory.most or memory.used < NEARLY_ALL * memory.most:
        return Finding(Check.MEMORY, Level.OK, story, evidence)
    level = Level.CRITICAL if memory.used >= AS_GOOD_AS_ALL * memory.most else Level.WARNING
    story += "; when it is full it refuses new jobs"
    cleanup = command("cleanup", way=access.way_to(Verb.DELETE))
    return Finding(Check.MEMORY, level, story, evidence, f"raise maxmemory, or delete ended jobs: {cleanup}")


def judge_packet(packet_bytes: int) -> Finding:
    """Judge the limit that the server sets to the size of a job."""
    evidence: dict[str, object] = {"max_allowed_packet": packet_bytes}
    story = f"a job and its payload must fit into {packet_bytes / _MIB:,.1f} MiB"
    if packet_bytes >= SMALL_PACKET_BYTES:
        return Finding(Check.PACKET, Level.OK, story, evidence)
    return Finding(Check.PACKET, Level.WARNING, story, evidence, "set max_allowed_packet = 16M or more")


def _describe(one: HeldSnapshot) -> dict[str, object]:
    return {
        "kind": one.kind,
        "pid" if one.kind == "session" else "name": name(one.name),
        "user": None if one.user is None else name(one.user),
        "application": None if one.application is None else name(one.application),
        "since": None if one.since is None else to_text(one.since),
        "age_s": None if one.age_s is None else round(one.age_s, 1),
    }


def _who(one: HeldSnapshot) -> str:
    if one.kind == "prepared":
        return f"the prepared transaction {name(one.name)} of {name(one.user)}"
    if one.kind == "slot":
        return f"the replication slot {name(one.name)}"
    via = "" if one.application is None else f", application {name(one.application)}"
    return f"pid {name(one.name)} (user {name(one.user)}{via})"


def _release(one: HeldSnapshot) -> str:
    quoted = "'" + name(one.name).replace("'", "''") + "'"
    if one.kind == "prepared":
        return f"commit prepared {quoted}, or rollback prepared {quoted}"
    if one.kind == "slot":
        return f"let its reader catch up, or: select pg_drop_replication_slot({quoted})"
    return f"end its transaction, or: select pg_terminate_backend({name(one.name)})"
