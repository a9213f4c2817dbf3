"""What a URL says of a PostgreSQL server: what the driver is told, and what is set in each session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from queuetui.backends.address_options import read_options, read_switch, refuse, split_url

EXAMPLE = "postgresql://user:password@host/name"
# The driver's own, but for what it would do to our sessions.
_LIBPQ = frozenset(
    """
    host hostaddr port dbname user password passfile require_auth channel_binding connect_timeout application_name
    keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout gssencmode sslmode sslnegotiation
    sslcompression sslcert sslkey sslpassword sslcertmode sslrootcert sslcrl sslcrldir sslsni requirepeer
    ssl_min_protocol_version ssl_max_protocol_version krbsrvname gsslib gssdelegation service target_session_attrs
    load_balance_hosts
    """.split()  # noqa: SIM905 - forty quotes hide the names
)
# What reading and writing rely on, whatever the defaults of the server, the database and the role are.
RELIED_ON = {
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "transform_null_equals": "off",
    "row_security": "on",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
}
_OURS = frozenset({"schema", "pgbouncer", "options"})
_SETTING = re.compile(r"(?:-c\s*|--)([A-Za-z_][\w.-]*)=((?:\\.|[^\s\\])*)(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class PostgresqlAddress:
    """Where a server is; `settings` hold in every session.

    `pooled` is whether a pooler stands before it, None if to be found out.
    """

    conninfo: str
    settings: Mapping[str, str]
    pooled: bool | None


def read_address(url: str) -> PostgresqlAddress:
    """Read a URL as libpq does, with `schema`, `options` and `pgbouncer` besides.

    Raises BadConfig, quoting no value.
    """
    parts = split_url(url, EXAMPLE)
    options = read_options(parts.query, _LIBPQ | _OURS)
    pooled = read_switch(options, "pgbouncer")
    settings = _read_settings(options.pop("options", ""))
    schema = options.pop("schema", None)
    if schema is not None:
        if "search_path" in settings:
            raise refuse("sets the search_path twice, by schema and by options; leave one")
        settings["search_path"] = quote_name(schema)
    # Its own kind of URL: SQLAlchemy's names of drivers, as in postgresql+psycopg, mean nothing to libpq.
    # Put together by hand: where no host is named, `geturl` leaves out the two slashes, without which libpq reads no URL.
    query = f"?{urlencode(options)}" if options else ""
    return PostgresqlAddress(f"postgresql://{parts.netloc}{parts.path}{query}", settings, pooled)


def quote_name(name: str) -> str:
    """Return a name of the database as it is written in a statement."""
    return '"' + name.replace('"', '""') + '"'


def _read_settings(options: str) -> dict[str, str]:
    """Read `-c name=value` and `--name=value`; a blank within a value is written with a backslash."""
    settings: dict[str, str] = {}
    rest = options.strip()
    while rest:
        found = _SETTING.match(rest)
        if found is None:
            raise refuse("has options that cannot be read; write options=-c NAME=VALUE, as in -c search_path=app")
        name = found[1].replace("-", "_").lower()
        if name in RELIED_ON or name == "client_encoding":
            raise refuse(f"sets {name}, which queuetui sets itself; take it out of its options")
        settings[name] = re.sub(r"\\(.)", r"\1", found[2])
        rest = rest[found.end() :]
    return settings
