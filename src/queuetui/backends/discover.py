"""Finds the job queues of a store: it reads the store once, and each product recognises its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from queuetui.backends.address_options import take_beside
from queuetui.backends.foreign.mapped.names import SHIPPED
from queuetui.backends.found import Found, failed, say_fault
from queuetui.backends.registry import (
    FOREIGN,
    NATIVE,
    NATIVE_SCHEMES,
    finders_in,
    open_native,
    scheme_of,
)
from queuetui.model.errors import BadConfig, Denied, NotFound, QueueTuiError, Unsupported
from queuetui.model.interruption import Interrupted
from queuetui.model.snapshot import Part, Watch
from queuetui.model.urls import BESIDE

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.redis.server import RedisServer
    from queuetui.backends.sql.catalog import Catalog
    from queuetui.backends.tables.product import Product

# How the systems are recognised, for the message that none was found.
_LOOKED_FOR = {
    "redis": "queuetui's own keys in the URL's namespace, and those of {kinds}",
    "sql": "queuetui's own tables (queuetui_meta), those of {kinds}, as Laravel's jobs and failed_jobs, and those of shipped mappings",
}
NEXT_STEP = (
    "check the URL and the rights of its user; a table of your own is described by: queuetui map URL TABLE; "
    "a queue of ours is made by: queuetui enqueue TYPE"
)
# The most systems that are counted in parallel, and opened side by side.
MOST_SYSTEMS = 16


def looked_for(url: str) -> str:
    """Return how systems are recognised in the store of a URL, in words."""
    family = scheme_of(url)
    kinds = [kind for kind, (_, families) in FOREIGN.items() if family in families and kind != "mapped"]
    return _LOOKED_FOR["redis" if family == "redis" else "sql"].format(kinds=", ".join(kinds))


def discover(url: str, options: BackendOptions, *, exact: bool = False) -> tuple[Found, ...]:
    """Return every job queue system of a store with its jobs counted, our own first; reading only."""
    url, options = _with_beside(url, options)
    found = _look(url, options)
    with ThreadPoolExecutor(max(1, min(len(found), MOST_SYSTEMS))) as pool:
        return tuple(pool.map(lambda one: _count(one, options, exact=exact), found))


def find_systems(url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return the queues that a URL means, ours first, or those of `options.kind`; only reads.

    Those with a refusal cannot be read. Raises NotFound saying what was looked for, Denied where none may be read, and Unsupported where
    none could be.
    """
    url, options = _with_beside(url, options)
    kind = f"mapped:{options.kind}" if options.kind in SHIPPED else options.kind
    if kind is None and "mapping" in options.settings:
        kind = "mapped"
    if kind is not None:
        _require_known(kind, scheme_of(url))
    if kind == NATIVE:
        return (Found(NATIVE, "queuetui", "", partial(open_native, url)),)
    there = _look(url, replace(options, kind=kind))
    found = there if kind is None else tuple(one for one in there if one.is_meant_by(kind))
    if not found:
        raise NotFound(_describe_absence(url, kind, there))
    meant = [one for one in found if not one.named_only] or [*found]
    readable = tuple(one for one in meant if not one.refusal)
    if not readable:
        meant[0].refuse()
    if len(readable) > MOST_SYSTEMS:
        raise BadConfig(
            f"{len(readable)} queues live there, and {MOST_SYSTEMS} are shown at once; say which with --kind", "kind"
        )
    return tuple(meant)


def open_backend(url: str, options: BackendOptions) -> Backend:
    """Open the queue system that `options.kind` names, else the only one in the store.

    Raises NotFound saying what was looked for, and BadConfig where there are several: a guess might show or change the wrong one.
    """
    if options.kind == NATIVE or options.create:
        return open_native(url, options)
    return _only_one(url, options).open(options)


def _only_one(url: str, options: BackendOptions) -> Found:
    found = [one for one in find_systems(url, options) if not one.refusal]
    if len(found) > 1:
        raise BadConfig(
            f"several queues live there: {', '.join(one.kind for one in found)}; say which with --kind", "kind"
        )
    return found[0]


def _with_beside(url: str, options: BackendOptions) -> tuple[str, BackendOptions]:
    """Return a URL without its second store, which becomes a setting, for products that use two stores."""
    url, second = take_beside(url)
    return url, replace(options, settings={**options.settings, BESIDE: second}) if second else options


