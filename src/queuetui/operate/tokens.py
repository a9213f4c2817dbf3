"""Tokens for access over HTTP: shown once, kept as hashes in a file that only its owner may read."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from queuetui.model.clock import to_text
from queuetui.model.errors import BadConfig, Conflict, NotFound
from queuetui.operate.rights import Right

PREFIX = "qt_"
SECRET_BYTES = 32
ID_BYTES = 4


@dataclass(frozen=True, slots=True)
class AccessToken:
    """One token as it is stored; times are RFC 3339 UTC, `digest` is the SHA-256 of its secret."""

    id: str
    name: str
    right: str
    digest: str
    created_at: str
    expires_at: str
    revoked_at: str | None = None

    def state(self, now: datetime) -> str:
        """Return the token's state: open, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "open" if to_text(now) < self.expires_at else "expired"

    def describe(self, now: datetime) -> dict[str, Any]:
        """Return the token for programs, without its digest."""
        described = {**asdict(self), "state": self.state(now)}
        del described["digest"]
        return described


class TokenFile:
    """The file of all tokens; every call reads it anew, so that a revoked token ends at once."""

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path
        self._now = now

    def create(self, right: Right, lasts: timedelta, name: str = "") -> tuple[AccessToken, str]:
        """Add a token and return it with its secret, which is not stored.

        Raises Conflict for a name in use.
        """
        secret, now = PREFIX + secrets.token_urlsafe(SECRET_BYTES), self._now()
        token_id = secrets.token_hex(ID_BYTES)
        token = AccessToken(
            token_id, name or token_id, right.value, _digest(secret), to_text(now), to_text(now + lasts)
        )
        with self._changing() as tokens:
            if any(one.name == token.name and one.state(now) == "open" for one in tokens):
                raise Conflict(f"an open token has the name {token.name!r}; give another, or revoke that one first")
            tokens.append(token)
        return token, secret

    def revoke(self, named: str) -> AccessToken:
        """Revoke the token of an id or name; raises NotFound where no open token has it."""
        now = self._now()
        with self._changing() as tokens:
            for place, one in enumerate(tokens):
                if named in {one.id, one.name} and one.revoked_at is None:
                    tokens[place] = replace(one, revoked_at=to_text(now))
                    return tokens[place]
        raise NotFound(f"no token that is not revoked has the id or name {named!r}; see: queuetui token list")

    def tokens(self) -> tuple[AccessToken, ...]:
        """Return all tokens, oldest first; raises BadConfig."""
        try:
            text = self._path.read_text(encoding="utf-8")
            return tuple(AccessToken(**one) for one in json.loads(text))
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError) as error:
            where = str(self._path)
            message = f"the tokens in {where} cannot be read ({type(error).__name__}); mend or remove that file"
            raise BadConfig(message, where) from error

    def open_tokens(self) -> tuple[AccessToken, ...]:
        """Return the tokens that are neither expired nor revoked."""
        now = self._now()
        return tuple(one for one in self.tokens() if one.state(now) == "open")

    def find(self, secret: str) -> AccessToken | None:
        """Return the open token of a secret, None where there is none.

        Every digest is compared, each in constant time.
        """
        given, found = _digest(secret), None
        for one in self.open_tokens():
            if hmac.compare_digest(one.digest, given):
                found = one
        return found

    @contextmanager
    def _changing(self) -> Iterator[list[AccessToken]]:
        """Lock the file for one change; write a new file beside it, then replace it."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            tokens = [*self.tokens()]
            yield tokens
            new = self._path.with_suffix(".new")
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump([asdict(one) for one in tokens], file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        finally:
            os.close(lock)


def _digest(secret: str) -> str:
    # A secret of 256 random bits needs no slow hash, because it cannot be guessed.
    return hashlib.sha256(secret.encode()).hexdigest()
