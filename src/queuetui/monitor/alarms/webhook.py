"""Posts changes of alarms to a webhook: signed, and repeated if the address does not answer."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Event, Timer
from typing import IO, Any
from urllib.parse import urlsplit
from uuid import uuid4

from queuetui.model.errors import words_of

TRIES = 7
# The timeout of each network operation, and of a whole request: a server that answers byte by byte would delay all alarms.
TIMEOUT_S, WHOLE_S = 10.0, 30.0
_LONGEST_REST_S = 60.0
# Statuses after which another try may succeed.
_PASSING = frozenset({408, 425, 429, *range(500, 600)})


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, because a document signed for one address must not reach another."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Refuse the redirect."""


class _Plain(urllib.request.HTTPHandler):
    """Opens HTTP connections that can be aborted."""

    def __init__(self, connections: list[HTTPConnection]) -> None:
        super().__init__()
        self._connections = connections

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        """Open one."""
        return self.do_open(_remembering(HTTPConnection, self._connections), req)


class _Secure(urllib.request.HTTPSHandler):
    """Opens HTTPS connections that can be aborted."""

    def __init__(self, connections: list[HTTPConnection]) -> None:
        super().__init__()
        self._connections = connections

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        """Open one."""
        return self.do_open(_remembering(HTTPSConnection, self._connections), req)


def _remembering(kind: type[HTTPConnection], connections: list[HTTPConnection]) -> Any:  # noqa: ANN401 - stands for a class
    def connect(host: str, **how: Any) -> HTTPConnection:  # noqa: ANN401 - as that of the class
        connections.append(kind(host, **how))
        return connections[-1]

    return connect


def _break_off(connections: list[HTTPConnection], is_over: Event) -> None:
    is_over.set()
    for one in connections:
        opened = one.sock
        with suppress(OSError):
            if opened is not None:
                opened.shutdown(socket.SHUT_RDWR)


class WebhookSender:
    """Posts documents to one address; `rest` waits between tries and tells whether to give up."""

    def __init__(self, url: str, secret: bytes, rest: Callable[[float], bool]) -> None:
        self._url = url
        self._secret = secret
        self._rest = rest

    def send(self, document: Mapping[str, Any]) -> str | None:
        """Post a document, at most TRIES times; return why it was not accepted, None if it was."""
        body, delivery, why = json.dumps(document).encode(), str(uuid4()), ""
        for number in range(TRIES):
            why, again = self._post(body, delivery)
            if not why:
                return None
            last = number + 1 == TRIES
            if not again or last or self._rest(rest_s(number)):
                break
        return f"the webhook {urlsplit(self._url).hostname} was not told: {why}"

    def _post(self, body: bytes, delivery: str) -> tuple[str, bool]:
        """Post once; return why it was not accepted, empty if it was, and whether another try may help."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "queuetui",
            "X-Queuetui-Delivery": delivery,
            "X-Queuetui-Signature": sign(self._secret, int(datetime.now(UTC).timestamp()), body),
        }
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310 - settings allow http alone
        connections, is_over = list[HTTPConnection](), Event()
        opener = urllib.request.build_opener(_NoRedirects(), _Plain(connections), _Secure(connections))
        ending = Timer(WHOLE_S, _break_off, (connections, is_over))
        ending.daemon = True
        ending.start()
        try:
            opener.open(request, timeout=TIMEOUT_S).close()
        except urllib.error.HTTPError as error:
            error.close()
            return f"it answered {error.code}", error.code in _PASSING
        except (OSError, ValueError, HTTPException) as error:
            return f"it did not answer ({words_of(getattr(error, 'reason', error))})", True
        finally:
            ending.cancel()
        # An aborted answer may look complete, since its head simply ends where the connection was closed.
        return (f"it did not answer within {WHOLE_S:g} s", True) if is_over.is_set() else ("", False)


def sign(secret: bytes, at: int, body: bytes) -> str:
    """Return the signature of a body sent at a time, which is given in seconds since 1970."""
    return f"t={at},v1={hmac.new(secret, f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def rest_s(number: int) -> float:
    """Return how long to wait after the n-th try: 1, 2, 4 seconds and so on, with jitter."""
    return float(min(_LONGEST_REST_S, 2.0**number) * random.uniform(0.8, 1.2))
