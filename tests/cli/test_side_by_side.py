"""Several systems in one store, and several profiles: all are answered side by side, and an act is done in one."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.cli.commands.console import session_on
from queuetui.config.profile import Profile
from queuetui.model.job import NewJob
from queuetui.model.job_id import new_job_id
from queuetui.model.picture import Picture
from queuetui.monitor.feed import Feed
from tests.backends.captures import FIXTURES, query, run_script
from tests.captures.stores import STORES
from tests.cli.conftest import Invoke
from tests.tui.stage import Stage

DUMPS = ("pg-boss/dump.postgres.sql", "laravel-db/dump.postgres.sql", "plain-tables/dump.prisma.postgres.sql")
COUNTED = {"native": 2, "laravel": 17, "pg-boss": 15, "mapped:prisma": 12}
ON_REDIS = {"native": 2, "rq": 19, "sidekiq": 11}


@pytest.fixture
def prod(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Four systems in one database, which is the profile `prod`; `away` is a profile whose server is not there."""
    for dump in DUMPS:
        run_script(postgres_url, (FIXTURES / dump).read_text(encoding="utf-8"))
    _enqueue(postgres_url)
    settings = (
        f'[profiles.prod]\nurl = "{postgres_url}"\nrights = "operate"\n[profiles.away]\nurl = "redis://127.0.0.1:1"\n'
    )
    (tmp_path / "config.toml").write_text(settings)
    (tmp_path / "config.toml").chmod(0o600)
    monkeypatch.setenv("QUEUETUI_CONFIG", str(tmp_path / "config.toml"))
    return postgres_url


def _enqueue(url: str) -> None:
    backend = open_native(url, BackendOptions(create=True))
    backend.jobs.enqueue([NewJob(new_job_id(), "Send", b"{}"), NewJob(new_job_id(), "Send", b"{}")])
    backend.close()


def test_all_systems_of_a_database_are_listed(prod: str, invoke: Invoke) -> None:
    """Discovery, figures, queues and jobs have every system, each named; a kind narrows them to one."""
    assert {one["kind"]: one["jobs"] for one in invoke("discover", prod, "--json").data} == COUNTED
    named = {f"prod/{kind}": jobs for kind, jobs in COUNTED.items()}
    assert {one["backend"]: one["total"] for one in invoke("--profile", "prod", "stats", "--json").data} == named
    assert {one["backend"] for one in invoke("--profile", "prod", "queues", "--json").data} == named.keys()
    jobs = invoke("--profile", "prod", "jobs", "--json", "-n", "100").data
    assert {name: sum(one["backend"] == name for one in jobs) for name in named} == named
    created = [one["created_at"] for one in jobs if one["created_at"] is not None]
    assert created == sorted(created, reverse=True)
    assert invoke("--profile", "prod", "jobs", "-n", "2").err.count("more jobs match than the 2 shown") == 1
    assert "prod/pg-boss  " in invoke("--profile", "prod", "jobs", "is:stuck").out
    narrowed = invoke("--profile", "prod", "--kind", "pg-boss", "stats", "--json").data
    assert (narrowed["backend"], narrowed["total"]) == ("prod", 15)


def test_all_systems_of_a_redis_server_are_listed(redis_url: str, invoke: Invoke) -> None:
    """Our own queue, RQ and Sidekiq in one database are found by one look; a namespace in the URL means ours alone."""
    for folder in ("rq-2", "sidekiq-6"):
        STORES["keys.jsonl"].load(FIXTURES / folder / "keys.jsonl", redis_url)
    _enqueue(redis_url)
    assert {one["kind"]: one["jobs"] for one in invoke("discover", redis_url, "--json").data} == ON_REDIS
    workers = invoke("--url", redis_url, "workers", "--json").data
    assert {one["backend"] for one in workers} == {"url/rq", "url/sidekiq"}
    header, *lines = (line.split() for line in invoke("--url", redis_url, "stats").out.splitlines())
    rows = {cells[0]: dict(zip(header, cells, strict=False)) for cells in lines if cells[1] == "(all)"}
    blocked = {name: row["blocked"] for name, row in rows.items()}
    assert blocked == {"url/native": "-", "url/rq": "2", "url/sidekiq": "-"}
    listed = header[header.index("pending") : header.index("stuck")]
    assert all(sum(int(row[one]) for one in listed if row[one] != "-") == int(row["total"]) for row in rows.values())
    alone = invoke("--url", f"{redis_url}?namespace=queuetui", "stats")
    assert "blocked" not in alone.out
    named = invoke("--url", f"{redis_url}?namespace=queuetui", "stats", "--json").data
    assert (named["backend"], named["total"]) == ("url", 2)


