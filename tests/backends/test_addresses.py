"""What a URL says is understood or refused by name: no part of it is ignored."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.memory.backend import open_backend as open_memory
from queuetui.backends.native.redis.address import read_address as read_redis
from queuetui.backends.native.sql.connect import connect_database
from queuetui.backends.registry import scheme_of
from queuetui.backends.sql.mysql_address import read_address as read_mysql
from queuetui.backends.sql.postgresql_address import PostgresqlAddress
from queuetui.backends.sql.postgresql_address import read_address as read_postgresql
from queuetui.backends.sql.postgresql_sessions import PostgresqlSessions
from queuetui.backends.sql.sqlite_address import read_address as read_sqlite
from queuetui.model.errors import BadConfig

PLACE = "postgresql://u:hunter2@h/d"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (PLACE, {}, None)),
        ("?schema=public", (PLACE, {"search_path": '"public"'}, None)),
        ('?schema=my%20"app', (PLACE, {"search_path": '"my ""app"'}, None)),
        ("?sslmode=require&schema=a&pgbouncer=true", (f"{PLACE}?sslmode=require", {"search_path": '"a"'}, True)),
        ("?pgbouncer=false", (PLACE, {}, False)),
        ("?options=-csearch_path%3Da%2Cb", (PLACE, {"search_path": "a,b"}, None)),
        ("?options=-c%20search_path%3Da%20--jit%3Doff", (PLACE, {"search_path": "a", "jit": "off"}, None)),
        ("?options=-c%20search_path%3Da%5C%20b", (PLACE, {"search_path": "a b"}, None)),
        ("?options=--lock-timeout%3D5s", (PLACE, {"lock_timeout": "5s"}, None)),
    ],
)
def test_what_a_postgresql_url_says(query: str, expected: tuple[str, dict[str, str], bool | None]) -> None:
    """The driver's own options are passed on, the schema and the options become settings of each session."""
    assert read_postgresql(PLACE + query) == PostgresqlAddress(*expected)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"{PLACE}?connection_limit=5", "connection_limit"),
        (f"{PLACE}?nonsense", "options"),
        (f"{PLACE}?client_encoding=LATIN1", "client_encoding"),
        (f"{PLACE}?options=-c%20timezone%3DUTC", "timezone"),
        (f"{PLACE}?options=-B%205", "options"),
        (f"{PLACE}?schema=a&options=-csearch_path%3Db", "search_path twice"),
        (f"{PLACE}?schema=a&schema=b", "twice"),
        (f"{PLACE}?schema=", "without a value"),
        (f"{PLACE}?pgbouncer=yes", "pgbouncer"),
        (f"{PLACE}#jobs", "#"),
        ("postgresql://u:hunter2@h:port/d", "port"),
        ("mysql://u:hunter2@h/d?schema=public", "schema"),
        ("mysql://u:hunter2@h/d?charset=latin1", "charset"),
        ("mysql://u:hunter2@h/d/e", "database"),
        ("mysql://u:hunter2@h/d?ssl_ca=/no/such/file", "ssl_ca"),
        ("sqlite:////q.db?mode=rwc", "mode"),
        ("sqlite:////q.db?immutable=1", "immutable"),
        ("redis://:hunter2@h/orders", "namespace=NAME"),
        ("redis://:hunter2@h/0/1", "numbers"),
        ("redis://:hunter2@h/0?db=1", "twice"),
        ("redis://:hunter2@h?decode_responses=true", "decode_responses"),
        ("redis://:hunter2@h?protocol=3", "protocol"),
        ("redis://:hunter2@h?namespace=a&namespace=b", "twice"),
        ("unix:///run/redis.sock?nonsense=1", "nonsense"),
        ("unix:///run/redis.sock?socket_keepalive=1", "socket_keepalive"),
        ("redis://:hunter2@h?ssl_cert_reqs=none", "ssl_cert_reqs"),
        ("unix://u:hunter2@h/run/redis.sock", "three slashes"),
        ("unix://u:hunter2@", "no socket"),
        ("unix:redis.sock", "no socket"),
        ("redis://:hunter2@a..b/0", "host"),
        (f"mysql://u:hunter2@{'h' * 64}/d", "host"),
        (f"postgresql://u:hunter2@good,{'h' * 64}:5432/d", "host"),
        *((f"{kind}://u:hunter2@h:0/1", "port 0") for kind in ("mysql", "postgresql", "redis")),
        *((f"{kind}://u:hunter2@h/a%00b", "NUL") for kind in ("mysql", "postgresql", "redis", "sqlite", "memory")),
        ("mysql://u:hunter2@h/d?unix_socket=/run/s", "unix_socket"),
        *((f"redis://:hunter2@h?socket_timeout={span}", "seconds") for span in ("nan", "-1", "0", "0.0", "1e999")),
        ("redis://:hunter2@h?client_name=a%20b", "client_name"),
        ("redis://:hunter2@h?socket_keepalive=maybe", "true or false"),
        ("rediss://:hunter2@h?ssl_cert_reqs=bogus", "ssl_cert_reqs"),
        ("rediss://:hunter2@h?ssl_min_version=1", "TLS"),
        ("rediss://:hunter2@h?ssl_ca_certs=/no/such/file", "ssl_ca_certs"),
        ("sqlite:////q%ff.db", "UTF-8"),
        *((f"{kind}://%ff:hunter2@h/1", "UTF-8") for kind in ("mysql", "postgresql", "redis")),
        ("mysql://u:hunter2@h:1,g:1/d", "several hosts"),
        *((f"memory://{rest}", "memory://NAME") for rest in ("a/b", "a?mode=ro", "a#b", "/a")),
    ],
)
def test_what_is_not_understood_is_refused_by_name(url: str, said: str) -> None:
    """The message names the part, and quotes no password."""
    read: Callable[[str], object] = {
        "postgresql": read_postgresql,
        "mysql": read_mysql,
        "sqlite": read_sqlite,
        "memory": lambda url: open_memory(url, BackendOptions()),
    }.get(url.partition(":")[0], lambda url: read_redis(url, BackendOptions()))
    with pytest.raises(BadConfig, match=said) as refused:
        read(url if scheme_of(url) else "")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "option", ["sslmode=bogus", "connect_timeout=soon", "service=none", "gssencmode=x", "hostaddr=h"]
)
def test_what_the_driver_refuses_is_no_silent_server(option: str) -> None:
    """The value of an option that libpq does not take is the URL's fault, and no server is told not to answer."""
    with pytest.raises(BadConfig, match=r"\?"):
        PostgresqlSessions(read_postgresql(f"postgresql://127.0.0.1:1/d?{option}"), {}, 1.0).connect(Connection)


