"""Who is let in over HTTP, to what, how often and how large."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from queuetui.config.profile import Profile
from queuetui.http.gate import RequestRates
from queuetui.operate.rights import Right
from queuetui.operate.tokens import TokenFile
from tests.http.stage import HttpStage, serving, serving_native
from tests.http.test_jobs import entries

HOUR = timedelta(hours=1)


@pytest.fixture
def guarded(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[HttpStage]:
    """A server that wants a token of everybody."""
    with serving_native(migrated_sqlite_url, tmp_path, open_as=None) as running:
        yield running


def as_bearer(secret: str) -> dict[str, str]:
    """Return the header that a token is sent in."""
    return {"authorization": f"Bearer {secret}"}


def test_each_right_allows_what_it_says(guarded: HttpStage) -> None:
    """Reading looks, operating changes, and only an admin deletes; the record names the token."""
    job_id = guarded.jobs.job("a")
    asked: dict[str, Callable[[dict[str, str]], httpx.Response]] = {
        "look": lambda headers: guarded.client.get("/api/jobs", headers=headers),
        "retry": lambda headers: guarded.client.post(f"/api/jobs/{job_id}/retry", headers=headers),
        "delete": lambda headers: guarded.client.post(
            "/api/jobs/bulk", json={"action": "delete", "job_ids": [job_id]}, headers=headers
        ),
        "cleanup": lambda headers: guarded.client.post("/api/jobs/cleanup", json={"days": 1}, headers=headers),
    }
    allowed = {}
    for right in Right:
        _, secret = guarded.served.tokens.create(right, HOUR, f"the-{right}")
        allowed[right] = {name for name, ask in asked.items() if ask(as_bearer(secret)).status_code != 403}
    assert allowed == {Right.READ: {"look"}, Right.OPERATE: {"look", "retry"}, Right.ADMIN: set(asked)}
    assert [one["actor"] for one in entries(guarded) if one.get("verb") == "delete"] == ["token the-admin"]


@pytest.mark.parametrize("given", [b"", b"Bearer", b"Bearer qt_wrong", b"Basic cXQ6cXQ=", b"Bearer \xff"])
def test_whoever_has_no_token_is_not_let_in(guarded: HttpStage, given: bytes) -> None:
    """Without a token or with a wrong one the answer is 401 and names the scheme; the probes are open to all."""
    headers = {b"authorization": given} if given else {}
    answer = guarded.client.get("/api/jobs", headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
    assert guarded.get("/healthz").json() == {"status": "ok"}
    assert guarded.get("/readyz").json()["status"] == "ready"


def test_a_token_ends_when_it_is_revoked(guarded: HttpStage) -> None:
    """A server that runs lets it in no more."""
    token, secret = guarded.served.tokens.create(Right.READ, HOUR)
    headers = as_bearer(secret)
    assert guarded.client.get("/api/jobs", headers=headers).status_code == 200
    guarded.served.tokens.revoke(token.id)
    assert guarded.client.get("/api/jobs", headers=headers).status_code == 401


def test_a_token_ends_with_its_time_and_is_kept_as_a_hash(tmp_path: Path) -> None:
    """By the clock it is open for its hour; the file holds no secret and is its owner's alone."""
    now = [datetime(2030, 1, 1, tzinfo=UTC)]
    file = TokenFile(tmp_path / "state" / "tokens.json", lambda: now[0])
    _, secret = file.create(Right.READ, HOUR, "grafana")
    assert file.find(secret) is not None
    now[0] += HOUR
    assert file.find(secret) is None
    path = tmp_path / "state" / "tokens.json"
    assert secret not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_first_token_closes_an_open_server(stage: HttpStage) -> None:
    """On loopback all are let in until a token exists; that it was revoked opens nothing again."""
    assert stage.get("/api/jobs").status_code == 200
    token, _ = stage.served.tokens.create(Right.READ, HOUR)
    assert stage.get("/api/jobs").status_code == 401
    stage.served.tokens.revoke(token.id)
    assert stage.get("/api/jobs").status_code == 401


@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}, {"host": "[::1].x"}]
)
def test_no_page_of_a_browser_reaches_an_open_server(stage: HttpStage, headers: dict[str, str]) -> None:
    """Without a token another name of this machine, and a page from elsewhere, are refused."""
    assert stage.client.get("/api/jobs", headers=headers).status_code == 403


