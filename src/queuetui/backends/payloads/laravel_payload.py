"""Reads the JSON payload of a Laravel job; a broken one is described, never raised."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from queuetui.backends.payloads.laravel_given import given_to
from queuetui.backends.payloads.php_serialized import PhpFormatError, read_php
from queuetui.backends.payloads.php_values import PhpDocument, PhpObject, PhpValue, from_json
from queuetui.model.clock import EPOCH

# JSON as a type of the database writes spaces behind commas and colons.
_DATA_MARK = re.compile(r', ?"data": ?\{')
_DATA_LEVELS = 5
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_COMMAND_MARK = re.compile(r'"command": ?"')
# Who writes them: Horizon, Laravel from 12 on, Sentry.
_MADE = ("pushedAt", "createdAt", "sentry_publish_time")
_TIMED_UUID = 7
_BY_OFFSET, _BY_NAME = 1, 3


class CommandState(StrEnum):
    """What could be read of the serialised command."""

    READ = "read"
    CUT = "cut"
    ENCRYPTED = "encrypted"
    MALFORMED = "malformed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class LaravelPayload:
    """What a payload says about its job; `problem` says why a part could not be read."""

    uuid: str | None = None
    display_name: str | None = None
    command_name: str | None = None
    max_tries: int | None = None
    retry_until: int | None = None
    tags: tuple[str, ...] = ()
    command_state: CommandState = CommandState.ABSENT
    command: PhpDocument | None = None
    given: PhpDocument | None = None
    fields: dict[str, object] = field(default_factory=dict)
    problem: str | None = None

    @property
    def type(self) -> str:
        """The name an operator knows the job by."""
        return self.display_name or self.command_name or "(unnamed)"

    @property
    def subject(self) -> PhpDocument | None:
        """What the job was given by its command, or the plain data of a job named by class and method."""
        if self.given is not None:
            return self.given
        if self.command is not None or self.command_state is not CommandState.ABSENT:
            return self.command
        data = from_json(self.fields.get("data"), _DATA_LEVELS)
        return None if data is None else PhpDocument(data)

    @property
    def batch_id(self) -> str | None:
        """The batch the job belongs to, from 13.x's field or from inside the command."""
        data = self.fields.get("data")
        named = data.get("batchId") if isinstance(data, dict) else None
        found = named if named is not None else self.command.find("batchId") if self.command else None
        return found if isinstance(found, str) else None

    @property
    def batch_uuid(self) -> str | None:
        """The batch where it is named as Laravel names them."""
        return self.batch_id if is_uuid(self.batch_id) else None

    def times(self) -> Iterator[float]:
        """Yield seconds since 1970 before which the job cannot have run.

        They tell when it was made, and until when it was put off.
        """
        yield from (at for at in (seconds_of(self.fields.get(name)) for name in _MADE) if at is not None)
        uuid = UUID(self.uuid) if self.uuid is not None and is_uuid(self.uuid) else None
        if uuid is not None and uuid.version == _TIMED_UUID:
            yield (uuid.int >> 80) / 1000
        due_at = None if self.command is None else _read_date(self.command.find("delay"))
        if due_at is not None:
            yield (due_at - EPOCH).total_seconds()


def is_uuid(text: str | None) -> bool:
    """Tell a uuid, the one identity that survives retries and releases."""
    return text is not None and _UUID.fullmatch(text) is not None


def read_payload(text: str, *, cut: bool = False, brief: bool = False) -> LaravelPayload:
    """Read a payload; `cut`: it is the beginning of a longer one; `brief`: without its command."""
    try:
        fields = _decode(_close_head(text) if cut else text)
    except (ValueError, RecursionError) as error:
        return LaravelPayload(problem=f"the payload is not JSON: {str(error)[:200]}")
    if not isinstance(fields, dict):
        return LaravelPayload(problem="the payload is JSON, but not an object")
    data = fields.get("data")
    command = data.get("command") if isinstance(data, dict) and not brief else None
    state, document, problem = _read_command(command, cut=cut)
    return LaravelPayload(
        uuid=_text(fields.get("uuid")),
        display_name=_text(fields.get("displayName")),
        command_name=_text(data.get("commandName") if isinstance(data, dict) else None) or _text(fields.get("job")),
        max_tries=_whole(fields.get("maxTries")),
        # Laravel before 8 calls it timeoutAt.
        retry_until=_whole(fields.get("retryUntil", fields.get("timeoutAt"))),
        tags=_texts(fields.get("tags")),
        command_state=state,
        command=document,
        given=None if document is None else given_to(document),
        fields=fields,
        problem=problem,
    )


def _decode(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        # The standard library takes lone surrogates and NaN, which some producers write.
        return json.loads(text)


def _close_head(text: str) -> str:
    """Make whole JSON of a payload's head: the fields before `data`, and the command as far as it goes."""
    mark = _DATA_MARK.search(text)
    if mark is None:
        return text
    top, begun = text[: mark.start()], _COMMAND_MARK.search(text, mark.end())
    if begun is None:
        return top + "}"
    before, command = text[: begun.end()], text[begun.end() :]
    # An escape cut in the middle would spoil the string: \\, \" and \uXXXX are at most six characters.
    for dropped in range(7):
        closed = f'{before}{command[: len(command) - dropped]}"}}}}'
        try:
            json.loads(closed)
        except ValueError:
            continue
        return closed
    return top + "}"


def _read_command(command: object, *, cut: bool) -> tuple[CommandState, PhpDocument | None, str | None]:
    if not isinstance(command, str) or not command:
        return CommandState.ABSENT, None, None
    try:
        document = read_php(command, cut=cut)
    except PhpFormatError as error:
        if _looks_encrypted(command):
            return CommandState.ENCRYPTED, None, None
        state = CommandState.CUT if cut else CommandState.MALFORMED
        return state, None, None if cut else f"the command could not be read: {error}"
    return (CommandState.READ if document.complete else CommandState.CUT), document, None


def _looks_encrypted(command: str) -> bool:
    """Tell Laravel's encrypted envelope, whole or cut, by the first field of its JSON."""
    head = command[:64]
    try:
        opened = base64.b64decode(head[: len(head) // 4 * 4], validate=True)
    except (binascii.Error, ValueError):
        return False
    return opened.startswith(b'{"iv":')


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _whole(value: object) -> int | None:
    """Keep only numbers that a stored counter or time can be; anything else would break arithmetic later."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 2**53 else None


def seconds_of(value: object) -> float | None:
    """Return a time as Laravel writes it (a whole number) or Horizon does (a text with a fraction)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        at = float(value)
    except (ValueError, OverflowError):
        return None
    return at if 0 < at < 2**37 else None


def _read_date(value: PhpValue) -> datetime | None:
    """Return the time that an object of PHP's DateTime or Carbon is, as far as it names its zone in full."""
    if not isinstance(value, PhpObject):
        return None
    date, kind, named = (value.properties.get(name) for name in ("date", "timezone_type", "timezone"))
    if not isinstance(date, str) or not isinstance(named, str) or not named or kind not in (_BY_OFFSET, _BY_NAME):
        return None
    try:
        if kind == _BY_OFFSET:
            return datetime.fromisoformat(date + named).astimezone(UTC)
        return datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(named)).astimezone(UTC)
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        return None
