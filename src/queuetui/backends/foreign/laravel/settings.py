"""What a profile may say of a Laravel application that its database does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from queuetui.backends.reading.zones import read_zone

KIND, LABEL = "laravel", "Laravel database queue"
# What applications call the queue connection that keeps its jobs in this database.
USUAL_CONNECTIONS = ("database", "sqlite", "mysql", "mariadb", "pgsql", "sqlsrv")

# The columns that people know a row by, best first.
USUAL_LABELS = ("sku", "name", "title", "email")
_MODEL, ZONE = "laravel.model.", "laravel.timezone"


@dataclass(frozen=True, slots=True)
class LaravelSettings:
    """Names and the application's time zone; `timezone` is what failed_at was written in.

    `zone_note` is what was found out about it where the profile does not say it. `labels` are the columns that name a model, none where
    ids are to stay; `models` says `table` or `table:column` of a class. `home` is what people call the store that the connections mean.
    """

    jobs_table: str | None = None
    failed_table: str | None = None
    batches_table: str | None = None
    connections: tuple[str, ...] = USUAL_CONNECTIONS
    timezone: tzinfo = field(default=UTC)
    zone_note: str = ""
    labels: tuple[str, ...] = USUAL_LABELS
    models: Mapping[str, str] = field(default_factory=dict)
    home: str = "this database"

    @property
    def names_tables(self) -> bool:
        """Whether a person said which tables are meant."""
        return bool(self.jobs_table or self.failed_table or self.batches_table)


def read_settings(settings: Mapping[str, str]) -> LaravelSettings:
    """Read the `laravel.*` settings of a profile; raises BadConfig for a time zone that does not exist."""
    names = settings.get("laravel.connections", "")
    connections = tuple(name.strip() for name in names.split(",") if name.strip())
    return LaravelSettings(
        settings.get("laravel.jobs_table"),
        settings.get("laravel.failed_table"),
        settings.get("laravel.batches_table"),
        connections or USUAL_CONNECTIONS,
        read_zone(settings, ZONE) if ZONE in settings else UTC,
        "",
        _read_labels(settings.get("laravel.labels")),
        {name.removeprefix(_MODEL): place for name, place in settings.items() if name.startswith(_MODEL)},
    )


def _read_labels(written: str | None) -> tuple[str, ...]:
    if written is None:
        return USUAL_LABELS
    return () if written.strip() == "off" else tuple(name.strip() for name in written.split(",") if name.strip())
