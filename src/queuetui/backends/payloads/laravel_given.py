"""What Laravel's queued closures and artisan commands were given, kept inside what runs them."""

from __future__ import annotations

from dataclasses import replace

from queuetui.backends.payloads.php_serialized import PhpFormatError, read_php
from queuetui.backends.payloads.php_values import PhpArray, PhpDocument, PhpKey, PhpObject, PhpValue

_COMMAND = "Illuminate\\Foundation\\Console\\QueuedCommand"
_CLOSURE = "Illuminate\\Queue\\CallQueuedClosure"
_LISTENING_CLOSURE = "Illuminate\\Events\\InvokeQueuedClosure"
# With a key of the application, which is usual, a closure is a text of its own beside its signature.
_SIGNED = "Laravel\\SerializableClosure\\Serializers\\Signed"


def given_to(command: PhpDocument) -> PhpDocument | None:
    """Return what a job was given where its class is the framework's own; None for every other class."""
    root = command.root
    if not isinstance(root, PhpObject):
        return None
    if root.class_name == _COMMAND:
        return _arguments(command)
    if root.class_name == _CLOSURE:
        return _captured(command)
    if root.properties.get("class") == _LISTENING_CLOSURE:
        given = command.find("data.arguments")
        is_one = isinstance(given, PhpArray) and list(given.items) == [0]
        return replace(command, root=command.find("data.arguments.0") if is_one else given)
    return None


def _arguments(command: PhpDocument) -> PhpDocument:
    """Return the name of an artisan command with its arguments and options."""
    given = command.find("data.1")
    named: dict[PhpKey, PhpValue] = {"command": command.find("data.0")}
    return replace(command, root=PhpArray({**named, **(given.items if isinstance(given, PhpArray) else {})}))


def _captured(command: PhpDocument) -> PhpDocument | None:
    """Return the variables that a closure uses, None where they cannot be read."""
    document, closure = command, command.find("closure.serializable")
    if isinstance(closure, PhpObject) and closure.class_name == _SIGNED:
        text = closure.properties.get("serializable")
        try:
            document = read_php(text if isinstance(text, str) else "")
        except PhpFormatError:
            return None
        closure = document.root
    used = closure.properties.get("use") if isinstance(closure, PhpObject) else None
    return replace(document, root=used) if isinstance(used, PhpArray) else None
