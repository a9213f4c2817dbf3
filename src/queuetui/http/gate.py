"""Admits requests: checks the token, the right it gives, and the request rate."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from queuetui.http.caller import Caller
from queuetui.http.problems import RefusedRequest
from queuetui.http.served import Served
from queuetui.operate.rights import Right

MOST_REMEMBERED = 10_000
WRONG_TOKENS_PER_MINUTE = 60
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
NO_TOKEN = {"www-authenticate": 'Bearer realm="queuetui"'}
WRONG_TOKEN = {"www-authenticate": 'Bearer realm="queuetui", error="invalid_token"'}


@dataclass(slots=True)
class Allowance:
    """How many requests are left to one client, and when that was computed."""

    left: float
    at_s: float


class RequestRates:
    """Limits the requests of each client: a burst, which is refilled within a minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._clients: OrderedDict[str, Allowance] = OrderedDict()
        self._lock = Lock()

    def take(self, client: str) -> float:
        """Count a request of a client; return the seconds until it may send one, 0 if it may now."""
        with self._lock:
            now_s = self._clock()
            allowance = self._clients.pop(client, None) or Allowance(self._per_minute, now_s)
            gained = (now_s - allowance.at_s) * self._per_minute / 60
            allowance.left, allowance.at_s = min(self._per_minute, allowance.left + gained), now_s
            self._clients[client] = allowance
            if len(self._clients) > MOST_REMEMBERED:
                self._clients.popitem(last=False)
            if allowance.left < 1:
                return (1 - allowance.left) * 60 / self._per_minute
            allowance.left -= 1
            return 0.0


class Gate:
    """Admits or refuses callers."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._asked = RequestRates(served.limits.requests_per_minute)
        self._counted = RequestRates(served.limits.counts_per_minute)
        self._wrong = RequestRates(WRONG_TOKENS_PER_MINUTE)

    def admit(self, address: str, headers: dict[str, str], needed: Right | None) -> Caller:
        """Return the caller; `needed` None means that the address is open to all; raises RefusedRequest."""
        if needed is None:
            return Caller("", Right.READ)
        given = headers.get("authorization")
        caller = self._bearer(address, given) if given is not None else self._without_token(headers)
        _hold_back(self._asked.take(caller.name if given is not None else address))
        if not caller.right.covers(needed):
            raise RefusedRequest(403, f"this takes the right {needed}, and this token has {caller.right}")
        return caller

    def admit_count(self, address: str, caller: Caller) -> None:
        """Count a request for exact counts against the caller's limit; raises RefusedRequest."""
        wait_s = self._counted.take(address if caller.token_id is None else caller.name)
        _hold_back(wait_s, "too many whole counts; ask without exact=true, or")

    def _bearer(self, address: str, given: str) -> Caller:
        scheme, _, secret = given.partition(" ")
        token = self._served.tokens.find(secret.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            _hold_back(self._wrong.take(address))
            message = "the token is not known, expired or revoked; make one with: queuetui token create"
            raise RefusedRequest(401, message, WRONG_TOKEN)
        return Caller(f"token {token.name}", Right(token.right), token.id)

    def still_admits(self, caller: Caller) -> bool:
        """Tell whether an admitted caller would still be admitted; its rate does not count."""
        tokens = self._served.tokens
        if caller.token_id is None:
            return not tokens.tokens()
        return caller.token_id in {one.id for one in tokens.open_tokens()}

    def _without_token(self, headers: dict[str, str]) -> Caller:
        open_as = self._served.open_as
        # Once any token exists, even an ended one, requests without a token are refused.
        if open_as is None or self._served.tokens.tokens():
            message = "a token is wanted, as Authorization: Bearer TOKEN; make one with: queuetui token create"
            raise RefusedRequest(401, message, NO_TOKEN)
        # A web page in a browser must not reach a server on the same machine under another name or from another origin.
        host = headers.get("host", "").lower()
        if host.rpartition(":")[0] not in LOOPBACK_NAMES and host not in LOOPBACK_NAMES:
            raise RefusedRequest(403, "without a token this server answers to its loopback names alone; use 127.0.0.1")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != host:
            raise RefusedRequest(403, "a page of another origin asks; without a token this is refused")
        return Caller(open_as, Right.ADMIN)


def _hold_back(wait_s: float, what: str = "too many requests;") -> None:
    if wait_s > 0:
        seconds = str(max(1, round(wait_s + 0.5)))
        raise RefusedRequest(429, f"{what} ask again in {seconds} s", {"retry-after": seconds})
