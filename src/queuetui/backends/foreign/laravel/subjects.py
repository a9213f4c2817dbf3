"""Finds what a job is about.

The event, mail or notification that a class of the framework carries, else the job itself.
"""

from __future__ import annotations

from dataclasses import replace

from queuetui.backends.payloads.php_values import PhpArray, PhpDocument, PhpKey, PhpObject, PhpValue

_CARRIED = {
    "Illuminate\\Broadcasting\\BroadcastEvent": ("event",),
    "Illuminate\\Events\\CallQueuedListener": ("data",),
    "Illuminate\\Mail\\SendQueuedMailable": ("mailable",),
    "Illuminate\\Notifications\\SendQueuedNotifications": ("notification", "notifiables"),
}

# Properties that queued classes, events, mailables and notifications carry for the framework's own use.
_FRAMEWORK_PROPERTIES = frozenset(
    {
        "afterCommit", "backoff", "batchId", "chainCatchCallbacks", "chainConnection", "chainQueue", "chained",
        "closure", "connection", "deduplicator", "delay", "deleteWhenMissingModels", "failOnTimeout",
        "failureCallbacks", "job", "maxExceptions", "messageGroup", "middleware", "queue", "retryAfter",
        "retryUntil", "shouldBeEncrypted", "timeout", "tries", "uniqueFor", "uniqueId",
        "broadcastConnection", "broadcastQueue", "socket",
        "assertionableRenderStrings", "attachments", "bcc", "callbacks", "cc", "diskAttachments", "from", "html",
        "locale", "mailer", "markdown", "rawAttachments", "replyTo", "textView", "theme", "view",
    }
)  # fmt: skip


def subject_of(document: PhpDocument) -> PhpDocument:
    """Return the document with what the job is about as its root, without the framework's own properties."""
    root = document.root
    carried = [
        (key, document.find(key)) for key in (_CARRIED.get(root.class_name, ()) if isinstance(root, PhpObject) else ())
    ]
    if not carried or carried[0][1] is None:
        return replace(document, root=_own(root))
    (_, first), *others = carried
    alone = _only_member(first)
    subject = _own(first if alone is None else document.follow(alone))
    more: dict[PhpKey, PhpValue] = {key: value for key, value in others if value is not None}
    if more and isinstance(subject, PhpObject):
        # The id of a notification is a random one, made when it is sent.
        kept = {key: value for key, value in subject.properties.items() if key != "id"}
        subject = replace(subject, properties={**kept, **more})
    return replace(document, root=subject)


def _only_member(value: PhpValue) -> PhpValue:
    """Return the one object of an array: a listener's data is its event in an array."""
    match value:
        case PhpArray(items) if list(items) == [0] and not isinstance(items[0], str | int | float):
            return items[0]
    return None


def _own(value: PhpValue) -> PhpValue:
    if not isinstance(value, PhpObject):
        return value
    own: dict[PhpKey, PhpValue] = {
        key: member for key, member in value.properties.items() if key not in _FRAMEWORK_PROPERTIES
    }
    return replace(value, properties=own)
