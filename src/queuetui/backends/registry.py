"""Opens a backend for a URL; imports only the driver that the URL names."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from queuetui.backends.foreign.mapped.names import SHIPPED
from queuetui.backends.sql.sqlite_address import read_address
from queuetui.model.errors import BadConfig, Denied, NotFound, Unsupported

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend, NativeBackend
    from queuetui.backends.base import BackendOptions, Found

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
LOOKED_FOR_IN_TABLES = (
    "queuetui's own tables (queuetui_meta), Laravel's jobs and failed_jobs, pg-boss's job, "
    "and the tables of shipped mappings"
)
LOOKED_FOR = {"redis": "queuetui's own keys in the URL's namespace, RQ's and Sidekiq's"}
WITH_SCHEMA = ("sql", "redis")
FOREIGN_BY_FAMILY = {
    "sqlite": ("laravel", "mapped"),
    "postgresql": ("laravel", "pg-boss", "mapped"),
    "mysql": ("laravel", "mapped"),
    "redis": ("rq", "sidekiq"),
}
FOREIGN_KINDS = tuple(dict.fromkeys(kind for kinds in FOREIGN_BY_FAMILY.values() for kind in kinds))
# The module that opens a kind, and the one that looks for it, below the folder of foreign ones.
_MODULES = {
    "laravel": ("laravel.backend", "laravel.discovery"),
    "mapped": ("mapped.backend", "mapped.discovery"),
    "pg-boss": ("pg_boss", "pg_boss"),
    "rq": ("rq", "rq"),
    "sidekiq": ("sidekiq", "sidekiq"),
}


# A second @ before the host is one that the password holds: its rest would be taken for the host, and shown.
_UNENCODED_AT = re.compile(r"[^:]*://[^/?#@]*@[^/?#]*@")


def scheme_of(url: str) -> str:
    """Return the family of a URL: sqlite, postgresql, mysql, redis or memory. Raises BadConfig for any other."""
    try:
        written = urlsplit(url).scheme.split("+")[0].lower()
    except ValueError:
        raise BadConfig("the URL cannot be read; check its brackets and its port", "url") from None
    family = "memory" if written == "memory" else {**SQL_SCHEMES, **REDIS_SCHEMES}.get(written)
    if family is None:
        shown = written if written.isalnum() else "?"
        message = f"a URL of kind {shown!r} is not known; use sqlite:///FILE, postgresql://HOST/NAME, mysql://HOST/NAME or redis://HOST"
        raise BadConfig(message, "url")
    if _UNENCODED_AT.match(url):
        raise BadConfig("the URL has more than one @; write an @ in a user or a password as %40", "url")
    return family


def is_read_only(url: str) -> bool:
    """Tell whether a URL lets its store be read only, whatever the profile's rights are. Raises BadConfig and Unsupported."""
    return scheme_of(url) == "sqlite" and read_address(url).read_only


def open_native(url: str, options: BackendOptions) -> NativeBackend:
    """Open our own queue. Raises NotFound when the store or its schema is absent and `options.create` is off."""
    module = import_module(f"queuetui.backends.native.{NATIVE_SCHEMES[scheme_of(url)]}.backend")
    return cast("NativeBackend", module.open_backend(url, options))


def open_schema(url: str, options: BackendOptions) -> NativeBackend:
    """Open the schema of our own queue, whatever its version. Raises NotFound when the store is absent and `options.create` is off."""
    family = scheme_of(url)
    folder = NATIVE_SCHEMES[family]
    if folder not in WITH_SCHEMA:
        raise Unsupported(
            f"there is no schema to bring up to date on {family}; it is for sqlite, postgresql, mysql and redis"
        )
    module = import_module(f"queuetui.backends.native.{folder}.backend")
    return cast("NativeBackend", module.open_schema(url, options))


def open_foreign(kind: str, url: str, options: BackendOptions) -> Backend:
    """Open somebody else's queue of a known kind. Raises NotFound when it is not in the store."""
    kind = f"mapped:{kind}" if kind in SHIPPED else kind
    system, _, named = kind.partition(":")
    if system not in FOREIGN_KINDS:
        message = f"no kind of queue is called {kind!r}; there are {', '.join((NATIVE, *FOREIGN_KINDS))}"
        raise Unsupported(message)
    family = scheme_of(url)
    if system not in FOREIGN_BY_FAMILY.get(family, ()):
        raise Unsupported(f"{system} does not live on {family}; leave the kind out, or point the URL at its database")
    module = import_module(f"queuetui.backends.foreign.{_MODULES[system][0]}")
    return cast("Backend", module.open_backend(url, replace(options, kind=kind) if named else options))


def discover(url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return every job queue system found in a store, our own first; reading only."""
    return _discover(url, options, counted=True)


def _discover(url: str, options: BackendOptions, *, counted: bool) -> tuple[Found, ...]:
    """Look for each kind; where one may not be looked for, the others count, and without any its refusal is raised."""
    family = scheme_of(url)
    kinds = FOREIGN_BY_FAMILY.get(family, ())
    found: list[Found] = []
    refusals: list[Denied] = []
    for kind in (NATIVE, *kinds):
        try:
            if kind == NATIVE:
                own = import_module(f"queuetui.backends.native.{NATIVE_SCHEMES[family]}.backend").discover(url, options)
                found += [] if own is None else [own]
            else:
                foreign = import_module(f"queuetui.backends.foreign.{_MODULES[kind][1]}")
                found += foreign.discover(url, options, counted=counted)
        except Denied as error:
            refusals.append(error)
    if refusals and not found:
        raise refusals[-1]
    return tuple(found)


def open_backend(url: str, options: BackendOptions) -> Backend:
    """Open the one that `options.kind` names, else the only one in the store.

    Raises NotFound saying what was looked for, and BadConfig where there are several: a guess might show or change the wrong one.
    """
    if options.kind == NATIVE or options.create:
        return open_native(url, options)
    kind = _find_kind(url, options)
    return open_native(url, options) if kind == NATIVE else open_foreign(kind, url, options)


def open_for_checkup(url: str, options: BackendOptions) -> Backend:
    """Open as `open_backend` does, but our own queue whatever its version: that is what is to be looked at."""
    kind = _find_kind(url, options)
    if kind != NATIVE:
        return open_foreign(kind, url, options)
    if NATIVE_SCHEMES[scheme_of(url)] not in WITH_SCHEMA:
        return open_native(url, options)
    return open_schema(url, options)


def _find_kind(url: str, options: BackendOptions) -> str:
    if options.kind is not None:
        return options.kind
    if "mapping" in options.settings:
        return "mapped"
    found = _discover(url, options, counted=False)
    found = tuple(one for one in found if not one.named_only) or found
    if not found:
        message = (
            f"no job queue was found there: looked for {LOOKED_FOR.get(scheme_of(url), LOOKED_FOR_IN_TABLES)}; "
            "check the URL, or make a queue with: queuetui enqueue"
        )
        raise NotFound(message)
    if len(found) > 1:
        raise BadConfig(
            f"several queues live there: {', '.join(one.kind for one in found)}; say which with --kind", "kind"
        )
    return found[0].kind
