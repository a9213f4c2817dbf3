"""The part of acts on the rules of a queue that all stores share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from queuetui.backends.native.claim_limits import WHOLE_QUEUE, Starts, opens_us, recent_starts, starts_from_text
from queuetui.backends.native.texts import storable
from queuetui.model.act import Act, Verb
from queuetui.model.claim_rules import ClaimRules, RulesEdit, RulesInUse
from queuetui.model.clock import from_us, to_us
from queuetui.model.errors import BadConfig, BadPayload, Unsupported

RULES_LEFT = (
    "its stored rules cannot be read: another program or a newer queuetui wrote them; install that version, or clear them: "
    "queuetui queues limit QUEUE --clear"
)


def check_act(act: Act, queue: str, edit: RulesEdit) -> None:
    """Raise Unsupported for a verb of other things than rules, BadPayload for names no store can hold."""
    if act.verb is not Verb.LIMIT:
        message = f"{act.verb.value} is not done to the rules of a queue; they are laid down with limit"
        raise Unsupported(message)
    if any(not name or storable(name) != name for name in (queue, edit.type or "-")):
        raise BadPayload(
            "the name of a queue or type is empty, or holds a NUL or half a surrogate pair; choose another"
        )


def read_before(text: str | None, edit: RulesEdit) -> ClaimRules:
    """Return the rules before an edit, which may be unreadable where they are cleared; raises BadConfig."""
    try:
        return ClaimRules.from_text(text)
    except BadConfig:
        if edit.clear and edit.type is None:
            return ClaimRules()
        raise


def read_use(
    queue: str, text: str, begun: str | None, count_running: Callable[[ClaimRules], Mapping[str, int]], now: datetime
) -> RulesInUse:
    """Return the use of a queue's stored rules, with the fault of rules that cannot be read."""
    try:
        rules = ClaimRules.from_text(text)
    except BadConfig as error:
        return RulesInUse(queue, ClaimRules(), problem=f"queue {queue!r}: {error}; workers take nothing from it")
    return describe_use(queue, rules, count_running(rules), starts_from_text(begun), now)


def describe_use(
    queue: str, rules: ClaimRules, running: Mapping[str, int], starts: Starts, now: datetime
) -> RulesInUse:
    """Return how much of a queue's limits is in use."""
    begun: dict[str, int] = {}
    opens: dict[str, datetime] = {}
    for limit in rules.limits:
        if limit.rate is not None:
            slots = recent_starts(starts, limit, limit.rate, to_us(now))
            name = limit.type or WHOLE_QUEUE
            begun[name] = sum(slots.values())
            at_us = opens_us(slots, limit.rate)
            if at_us is not None:
                opens[name] = from_us(at_us)
    held = {**running, WHOLE_QUEUE: sum(running.values())} if rules.bounds_concurrency else {}
    return RulesInUse(queue, rules, held, begun, opens)
