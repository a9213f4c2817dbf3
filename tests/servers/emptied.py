"""Makes a database of PostgreSQL as it was when it was new: a third of what it costs to drop it and make another."""

from __future__ import annotations

import psycopg

# What tests leave behind; a database where any of it differs from a new one is dropped.
_LEFT_BEHIND = """
select
    (select jsonb_agg(jsonb_build_array(nspname, nspowner, nspacl::text) order by nspname) from pg_namespace
        where nspname !~ '^pg_(toast_)?temp_'),
    (select jsonb_build_array(datacl::text, datconnlimit, datallowconn, datdba) from pg_database
        where datname = current_database()),
    (select count(*) from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database())),
    (select count(*) from pg_shdepend where dbid = (select oid from pg_database where datname = current_database())),
    (select count(*) from pg_prepared_xacts where database = current_database()),
    (select count(*) from pg_replication_slots where database = current_database()),
    (select jsonb_build_array(count(*) filter (where oid >= 16384), sum(hashtext(relacl::text))) from pg_class),
    (select jsonb_build_array(count(*) filter (where oid >= 16384), sum(hashtext(proacl::text)),
        sum(procost), count(proconfig)) from pg_proc),
    (select jsonb_build_array(count(*) filter (where oid >= 16384), sum(hashtext(typacl::text))) from pg_type),
    (select sum(hashtext(attacl::text)) from pg_attribute),
    (select jsonb_build_array(count(*), sum(hashtext(lanacl::text))) from pg_language),
    (select count(*) from pg_ts_config),
    (select count(*) from pg_subscription),
    (select count(*) from pg_operator where oid >= 16384),
    (select count(*) from pg_collation where oid >= 16384),
    (select count(*) from pg_cast where oid >= 16384),
    (select count(*) from pg_extension),
    (select count(*) from pg_event_trigger),
    (select count(*) from pg_publication),
    (select count(*) from pg_foreign_data_wrapper),
    (select count(*) from pg_largeobject_metadata),
    (select count(*) from pg_default_acl)
"""
_LEAVE = """
select pg_terminate_backend(pid, 2000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
_EMPTY = r"""
do $$
declare one name;
begin
    for one in select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
        execute format('drop schema %I cascade', one);
    end loop;
    create schema public authorization pg_database_owner;
    grant usage on schema public to public;
end $$
"""
# What was dropped stays in the catalog's files until they are cleaned.
_USES = 30


class EmptiedDatabases:
    """The databases of one server that may be given out again."""

    def __init__(self) -> None:
        self._new: object = None
        self._uses: dict[str, int] = {}
        self._empty: list[str] = []

    def take(self) -> str | None:
        """Return the URL of an empty database, None where there is none."""
        return self._empty.pop() if self._empty else None

    def note_new(self, url: str) -> None:
        """Remember a database that was just made, and what the first one holds."""
        self._uses[url] = 0
        if self._new is None:
            with psycopg.connect(url) as connection:
                self._new = connection.execute(_LEFT_BEHIND.encode()).fetchone()

    def keep(self, url: str) -> bool:
        """Empty a database that nobody needs any more, and tell whether it is as if it were new."""
        if url in self._empty:
            return True
        self._uses[url] = self._uses.get(url, _USES) + 1
        if self._uses[url] > _USES or not self._made_empty(url):
            return False
        self._empty.append(url)
        return True

    def _made_empty(self, url: str) -> bool:
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=5, options="-c lock_timeout=2s") as connection:
                connection.execute(_LEAVE)
                connection.execute(_EMPTY)
                return connection.execute(_LEFT_BEHIND.encode()).fetchone() == self._new
        except psycopg.Error:
            return False
