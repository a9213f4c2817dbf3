"""Reads and checks the actions and silences of `[profiles.NAME.alarms]`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, tzinfo
from urllib.parse import urlsplit

import msgspec

from queuetui.model.alarm_actions import AlarmActions, Webhook
from queuetui.model.examination import Check
from queuetui.model.silence import WEEKDAYS, DailyWindow, Silence, SingleWindow
from queuetui.model.verdict import Code
from queuetui.model.zone import DEFAULT_ZONE, find_zone, in_utc


class SilenceTable(
    msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename={"begins": "from", "ends": "until"}
):
    """One `[[profiles.NAME.alarms.silences]]`, with times of the day or moments."""

    begins: str
    ends: str
    days: list[str] = []
    timezone: str | None = None
    codes: list[str] = []
    names: list[str] = []


def read_actions(
    *,
    bell: bool,
    command: Sequence[str],
    webhook: str | None,
    secret_env: str | None,
    silences: Sequence[SilenceTable],
    zone: str = DEFAULT_ZONE,
) -> AlarmActions:
    """Return the actions; raises ValueError, which names the key."""
    if command and not command[0].strip():
        raise ValueError('command: its first word is the program, as in ["notify-send", "queuetui"]')
    read = tuple(_read_silence(f"silences[{number}]", table, zone) for number, table in enumerate(silences))
    return AlarmActions(bell, tuple(command), read_webhook(webhook, secret_env), read)


def read_webhook(url: str | None, secret_env: str | None) -> Webhook | None:
    """Return the webhook's address, None where none is set; raises ValueError."""
    if url is None and secret_env is None:
        return None
    if url is None:
        raise ValueError("webhook_secret_env: there is no webhook to sign for; name its address in webhook")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(sign.isspace() for sign in url):
        raise ValueError("webhook: it is an address such as https://alarms.example/queues")
    if parts.username is not None or parts.password is not None:
        raise ValueError("webhook: it holds a login, which would be seen; what is sent is signed instead")
    if not secret_env:
        raise ValueError("webhook: name in webhook_secret_env the environment variable with the secret it is signed by")
    return Webhook(url, secret_env)


def _read_silence(key: str, table: SilenceTable, zone: str) -> Silence:
    known = sorted({*map(str, Code), *map(str, Check)})
    for code in table.codes:
        if code not in known:
            raise ValueError(f"{key}.codes: there is no alarm {code!r}; there are: {', '.join(known)}")
    window = _read_daily(key, table, zone) if _is_time(table.begins) else _read_single(key, table, zone)
    return Silence(window, frozenset(table.codes), frozenset(table.names))


def _is_time(text: str) -> bool:
    return ":" in text and "-" not in text and "T" not in text.upper()


def _read_daily(key: str, table: SilenceTable, zone: str) -> DailyWindow:
    try:
        begins, ends = time.fromisoformat(table.begins), time.fromisoformat(table.ends)
    except ValueError:
        raise ValueError(f'{key}: from and until are times such as "22:00" and "06:30", or both moments') from None
    if begins.tzinfo is not None or ends.tzinfo is not None:
        raise ValueError(f'{key}: the zone of a time is named in timezone, as "Europe/Vienna"')
    if begins == ends:
        raise ValueError(f"{key}: from and until are the same time, so that it is never open")
    unknown = [day for day in table.days if day not in WEEKDAYS]
    if unknown:
        raise ValueError(f"{key}.days: there is no day {unknown[0]!r}; there are: {', '.join(WEEKDAYS)}")
    days = frozenset(WEEKDAYS.index(day) for day in table.days or WEEKDAYS)
    return DailyWindow(begins, ends, days, _zone_of(key, table.timezone or zone))


def _zone_of(key: str, name: str) -> tzinfo:
    try:
        return find_zone(name)
    except ValueError as error:
        raise ValueError(f"{key}.timezone: {error}") from None


def _read_single(key: str, table: SilenceTable, zone: str) -> SingleWindow:
    if table.days:
        raise ValueError(f"{key}: days go with times of the day, not with moments")
    in_zone = _zone_of(key, table.timezone or zone)
    moments = []
    for name, text in (("from", table.begins), ("until", table.ends)):
        try:
            moment = in_utc(datetime.fromisoformat(text), in_zone)
        except (ValueError, OverflowError):
            raise ValueError(
                f'{key}.{name}: it is a time such as "22:00" or a moment such as "2026-12-24T22:00Z"'
            ) from None
        moments.append(moment)
    if moments[0] >= moments[1]:
        raise ValueError(f"{key}: until is not after from, so that it is never open")
    return SingleWindow(*moments)
