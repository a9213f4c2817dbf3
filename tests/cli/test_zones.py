"""Times that are written without a zone are in UTC, or in the zone that the profile names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from queuetui.model.zone import DEFAULT_ZONE, use_zone
from tests.cli.conftest import Invoke
from tests.cli.scenes import Scene

VIENNA = "Europe/Vienna"


@pytest.fixture(params=["Europe/Vienna", None])
def zone(
    request: pytest.FixtureRequest, quick: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The zone of a profile `shop`, which names it or not; the machine's own is another."""
    named = f'timezone = "{request.param}"\n' if request.param else ""
    (tmp_path / "config.toml").write_text(f'[profiles.shop]\nurl = "{quick.url}"\nrights = "admin"\n{named}')
    monkeypatch.setenv("QUEUETUI_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("TZ", "America/New_York")
    yield request.param or DEFAULT_ZONE
    use_zone(DEFAULT_ZONE)


def test_every_time_without_a_zone_is_in_one(zone: str, invoke: Invoke) -> None:
    """What is due, filtered, looked back to or recurring; and the answer names the zone."""
    due = datetime(2030, 7, 31, 8, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    told = invoke("--profile", "shop", "enqueue", "Send", "--at", "2030-07-31T08:00:00")
    assert f"due at 2030-07-31 08:00:00 {zone}" in told.err
    at_noon = invoke("enqueue", "Send", "--at", "2030-07-31T12:00:00", "--json", "--profile", "shop").data
    assert at_noon["scheduled_at"] == f"{due + timedelta(hours=4):%Y-%m-%dT%H:%M:%S}.000000Z"
    early = invoke(
        "--profile", "shop", "jobs", "scheduled<2030-07-31T08:00:01", "scheduled>2030-07-31T07:59:59", "--json"
    )
    assert [one["id"] for one in early.data] == [told.out.strip()]
    a_minute_ago = (datetime.now(ZoneInfo(zone)) - timedelta(minutes=1)).replace(tzinfo=None)
    for since, events in ((a_minute_ago, 2), (a_minute_ago + timedelta(minutes=30), 0)):
        found = invoke("--profile", "shop", "events", "--since", since.isoformat(), "--json").data
        assert len([one for one in found if one["event"] == "JobCreated"]) == events
    invoke("--profile", "shop", "schedules", "add", "nightly", "Send", "--cron", "30 2 * * *")
    (schedule,) = invoke("--profile", "shop", "schedules", "--json").data
    assert schedule["tz"] == zone
    if zone == VIENNA:
        twice = invoke("--profile", "shop", "enqueue", "Send", "--at", "2030-10-27T02:30:00")
        assert "due at 2030-10-27 02:30:00+02:00 Europe/Vienna" in twice.err
        no_time = invoke("--profile", "shop", "enqueue", "Send", "--at", "0001-01-01T00:30:00")
        assert (no_time.code, "years 1 to 9999" in no_time.err) == (2, True)