def test_a_queue_that_is_not_stored_is_a_dash(postgres_url: str, invoke: Invoke) -> None:
    """Celery's results do not name the queue of a task: tables show that, where an empty cell would shift the next ones."""
    run_script(postgres_url, (FIXTURES / "celery-django/dump.postgres.sql").read_text(encoding="utf-8"))
    for command in ("stats", "queues", "health"):
        lines = [line.split() for line in invoke("--url", postgres_url, command).out.splitlines()]
        header = next(place for place, cells in enumerate(lines) if cells[:1] == ["queue"])
        assert lines[header + 1][0] == "-", command
    names, row, *_ = (line.split() for line in invoke("--url", postgres_url, "jobs", "state:failed").out.splitlines())
    assert row[names.index("queue")] == "-"


def test_doctor_looks_every_system_of_a_redis_server_over(redis_url: str, invoke: Invoke) -> None:
    """RQ and Sidekiq tell of their server as our own queue does: product, connections and memory are well.

    Nobody listens to a queue of the capture of RQ, which is told; that of Sidekiq has its process.
    """
    for folder in ("rq-2", "sidekiq-6"):
        STORES["keys.jsonl"].load(FIXTURES / folder / "keys.jsonl", redis_url)
    told = invoke("--url", redis_url, "doctor", "--json").data
    for kind in ("rq", "sidekiq"):
        rows = {one["check"]: one for one in told if one["backend"] == f"url/{kind}"}
        assert {"reachable", "server", "connections", "memory", "capabilities"} <= rows.keys()
        assert rows["due"]["level"] == {"rq": "critical", "sidekiq": "ok"}[kind]
        assert rows["memory"]["evidence"]["used_bytes"] > 0


def test_an_id_of_two_systems_asks_to_be_narrowed(prod: str, invoke: Invoke) -> None:
    """An id that one system has is found there; one that two have is refused with both named, for a look as for an act."""
    ((job_id,),) = query(prod, "select id::text from pgboss.job where state = 'failed' and name = 'email'")
    shown = invoke("--profile", "prod", "why", job_id, "--json").data
    assert (shown["backend"], shown["code"]) == ("prod/pg-boss", "dead_letter")
    query(prod, f'update "JobQueue" set id = \'{job_id}\' where id = (select min(id) from "JobQueue")')
    for line in (["show", job_id], ["why", job_id], ["retry", "--yes", "--id", job_id]):
        invoke("--profile", "prod", *line).fails(1, f"prod/pg-boss ({job_id}), prod/mapped:prisma")
    assert invoke("--profile", "prod", "--kind", "prisma", "show", job_id, "--json").data["id"] == job_id


