"""A varied population of jobs: every state, odd texts, absent fields, errors, losses and orphans."""

from __future__ import annotations

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import Running
from queuetui.model.act import Verb
from queuetui.model.job import Ending, RunError
from queuetui.model.limits import Limits
from tests.conformance.scenes import (
    LONG_LEASE_S,
    act_done,
    add,
    add_one,
    card,
    claim,
    claim_and_vanish,
    claim_one,
    pause,
    run,
)

# By these the same jobs are stuck however long a test takes: orphans, and what waits where nobody listens.
STEADY = Limits(stuck_after_s=0.0, worker_silent_s=36_000, per_type_s={"Sync": 36_000, "Odd": 36_000})
ODD_TEXTS = ("100% [off]_*", "a\\b'c\"d", "Ünï 北", "(x|y)?")


def populate(backend: NativeBackend) -> None:
    """Fill an empty queue; mail has a live worker, import has none, night is paused."""
    backend.jobs.register(card("web-1-77", "mail", "default"))
    _add_ended(backend)
    _add_held(backend)
    _add_waiting(backend)
    pause(backend, "night")


def _add_ended(backend: NativeBackend) -> None:
    add(backend, 2, queue="mail", type="SendMail", payload=b'{"to": "a@example.org", "user": {"id": 42}}', priority=10)
    run(backend, queue="mail", result=b'{"sent": true}')
    run(backend, Ending.FAILED, queue="mail", error=RunError("SmtpError", "timed out after 30 s", "at line 7"))
    add_one(backend, queue="mail", type="SendMail", name="Weekly news", tags=("vip", "eu"), idempotency_key="news-7")
    run(backend, Ending.FAILED, queue="mail", error=RunError("ValueError", "100% [bad]_value\\"))
    act_done(backend, Verb.CANCEL, add_one(backend, queue="mail", correlation_id="req-1"))
    add_one(backend, queue="mail", payload=b'{"items": [{"sku": "A-1042"}, 7, true, null, 1.5]}', max_attempts=9)
    run(backend, Ending.CANCELLED, queue="mail")


def _add_held(backend: NativeBackend) -> None:
    add(backend, 2, queue="mail", type="Sync", priority=-3, payload=b'{"shop": {"name": "B\xc3\xbcro"}, "n": 5}')
    lease, claimed = claim(backend, 2, "mail", LONG_LEASE_S * 60, "web-1-77")
    backend.jobs.mark_running(lease.id, [Running(claimed[0].id, claimed[0].fence, 0.5, '{"done": 1}')])
    act_done(backend, Verb.CANCEL, claimed[1].id)
    add_one(backend, queue="lost", type="Import", priority=2**31 - 1)
    claim_and_vanish(backend, queue="lost")
    backend.jobs.sweep(10)
    add_one(backend, queue="import", type="Import")
    claim_and_vanish(backend, queue="import")


def _add_waiting(backend: NativeBackend) -> None:
    for number, text in enumerate(ODD_TEXTS):
        add_one(backend, queue="import", type=text, name=text, priority=number, correlation_id=text, tags=(text,))
        add_one(backend, queue="default", type="Odd", payload=f'{{"text": {number}, "t": "{number}"}}'.encode())
    add(backend, 2, queue="night", type="Report", delay_s=86_400)
    add(backend, queue="night", type="Report", payload=b"not json")
    add_one(backend, queue="default", type="Flaky", priority=50)
    for _ in range(2):
        run(backend, Ending.RETRY, delay_s=0, error=RunError("Timeout", "Timed OUT"))
        assert backend.jobs.promote(1) == 1
    run(backend, Ending.RETRY, delay_s=3600, error=RunError("Timeout", "timed out again"))
    add_one(backend, queue="default", payload=b'{"long": "' + b"x" * 5000 + b'needle"}')
    assert claim_one(backend, lease_s=LONG_LEASE_S * 60, worker="web-1-77")[1].type == "Odd"
