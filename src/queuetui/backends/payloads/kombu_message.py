"""Reads messages as Kombu writes them: a JSON envelope around a body of any encoding.

Nothing in them is executed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from queuetui.backends.payloads.containers import BASE64, BZIP2, GZIP, LZMA, ZLIB
from queuetui.backends.payloads.decoder import JSON, Decoder, Reader
from queuetui.backends.payloads.msgpack_reader import MSGPACK
from queuetui.backends.payloads.pickle_reader import PICKLE

# Shown as it stands: a list in its block style, which is how Kombu writes one.
_YAML = Reader(
    "yaml", lambda raw: raw[:2] == b"- ", lambda raw, _: json.dumps({"yaml": raw.decode("utf-8", "replace")})
)
_REPR_CHARS = 1_024
_BODY = Decoder((BASE64, ZLIB, GZIP, BZIP2, LZMA), (PICKLE, JSON, MSGPACK, _YAML))


@dataclass(frozen=True, slots=True)
class KombuMessage:
    """The message of a task.

    `said` is its whole envelope; exchange and routing key are known once it was given to a worker.
    """

    said: Mapping[str, Any]
    exchange: str = ""
    routing_key: str = ""

    @property
    def headers(self) -> Mapping[str, Any]:
        """The headers; by the first protocol, which Celery wrote until 4, what they say stands in the body."""
        return _mapping(self.said.get("headers"))

    @property
    def properties(self) -> Mapping[str, Any]:
        """How it is delivered."""
        return _mapping(self.said.get("properties"))

    @property
    def is_whole(self) -> bool:
        """Whether its headers tell of its task."""
        return "id" in self.headers and "task" in self.headers

    @property
    def task_id(self) -> str:
        """The id of its task, empty where it names none."""
        return str(self.headers.get("id") or self.properties.get("correlation_id") or "")

    @property
    def retries(self) -> int:
        """How often its task was tried again."""
        return _whole(self.headers.get("retries"))

    @property
    def priority(self) -> int:
        """Its priority; which end is served first hangs on the broker."""
        return _whole(self.properties.get("priority"))

    def read_call(self) -> tuple[str, str, str]:
        """Return what is called, with what as JSON, and why its body cannot be read."""
        raw = self.said.get("body")
        found = _BODY.decode(raw.encode("utf-8", "replace") if isinstance(raw, str) else b"")
        call = str(self.headers.get("task") or "?")
        match json.loads(found.text) if found.text else None:
            case [list(args), dict(kwargs), dict(embed)]:
                told = {"args": args, "kwargs": kwargs, **{name: one for name, one in embed.items() if one}}
            case {"task": str(task), "args": list(args), "kwargs": dict(kwargs)}:
                call, told = task, {"args": args, "kwargs": kwargs}
            case None:
                # What the sender wrote of it for people, shortened where it was long.
                told = {name: self.headers[name] for name in ("argsrepr", "kwargsrepr") if name in self.headers}
            case value:
                told = {"body": value} if "yaml" not in found.layers else dict(value)
        return call, json.dumps(told, ensure_ascii=False), found.problem

    def changed(self, headers: Mapping[str, Any], delivery: Mapping[str, Any]) -> bytes:
        """Return the message with some headers and some of how it is delivered changed.

        Raises ValueError for what JSON cannot carry.
        """
        info = {**_mapping(self.properties.get("delivery_info")), **delivery}
        told = {
            **self.said,
            "headers": {**self.headers, **headers},
            "properties": {**self.properties, "delivery_info": info},
        }
        return json.dumps(told, allow_nan=False).encode()


def write_message(task_id: str, call: tuple[str, list[Any], dict[str, Any]], queue: str, parent: object) -> bytes:
    """Return the message of a new first run, as a client of the second protocol sends it.

    Raises ValueError for what JSON cannot carry.
    """
    name, args, kwargs = call
    headers = {
        "lang": "py", "task": name, "id": task_id, "shadow": None, "eta": None, "expires": None, "group": None,
        "group_index": None, "retries": 0, "timelimit": [None, None], "root_id": task_id, "parent_id": parent,
        "argsrepr": repr(tuple(args))[:_REPR_CHARS], "kwargsrepr": repr(kwargs)[:_REPR_CHARS], "origin": "queuetui",
        "ignore_result": False, "replaced_task_nesting": 0, "stamped_headers": None, "stamps": {},
    }  # fmt: skip
    properties = {
        "correlation_id": task_id, "reply_to": "", "delivery_mode": 2, "priority": 0, "body_encoding": "base64",
        "delivery_info": {"exchange": "", "routing_key": queue}, "delivery_tag": str(uuid4()),
    }  # fmt: skip
    embed = dict.fromkeys(("callbacks", "errbacks", "chain", "chord"))
    body = base64.b64encode(json.dumps([args, kwargs, embed], allow_nan=False).encode()).decode("ascii")
    told = {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": properties,
    }
    return json.dumps(told, allow_nan=False).encode()


def read_message(raw: bytes | str) -> KombuMessage | None:
    """Return the message that stands in a list, or that was given to a worker.

    The latter has its exchange and routing key. None where it is no message.
    """
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    match told:
        case dict():
            found = KombuMessage(told)
        case [dict(said), str(exchange), str(routing_key)]:
            found = KombuMessage(said, exchange, routing_key)
        case _:
            return None
    return found if found.task_id else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
