"""Workers as people name them in a filter: by host, by host and process id, or by id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from queuetui.model.pattern import Pattern
from queuetui.model.query import Comparison, Query, Term, Value
from queuetui.model.worker import WorkerInfo


def name_workers(query: Query, workers: Iterable[WorkerInfo]) -> Query:
    """Return a filter whose worker terms name by their ids, too, the registered workers that they mean."""
    if all(term.field != "worker" for term in query.terms):
        return query
    known = tuple(workers)
    return replace(query, terms=tuple(_named(term, known) if term.field == "worker" else term for term in query.terms))


def _named(term: Term, workers: tuple[WorkerInfo, ...]) -> Term:
    meant = [
        worker.id.raw
        for worker in workers
        for name in _names_of(worker)
        if any(_means(term.comparison, value, name) for value in term.values)
    ]
    return replace(term, values=tuple(dict.fromkeys((*term.values, *meant))))


def _names_of(worker: WorkerInfo) -> tuple[str, ...]:
    host = worker.host.raw
    if not host:
        return ()
    return (host,) if worker.pid is None else (host, f"{host}/{worker.pid}")


def _means(comparison: Comparison, value: Value, name: str) -> bool:
    if comparison is Comparison.HAS:
        return str(value).casefold() in name.casefold()
    return value.matches(name) if isinstance(value, Pattern) else value == name
