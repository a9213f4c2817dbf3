"""Lists which products use which stores, and opens our queue; imports only the URL's driver."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from queuetui.backends.sql.sqlite_address import read_address
from queuetui.model.errors import BadConfig, Unsupported

if TYPE_CHECKING:
    from queuetui.backends.backend import NativeBackend
    from queuetui.backends.base import BackendOptions

NATIVE = "native"
SQL_SCHEMES = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
REDIS_SCHEMES = {"redis": "redis", "rediss": "redis", "unix": "redis"}
NATIVE_SCHEMES = {"sqlite": "sql", "postgresql": "sql", "mysql": "sql", "redis": "redis", "memory": "memory"}
WITH_SCHEMA = ("sql", "redis")
_ANY_SQL = ("sqlite", "postgresql", "mysql")
# By kind: the module that recognises the product (`recognise` or `find`) in what discovery has read, and the stores that it uses.
FOREIGN: dict[str, tuple[str, tuple[str, ...]]] = {
    "arq": ("arq", ("redis",)),
    "bull": ("bullmq.bull", ("redis",)),
    "bullmq": ("bullmq.product", ("redis",)),
    "bullmq-pg": ("bullmq.tables.recognition", ("postgresql",)),
    "celery": ("celery.discovery", ("redis",)),
    "celery-sql": ("celery.database", _ANY_SQL),
    "django-q2": ("django_q.recognition", _ANY_SQL),
    "django-tasks-db": ("django_tasks.recognition", _ANY_SQL),
    "dramatiq": ("dramatiq", ("redis",)),
    "good-job": ("good_job.recognition", ("postgresql",)),
    "graphile-worker": ("graphile_worker.recognition", ("postgresql",)),
    "huey": ("huey.recognition", ("redis", *_ANY_SQL)),
    "laravel": ("laravel.discovery", _ANY_SQL),
    "laravel-redis": ("laravel.redis_recognition", ("redis",)),
    "oban": ("oban.recognition", ("postgresql",)),
    "pg-boss": ("pg_boss.recognition", ("postgresql",)),
    "pgqueuer": ("pgqueuer.recognition", ("postgresql",)),
    "procrastinate": ("procrastinate.recognition", ("postgresql",)),
    "river": ("river.recognition", ("postgresql",)),
    "rq": ("rq.recognition", ("redis",)),
    "saq": ("saq.keys", ("redis",)),
    "saq-pg": ("saq.recognition", ("postgresql",)),
    "sidekiq": ("sidekiq.product", ("redis",)),
    "solid-queue": ("solid_queue.recognition", _ANY_SQL),
    "mapped": ("mapped.discovery", _ANY_SQL),
}


def finders_in(family: str) -> tuple[str, ...]:
    """Return the modules of the products that use a family of stores."""
    return tuple(module for module, families in FOREIGN.values() if family in families)


# A second @ before the host belongs to the password: the text behind the first would be taken for the host, and shown.
_UNENCODED_AT = re.compile(r"[^:]*://[^/?#@]*@[^/?#]*@")


def scheme_of(url: str) -> str:
    """Return the family of a URL: sqlite, postgresql, mysql, redis or memory; raises BadConfig."""
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError:
        raise BadConfig("the URL cannot be read; check its brackets and its port", "url") from None
    if "%00" in url or "\0" in url:
        raise BadConfig("the URL has a NUL (%00) in it, which no store takes; take it out", "url")
    written, _, driver = scheme.partition("+")
    # SQLAlchemy's driver suffix is accepted and ignored; redis+sentinel and its like are other kinds of servers.
    others = {} if driver else {**REDIS_SCHEMES, "memory": "memory"}
    family = {**SQL_SCHEMES, **others}.get(written)
    if family is None:
        shown = scheme if scheme.replace("+", "").isalnum() else "?"
        message = f"a URL of kind {shown!r} is not known; use sqlite:///FILE, postgresql://HOST/NAME, mysql://HOST/NAME or redis://HOST"
        raise BadConfig(message, "url")
    if _UNENCODED_AT.match(url):
        raise BadConfig("the URL has more than one @; write an @ in a user or a password as %40", "url")
    return family


def is_read_only(url: str) -> bool:
    """Tell whether the options of a URL make its store read-only; raises BadConfig and Unsupported."""
    return scheme_of(url) == "sqlite" and read_address(url).read_only


def open_native(url: str, options: BackendOptions) -> NativeBackend:
    """Open our queue; raises NotFound when it is absent and `options.create` is off."""
    module = import_module(f"queuetui.backends.native.{NATIVE_SCHEMES[scheme_of(url)]}.backend")
    return cast("NativeBackend", module.open_backend(url, options))


def open_schema(url: str, options: BackendOptions) -> NativeBackend:
    """Open our schema, whatever its version; raises NotFound if it is absent and `options.create` is off."""
    family = scheme_of(url)
    folder = NATIVE_SCHEMES[family]
    if folder not in WITH_SCHEMA:
        raise Unsupported(
            f"there is no schema to bring up to date on {family}; it is for sqlite, postgresql, mysql and redis"
        )
    module = import_module(f"queuetui.backends.native.{folder}.backend")
    return cast("NativeBackend", module.open_schema(url, options))
