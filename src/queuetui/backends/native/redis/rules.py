"""The rules of queues on Redis: decided here, and written by a script that compares and sets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from queuetui.backends.claim_rules import MOST_RULED_QUEUES
from queuetui.backends.native.redis.server import Server
from queuetui.backends.native.rules_acts import check_act, read_before, read_use
from queuetui.backends.native.texts import storable
from queuetui.model.act import Act, JobRef, Outcome, Result
from queuetui.model.claim_rules import ClaimRules, RulesEdit, RulesInUse, edit_rules
from queuetui.model.clock import from_us
from queuetui.model.errors import Conflict

TRIES = 10
RULES_ASKED = (MOST_RULED_QUEUES,)


class RedisClaimRules:
    """The ClaimRulesStore half of the backend."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def rules_in_use(self) -> tuple[RulesInUse, ...]:
        """Return the queues with rules."""
        return to_uses(self._server.read("reading the rules of queues", "rules_in_use", *RULES_ASKED))

    def apply_to_rules(self, act: Act, queue: str, edit: RulesEdit) -> Result:
        """Set the rules of a queue; decided anew where they have changed meanwhile."""
        check_act(act, queue, edit)
        said = (act.id, act.verb.value, storable(act.actor), storable(act.reason), storable(act.filter))
        for _ in range(TRIES):
            seen, after = self._decide(act, queue, edit)
            reply = self._server.write(f"doing {act.verb.value}", "write_rules", *said, queue, seen, after)
            if reply is not None:
                return _to_result(JobRef(self._server.name, queue, ""), reply)
        raise Conflict(f"the rules of {queue!r} are changed by others all the time; nothing was done, try again")

    def _decide(self, act: Act, queue: str, edit: RulesEdit) -> tuple[str, str]:
        now_us, *found = self._server.read("reading the rules of a queue", "rules_in_use", 1, queue)
        seen = _text(found[1]) if found else ""
        after = edit_rules(read_before(seen, edit), edit, storable(act.actor), from_us(int(now_us)))
        return seen, "" if after.is_empty else after.to_text()


def to_uses(reply: Sequence[Any]) -> tuple[RulesInUse, ...]:
    """Return the queues with rules from the script's answer."""
    now_us, *found = reply
    now = from_us(int(now_us))
    rows = (found[start : start + 4] for start in range(0, len(found), 4))
    return tuple(sorted((_read_use(row, now) for row in rows), key=lambda use: use.queue))


def _read_use(row: Sequence[Any], now: datetime) -> RulesInUse:
    queue, text, begun, held = row
    running = {_text(name): count for name, count in zip(held[::2], held[1::2], strict=True)}
    return read_use(_text(queue), _text(text), _text(begun), lambda _: running, now)


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")


def _to_result(ref: JobRef, reply: Sequence[Any]) -> Result:
    row, before = reply
    outcome, *_ = row.decode().split("|")
    return Result(ref, Outcome(outcome), before=_text(before or b"") or ClaimRules().to_text())