def test_a_postgresql_url_without_a_host_is_one() -> None:
    """The host may be libpq's own default, a folder of sockets or an option."""
    for url in ("postgresql:///shop", "postgresql:///shop?host=%2Frun&port=5433", "postgresql://u@/shop?host=a%2Cb"):
        assert read_postgresql(url).conninfo == url
        assert conninfo_to_dict(url)["dbname"] == "shop"


def test_the_kind_of_a_url_is_read_in_any_case() -> None:
    """A driver may be named for databases as SQLAlchemy does; what only begins like a known kind is another one."""
    kinds = {"SQLite:///q": "sqlite", "MySQL://h/d": "mysql", "postgres+X://h/d": "postgresql", "Redis://h": "redis"}
    assert {url: scheme_of(url) for url in kinds} == kinds
    assert type(connect_database("MariaDB://h/d", BackendOptions())).__name__ == "MysqlDatabase"
    for url in ("redis+sentinel://h/0", "rediss+x://h", "unix+y:///s", "memory+z://", "redis-sentinel://h", "://"):
        with pytest.raises(BadConfig, match="is not known") as refused:
            scheme_of(url)
        assert "kind 'redis'" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://h",
        "redis://h/",
        "redis://h:6379/3",
        "rediss://u:p@h/0?ssl_cert_reqs=none",
        "unix:///run/r?db=2",
        "unix://u:p@/r",
    ],
)
def test_what_a_redis_url_may_say(url: str) -> None:
    """A database by its number, a secure connection and a socket are understood."""
    assert read_redis(url, BackendOptions()).url.rstrip("/") == url.rstrip("/")
