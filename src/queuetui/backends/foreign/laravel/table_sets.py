"""Which tables of a database belong to one application: they share a schema and a prefix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from queuetui.backends.foreign.laravel.settings import LaravelSettings
from queuetui.model.errors import NotFound
from queuetui.model.text import sanitize

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import StoredTable

JOBS_COLUMNS = frozenset({"id", "queue", "payload", "attempts", "reserved_at", "available_at", "created_at"})
FAILED_COLUMNS = frozenset({"id", "connection", "queue", "payload", "exception", "failed_at"})
BATCHES_COLUMNS = frozenset(
    {"id", "name", "total_jobs", "pending_jobs", "failed_jobs", "created_at", "cancelled_at", "finished_at"}
)

_USUAL = {"jobs": JOBS_COLUMNS, "failed_jobs": FAILED_COLUMNS, "job_batches": BATCHES_COLUMNS}
_SHOWN_NAME = 80


@dataclass(frozen=True, slots=True)
class TableSet:
    """The tables of one application; `guess` says why they may be of two, where nothing tells."""

    jobs: StoredTable | None = None
    failed: StoredTable | None = None
    batches: StoredTable | None = None
    guess: str = ""
    is_usual: bool = True

    @property
    def parts(self) -> tuple[StoredTable, ...]:
        """The tables that are there, of which the first gives the set its name."""
        return tuple(one for one in (self.jobs, self.failed, self.batches) if one is not None)

    @property
    def name(self) -> str:
        """What a person calls the set by: its first table."""
        return self.parts[0].written

    @property
    def is_readable(self) -> bool:
        """Whether this user may read any of its jobs."""
        return any(one.is_readable for one in (self.jobs, self.failed) if one is not None)

    @property
    def described(self) -> str:
        """The tables that may be read, named for people; all where none of its jobs may be."""
        named = [one for one in self.parts if one.is_readable] if self.is_readable else self.parts
        return ", ".join(f"{one.schema}.{one.name}" if one.schema else one.name for one in named)

    @property
    def is_plain(self) -> bool:
        """Whether the URL alone may mean it: Laravel's names, in a schema where the connection looks."""
        return self.is_usual and self.parts[0].is_visible


def meant_sets(tables: Sequence[StoredTable], settings: LaravelSettings) -> tuple[TableSet, ...]:
    """Return the set that settings name, else every one; raises NotFound for a name of no such table."""
    found = [_in_lower_case(one) for one in tables]
    sets = find_sets(found)
    return (_named_set(found, sets, settings),) if settings.names_tables else sets


def _in_lower_case(table: StoredTable) -> StoredTable:
    """Return a table with its columns in lower case, as the statements here write them."""
    named = (replace(each, name=each.name.lower()) for each in table.columns.values())
    return replace(table, columns={each.name: each for each in named})


def find_sets(catalog: Sequence[StoredTable]) -> tuple[TableSet, ...]:
    """Return the sets of Laravel's tables, those that the URL alone may mean first."""
    groups: dict[tuple[str | None, bool, str], dict[str, StoredTable]] = {}
    for usual, columns in _USUAL.items():
        for one in catalog:
            if columns <= one.columns.keys():
                place = one.schema, one.name.endswith(usual), one.name.removesuffix(usual)
                groups.setdefault(place, {}).setdefault(usual, one)
    by_schema: dict[str | None, list[TableSet]] = {}
    for (schema, is_usual, _), group in groups.items():
        if group.keys() & {"jobs", "failed_jobs"}:
            jobs, failed, batches = (group.get(usual) for usual in _USUAL)
            by_schema.setdefault(schema, []).append(TableSet(jobs, failed, batches, is_usual=is_usual))
    joined = [one for some in by_schema.values() for one in _join_halves(some)]
    return tuple(sorted(joined, key=lambda one: (not one.is_plain, len(one.name), one.name)))


def _join_halves(sets: list[TableSet]) -> list[TableSet]:
    """Show jobs and failed_jobs of different prefixes as one where nothing else is there, as a guess."""
    jobs = [one for one in sets if one.jobs is not None]
    failed = [one for one in sets if one.failed is not None]
    if len(sets) == len(jobs) + len(failed) == 2 and len(jobs) == 1:  # noqa: PLR2004 - one half each
        (half,), (other,) = jobs, failed
        return [TableSet(half.jobs, other.failed, half.batches or other.batches, _guess(half.jobs, other.failed))]
    return sets


def _guess(*tables: StoredTable | None) -> str:
    names = [_shown(one.name) for one in tables if one is not None]
    return (
        f"that {' and '.join(names)} belong to one application is a guess from their columns: name both in the profile, "
        "laravel.jobs_table and laravel.failed_table"
    )


def _named_set(catalog: Sequence[StoredTable], sets: Sequence[TableSet], settings: LaravelSettings) -> TableSet:
    """Take the tables that are named, and from their own set those that are not."""
    jobs = _named(catalog, "jobs", settings.jobs_table)
    failed = _named(catalog, "failed_jobs", settings.failed_table)
    batches = _named(catalog, "job_batches", settings.batches_table)
    named = TableSet(jobs, failed, batches)
    home = next((one for one in sets if any(table in named.parts for table in one.parts)), TableSet())
    whole = TableSet(jobs or home.jobs, failed or home.failed, batches or home.batches)
    if jobs is not None and failed is not None:
        return whole
    if jobs is None or whole.failed is not None:
        return replace(whole, guess=home.guess if (home.jobs, home.failed) == (whole.jobs, whole.failed) else "")
    others = [one.failed for one in sets if one.failed is not None and one.jobs is None]
    loose = [one for one in others if one.schema == jobs.schema]
    return replace(whole, failed=loose[0], guess=_guess(jobs, loose[0])) if len(loose) == 1 else whole


def _named(catalog: Iterable[StoredTable], usual: str, name: str | None) -> StoredTable | None:
    if name is None:
        return None
    exact = [one for one in catalog if name == one.name and one.is_visible]
    exact += [one for one in catalog if name == f"{one.schema}.{one.name}"]
    fitting = [one for one in exact if _USUAL[usual] <= one.columns.keys()]
    if not fitting:
        why = "lacks the columns of Laravel's" if exact else "is not there; write SCHEMA.TABLE for another schema than"
        what = usual if exact else "those the connection looks in"
        raise NotFound(f"no Laravel queue was found there: the table {_shown(name)} {why} {what}")
    return fitting[0]


def _shown(name: str) -> str:
    return repr(str(sanitize(name, _SHOWN_NAME)))
