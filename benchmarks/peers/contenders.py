"""Who is measured, and with which settings: those of the reference, each peer at its best."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.peers.environments import Environment, NotRun
from benchmarks.peers.stores import Store
from queuetui.backends.registry import NATIVE_SCHEMES

OURS = Environment("queuetui")
PGQUEUER = Environment("pgqueuer", ("pgqueuer==1.6.0", "asyncpg==0.32.0", "uvloop==0.23.0"))
PROCRASTINATE = Environment("procrastinate", ("procrastinate==3.10.0", "psycopg[binary]==3.3.9"))
GRAPHILE = Environment("graphile-worker", ("graphile-worker@0.17.3",), is_node=True)
DRAMATIQ = Environment("dramatiq", ("dramatiq==2.2.1", "redis==8.1.0"))
RQ = Environment("rq", ("rq==3.0.0", "redis==8.1.0"))
CELERY = Environment("celery", ("celery==5.7.0", "redis==8.1.0", "packaging==26.3"))
BULLMQ = Environment("bullmq", ("bullmq@6.7.0", "ioredis@5.11.1"), is_node=True)
HUEY = Environment("huey", ("huey==3.5.4", "redis==8.1.0"))

_SCHEME = {Store.POSTGRESQL: "postgresql", Store.SQLITE: "sqlite", Store.REDIS: "redis", Store.REDIS_ALWAYS: "redis"}


@dataclass(frozen=True)
class Contender:
    """A peer with one setting on one store.

    `work` starts its worker, {url} is the store. `drain_jobs` is about what it drains in two seconds and `bulk_jobs` what it takes in
    in one, so that no run is long. `variables` are set for its worker.
    """

    name: str
    store: Store
    environment: Environment
    program: str
    work: tuple[str, ...]
    drain_jobs: int
    bulk_jobs: int = 20_000
    variables: tuple[tuple[str, str], ...] = ()

    def check(self) -> None:
        """Install what it needs. Raises NotRun saying why it cannot be measured."""
        if self.environment is OURS and _SCHEME[self.store] not in NATIVE_SCHEMES:
            raise NotRun(f"there is no native {_SCHEME[self.store]} store in this version")
        self.environment.install()


def ours(store: Store, *, tuned: bool, events: bool = False, processes: bool = False) -> Contender:
    """Return our worker as it comes, or with one slot, batches of 500, one queue and warnings only.

    Tuned, its events are off unless they are asked for; `processes` runs its handlers in a child process.
    """
    work = ["{python}", "-m", "queuetui", "worker", "--app", "queuetui_program", "--url", "{url}"]
    name = "queuetui"
    if tuned:
        work += ["--concurrency", "1", "--batch", "500", "--queue", "default", "--log-level", "warning"]
        name = "queuetui with events" if events else "queuetui tuned"
    if processes:
        work += ["--isolation", "process"]
        name += ", processes"
    variables = (("BENCH_EVENTS", "off"),) if tuned and not events else ()
    return Contender(name, store, OURS, "queuetui_program", tuple(work), 30_000, variables=variables)


PGQUEUER_TUNED = Contender(
    "PgQueuer tuned",
    Store.POSTGRESQL,
    PGQUEUER,
    "pgqueuer_program",
    ("{python}", "{programs}/run_program.py", "pgqueuer_program", "work-tuned", "0"),
    30_000,
)
PROCRASTINATE_TUNED = Contender(
    "Procrastinate c20",
    Store.POSTGRESQL,
    PROCRASTINATE,
    "procrastinate_program",
    ("{bin}/procrastinate", "--app=procrastinate_program.app", "worker", "-c", "20", "--delete-jobs", "always"),
    1_500,
)
GRAPHILE_TUNED = Contender(
    "graphile-worker",
    Store.POSTGRESQL,
    GRAPHILE,
    "graphile_program",
    ("{python}", "{programs}/graphile_program.mjs", "work-tuned"),
    40_000,
)
DRAMATIQ_TUNED = Contender(
    "Dramatiq tuned",
    Store.REDIS,
    DRAMATIQ,
    "dramatiq_program",
    ("{bin}/dramatiq", "dramatiq_program", "--processes", "1", "--threads", "1"),
    8_000,
    variables=(("dramatiq_queue_prefetch", "500"),),
)
RQ_SIMPLE = Contender(
    "RQ SimpleWorker",
    Store.REDIS,
    RQ,
    "rq_program",
    ("{bin}/rq", "worker", "--quiet", "--url", "{url}", "-w", "rq.worker.SimpleWorker"),
    800,
)
CELERY_SOLO = Contender(
    "Celery solo",
    Store.REDIS,
    CELERY,
    "celery_program",
    (
        *("{bin}/celery", "-A", "celery_program", "worker", "--pool", "solo", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ),
    3_000,
)
BULLMQ_100 = Contender(
    "BullMQ c100",
    Store.REDIS,
    BULLMQ,
    "bullmq_program",
    ("{python}", "{programs}/bullmq_program.mjs", "work-tuned"),
    30_000,
)
_HUEY = ("{bin}/huey_consumer", "huey_program.huey", "-q", "-n", "-C")
HUEY_REDIS = Contender("Huey", Store.REDIS, HUEY, "huey_program", _HUEY, 6_000)
HUEY_SQLITE = Contender(
    "Huey tuned", Store.SQLITE, HUEY, "huey_program", (*_HUEY, "-d", "0.01", "-m", "0.05"), 8_000, bulk_jobs=4_000
)