def test_what_a_system_does_not_store_is_told_beside_the_others(
    prod: str, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`check` looks at all systems at once and names that of each finding; a list names those that could not be asked, and why."""
    together, poll = Barrier(len(COUNTED), timeout=60), Feed.poll_health

    def poll_with_others(feed: Feed, *, exact: bool = False) -> Picture:
        together.wait()
        return poll(feed, exact=exact)

    monkeypatch.setattr(Feed, "poll_health", poll_with_others)
    assert "CRITICAL - prod/laravel: the oldest job of default is due " in invoke("--profile", "prod", "check").out
    told = invoke("--profile", "prod", "workers", "--json")
    assert "prod/pg-boss is left out: pg-boss stores nothing about its workers" in told.err
    assert {line.partition(" ")[0] for line in told.err.splitlines()} == {f"prod/{kind}" for kind in COUNTED} - {
        "prod/native"
    }
    query(prod, "drop schema public cascade")
    refused = invoke("--profile", "prod", "events")
    refused.fails(2, "pg-boss keeps no record of what happened to a job")


def test_an_act_is_done_in_one_system(prod: str, invoke: Invoke) -> None:
    """An act that could mean jobs of several systems changes nothing; in the only one that has such jobs it names that one."""
    failed = "select count(*) from pgboss.job where state = 'failed'"
    invoke("--profile", "prod", "retry", "state:failed", "--yes").fails(1, "prod/laravel (3), prod/pg-boss (2)")
    assert query(prod, failed) == [(2,)]
    answer = invoke("--profile", "prod", "retry", "state:failed", "queue:email", "--yes", "--json")
    assert (answer.code, answer.data["backend"], answer.data["done"]) == (0, "prod/pg-boss", 1)
    assert {one["backend"] for one in answer.data["results"]} == {"prod/pg-boss"}
    assert query(prod, failed) == [(1,)]
    invoke("--profile", "prod", "pause", "default").fails(1, "(prod/native, prod/laravel, prod/mapped:prisma)")
    assert invoke("--profile", "prod", "--kind", "native", "pause", "default").err.startswith("1 paused")
    invoke("--profile", "prod", "pause", "nowhere").fails(1, "no system has")


def test_a_profile_that_is_away_does_not_stop_the_others(prod: str, invoke: Invoke) -> None:
    """What answers is shown, what does not is told with its exit code, and an act that may have meant it is refused."""
    answer = invoke("--profile", "prod", "--profile", "away", "stats", "--json")
    assert (answer.code, len(answer.data)) == (3, 4)
    assert "not read: away" in answer.err
    refused = invoke("--profile", "prod", "--profile", "away", "retry", "queue:email", "--yes")
    assert (refused.code, "may have meant away" in refused.err) == (1, True)
    checked = invoke("--profile", "prod", "--profile", "away", "doctor", "--json")
    assert checked.code == 3
    assert {one["backend"] for one in checked.data} == {*(f"prod/{kind}" for kind in COUNTED), "away"}
    invoke("--profile", "prod", "--profile", "away", "worker", "--burst").fails(2, "one profile at a time")
    assert query(prod, "select count(*) from pgboss.job where state = 'failed'") == [(2,)]


def test_what_happened_in_several_queues_is_one_list(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events, the trace of one correlation id and lives are put together in their order, each row with its queue."""
    settings = ""
    for name in ("one", "two"):
        url = f"sqlite:///{tmp_path}/{name}.db"
        backend = open_native(url, BackendOptions(create=True))
        backend.jobs.enqueue([NewJob(new_job_id(), "Send", b"{}", correlation_id=cause) for cause in ("order-1", name)])
        backend.close()
        settings += f'[profiles.{name}]\nurl = "{url}"\n'
    (tmp_path / "config.toml").write_text(settings)
    (tmp_path / "config.toml").chmod(0o600)
    monkeypatch.setenv("QUEUETUI_CONFIG", str(tmp_path / "config.toml"))
    both = ("--profile", "one", "--profile", "two")
    events = invoke(*both, "events", "--json").data
    assert [one["backend"] for one in events] == ["one", "one", "two", "two"]
    assert {one["backend"] for one in invoke(*both, "trace", "order-1", "--json").data} == {"one", "two"}
    assert [one["backend"] for one in invoke(*both, "lives", "--json").data] == ["two", "two", "one", "one"]
    assert [one["backend"] for one in invoke(*both, "events", "-n", "1", "--json").data] == ["two"]
    invoke(*both, "events", "--counts").fails(1, "reading events is done in one queue at a time")


def test_the_console_opens_all_systems_of_a_store(prod: str, tmp_path: Path) -> None:
    """Each system of the database is a link of its own, and a retry from the one that is shown changes its rows alone."""
    profile = Profile("prod", prod, rights="operate", poll_s=60.0)
    stage = Stage(session=session_on(profile, asked=None, state=tmp_path))

    async def script(stage: Stage) -> None:
        await stage.until(lambda: len(stage.app.links) == 4 and all(link.latest for link in stage.app.links))
        await stage.press("0")
        names = ("native", "laravel", "pg-boss", "mapped:prisma")
        await stage.until(lambda: all(f" {name} " in stage.lines_of("#systems") for name in names))
        for line in ("use pg-boss", "filter state:failed queue:email"):
            await stage.press("colon")
            await stage.write(line)
            await stage.press("enter")
        await stage.until(lambda: len(stage.table().rows) == 1)
        await stage.press("R")
        await stage.until_shown("in prod/pg-boss / email")
        await stage.press("y")
        await stage.until_shown("1 retried")

    stage.play(script)
    assert query(prod, "select count(*) from pgboss.job where state = 'failed'") == [(1,)]


def test_what_a_user_may_not_read_is_told(prod: str, invoke: Invoke) -> None:
    """A table without a grant is named, with what to grant; one whose rows a policy hides, with figures that may be too low."""
    for line in (
        "create role looker login",
        "alter table pgboss.job enable row level security",
    ):
        query(prod, line)
    looker = prod.replace("postgres@", "looker@")
    try:
        found = invoke("discover", looker, "--json").data
        assert "not counted: this user may not read pgboss.job; grant it USAGE on the schema pgboss" in str(found)
        invoke("stats", "--url", looker, "--kind", "pg-boss").fails(3, "may not read pgboss.job")
        query(prod, "grant usage on schema public to looker; grant select on public.jobs, public.failed_jobs to looker")
        others = invoke("stats", "--url", looker, "--json")
        assert others.code == 0, others.err
        assert others.data["queues"].keys() == {"default", "high"}
        assert "/pg-boss is left out: this user may not read pgboss.job; grant it USAGE" in others.err
        kinds = [one.profile.kind for one in session_on(Profile("it", looker), asked="read").survey()]
        assert (kinds[0], kinds.count("pg-boss")) == ("laravel", 1)
        query(prod, "grant usage on schema pgboss to looker; grant select on all tables in schema pgboss to looker")
        found = invoke("discover", looker, "--json").data
        details = {one["kind"]: one["detail"] for one in found}
        assert "row security keeps rows of pgboss.job" in details["pg-boss"]
    finally:
        query(prod, "drop owned by looker; drop role looker")