def test_the_profile_is_the_upper_bound(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """A token of any right changes nothing where the profile is for reading."""
    with (
        serving_native(migrated_sqlite_url, tmp_path) as writer,
        serving([Profile("shop", migrated_sqlite_url, rights="read")], tmp_path, open_as=None) as stage,
    ):
        job_id = writer.jobs.job("a")
        _, secret = stage.served.tokens.create(Right.ADMIN, HOUR)
        headers = as_bearer(secret)
        refused = [
            stage.client.delete(f"/api/jobs/{job_id}", headers=headers),
            stage.client.post("/api/jobs", json={"type": "a"}, headers=headers),
            stage.client.post("/api/jobs/cleanup", json={"days": 0}, headers=headers),
        ]
        assert [one.status_code for one in refused] == [403, 403, 403]
        assert stage.client.get(f"/api/jobs/{job_id}", headers=headers).json()["state"] == "pending"


def test_a_protected_profile_wants_its_name(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """For more than one job the body names it; nothing is done without."""
    profile = Profile("prod", migrated_sqlite_url, rights="admin", protected=True)
    with serving_native(migrated_sqlite_url, tmp_path) as writer, serving([profile], tmp_path) as stage:
        for name in "ab":
            writer.jobs.job(name)
        body = {"action": "cancel", "filter": "queue:mail"}
        assert '"confirm": "prod"' in stage.post("/api/jobs/bulk", body).json()["detail"]
        assert stage.post("/api/jobs/bulk", {**body, "confirm": "prod"}).json()["done"] == 2


def test_a_body_has_a_largest_size(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """Told or not told beforehand, what is too large is not read to its end."""
    with serving_native(migrated_sqlite_url, tmp_path, body_bytes=100) as stage:
        body = b'{"type": "a", "payload": "%s"}' % (b"x" * 200)
        json_type = {"content-type": "application/json"}
        assert stage.client.post("/api/jobs", content=body, headers=json_type).status_code == 413
        assert stage.client.post("/api/jobs", content=iter([body]), headers=json_type).status_code == 413
        assert stage.client.post("/api/jobs", content=b"a=b").status_code == 415
        assert stage.post("/api/jobs", {"type": "a"}).status_code == 201


def test_who_asks_too_often_waits(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """Beyond the limit the answer is 429 and says when to come again; another token is not held back."""
    with serving_native(migrated_sqlite_url, tmp_path, open_as=None, requests_per_minute=3) as stage:
        busy, calm = (stage.served.tokens.create(Right.READ, HOUR)[1] for _ in range(2))
        answers = [stage.client.get("/api/jobs", headers=as_bearer(busy)) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert stage.client.get("/api/jobs", headers=as_bearer(calm)).status_code == 200


def test_an_allowance_grows_again_with_time() -> None:
    """Of sixty a minute, one comes back each second, and never more than sixty at once."""
    now = [0.0]
    rates = RequestRates(60, lambda: now[0])
    assert [rates.take("a") for _ in range(60)] == [0.0] * 60
    assert rates.take("a") == 1.0
    now[0] += 1
    assert (rates.take("a"), rates.take("a")) == (0.0, 1.0)
    now[0] += 3600
    assert [rates.take("a") > 0 for _ in range(61)] == [False] * 60 + [True]


@pytest.mark.parametrize(
    ("method", "path", "allowed"), [("PUT", "/api/jobs", "GET, POST"), ("PATCH", "/healthz", "GET")]
)
def test_a_method_that_is_not_there_names_those_that_are(
    stage: HttpStage, method: str, path: str, allowed: str
) -> None:
    """The answer is 405 with the methods that the address has."""
    answer: httpx.Response = stage.client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_whole_counts_have_an_allowance_of_their_own(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """Who orders more of them than that waits, at whatever address; the same without `exact` is answered."""
    with serving_native(migrated_sqlite_url, tmp_path, counts_per_minute=2) as stage:
        asked = ["/api/queues", "/metrics", "/api/health/queues", "/api/jobs/stats", "/api/health/queues/metrics"]
        answers = [stage.get(path, exact="true") for path in asked]
        assert [one.status_code for one in answers] == [200, 200, 429, 429, 429]
        assert "without exact=true" in answers[-1].json()["detail"]
        assert [stage.get(path, exact="false").status_code for path in asked] == [200] * 5