def _require_known(kind: str, family: str) -> None:
    """Raise Unsupported for an unknown kind, or one that does not exist on stores of this family."""
    system = kind.partition(":")[0]
    if system == NATIVE:
        return
    if system not in FOREIGN:
        raise Unsupported(f"no kind of queue is called {kind!r}; there are {', '.join((NATIVE, *FOREIGN))}")
    if family not in FOREIGN[system][1]:
        raise Unsupported(f"{system} does not live on {family}; leave the kind out, or point the URL at its database")


def _describe_absence(url: str, kind: str | None, there: Sequence[Found]) -> str:
    if kind is not None and there:
        return f"no queue of the kind {kind!r} is there; there are: {', '.join(one.kind for one in there)}"
    what = "no job queue" if kind is None else f"no queue of the kind {kind!r}"
    return f"{what} was found there: looked for {looked_for(url)}; {NEXT_STEP}"


def _look(url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return every queue system that is recognised.

    A product whose tables or keys may not be read is skipped; if nothing is found, its refusal is raised. One at which the program
    itself fails is returned with a refusal, so that it hides no other.
    """
    found: list[Found] = []
    refusals: list[Denied] = []
    with _reading(url, options) as store:
        for finder in _finders(url):
            try:
                found += _find(finder, store, url, options)
            except Denied as error:
                refusals.append(error)
            except (QueueTuiError, Interrupted):
                raise
            except Exception as fault:  # noqa: BLE001 - a layout that nobody thought of may raise anything
                found.append(failed(_kind_of(finder), fault))
    if refusals and not found:
        raise refusals[-1]
    return tuple(found)


def _find(finder: str, store: Any, url: str, options: BackendOptions) -> tuple[Found, ...]:  # noqa: ANN401 - what its products live in
    """Return the queues of one product; the code that reads its tables is loaded only where it has some."""
    module = import_module(finder)
    if not hasattr(module, "recognise"):
        found: tuple[Found, ...] = module.find(store, url, options)
        return found
    sets = module.recognise(store)
    if not sets:
        return ()
    from queuetui.backends.tables.backend import found_of

    describe = import_module(f"{finder.rpartition('.')[0]}.product").describe
    products: list[Product] = []
    faults: list[Found] = []
    for one in sets:
        try:
            products.append(describe(one, store, options))
        except (QueueTuiError, Interrupted):
            raise
        except Exception as fault:  # noqa: BLE001 - one set of an odd layout is to hide no other
            faults.append(failed(_kind_of(finder), fault))
    return (*found_of(products, store, url), *faults)


def _kind_of(finder: str) -> str:
    """Return the kind of the product that a module finds."""
    kinds = {f"queuetui.backends.foreign.{module}": kind for kind, (module, _) in FOREIGN.items()}
    return kinds.get(finder, NATIVE)


def _finders(url: str) -> Iterator[str]:
    family = scheme_of(url)
    yield f"queuetui.backends.native.{NATIVE_SCHEMES[family]}.backend"
    if family == "redis":
        from queuetui.backends.redis.address import NAMESPACE, read_address

        if read_address(url, (NAMESPACE,)).own:
            return
    yield from (f"queuetui.backends.foreign.{module}" for module in finders_in(family))


@contextmanager
def _reading(url: str, options: BackendOptions) -> Iterator[Catalog | RedisServer | None]:
    """Open what the products are given to search: a database's catalog, or one connection to a server."""
    family = scheme_of(url)
    if family == "redis":
        from queuetui.backends.redis.address import NAMESPACE, read_address
        from queuetui.backends.redis.server import RedisServer

        with closing(RedisServer(read_address(url, (NAMESPACE,)).url, options)) as server:
            yield server
    elif family == "memory":
        yield None
    else:
        from queuetui.backends.sql.catalog import look_into

        yield look_into(url, options)


def _count(found: Found, options: BackendOptions, *, exact: bool) -> Found:
    """Return a found system with its queues and jobs counted, or with the reason why they cannot be."""
    if found.refusal:
        return replace(found, detail=f"{found.detail}; not counted: {found.refusal}")
    watch = Watch(parts=frozenset({Part.COUNTS, Part.QUEUES}), limits=options.limits, exact=exact)
    try:
        with closing(found.open(replace(options, kind=found.kind))) as backend:
            snapshot = backend.inspector.snapshot(watch)
    except Interrupted:
        raise
    except Exception as error:  # noqa: BLE001 - what cannot be counted is to hide no other
        return replace(found, detail=f"{found.detail}; not counted: {say_fault(error)}")
    return replace(found, queues=len(snapshot.queues), jobs=snapshot.total)
