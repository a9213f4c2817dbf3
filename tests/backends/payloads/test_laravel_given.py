"""What queued closures and artisan commands were given."""

from __future__ import annotations

import json

import pytest

from queuetui.backends.payloads.laravel_payload import read_payload
from queuetui.backends.payloads.laravel_summary import summarise, values_at


def written(value: object) -> str:
    """Return a value as PHP serialises it: a number, a text, a dict as an array, a class with its properties as an object."""
    match value:
        case None:
            return "N;"
        case int():
            return f"i:{value};"
        case str():
            return f's:{len(value.encode())}:"{value}";'
        case dict():
            return f"a:{len(value)}:{{{''.join(map(written, (one for pair in value.items() for one in pair)))}}}"
        case (str(name), dict() as properties):
            return f'O:{len(name)}:"{name}":{written(properties)[2:]}'
    raise TypeError(value)


CLOSURE = "Laravel\\SerializableClosure\\SerializableClosure"
USED = {"sku": "A-1042", "shop": ("Illuminate\\Contracts\\Database\\ModelIdentifier", {"class": "App\\Shop", "id": 7})}
NATIVE = (
    "Laravel\\SerializableClosure\\Serializers\\Native",
    {"use": USED, "function": "function () {}", "self": "00"},
)
SIGNED = ("Laravel\\SerializableClosure\\Serializers\\Signed", {"serializable": written(NATIVE), "hash": "h"})
BROKEN = ("Laravel\\SerializableClosure\\Serializers\\Signed", {"serializable": "O:1:", "hash": "h"})
EVENT = ("App\\Events\\Saved", {"sku": "A-1042", "socket": None})


def closure_job(kept: object) -> object:
    """Return a queued closure."""
    return ("Illuminate\\Queue\\CallQueuedClosure", {"closure": (CLOSURE, {"serializable": kept}), "job": None})


def listener(*arguments: object) -> object:
    """Return an event's queued closure."""
    data = {"closure": (CLOSURE, {"serializable": SIGNED}), "arguments": dict(enumerate(arguments)), "catch": {}}
    invoked = {"class": "Illuminate\\Events\\InvokeQueuedClosure", "method": "handle", "data": data}
    return ("Illuminate\\Events\\CallQueuedListener", invoked)


def command(**options: object) -> object:
    """Return a queued artisan command."""
    given = {0: "shop:import", 1: {f"--{name}": value for name, value in options.items()}}
    return ("Illuminate\\Foundation\\Console\\QueuedCommand", {"data": given, "queue": None})


@pytest.mark.parametrize(
    ("job", "shown"),
    [
        (closure_job(NATIVE), "sku A-1042 shop 7"),
        (closure_job(SIGNED), "sku A-1042 shop 7"),
        (closure_job(BROKEN), ""),
        (listener(EVENT), "sku A-1042"),
        (listener("stock.changed", 5), "stock.changed 5"),
        (listener(), ""),
        (command(sku="A-1042", limit=5), "command shop:import --sku A-1042 --limit 5"),
        (command(), "command shop:import"),
    ],
)
def test_what_the_frameworks_own_jobs_were_given_is_shown(job: object, shown: str) -> None:
    """A closure shows the variables that it uses, signed or not, an event's closure the event, and a command its arguments."""
    payload = read_payload(json.dumps({"displayName": "x", "data": {"commandName": "x", "command": written(job)}}))
    assert payload.subject is not None
    assert summarise(payload.subject) == shown
    if "sku" in shown and "--" not in shown:
        assert values_at(payload.subject, ("sku",)) == ["A-1042"]
