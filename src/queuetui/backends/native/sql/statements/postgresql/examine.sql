-- A snapshot is held by a session with an xmin, and by a transaction that has written: rows deleted since cannot be removed.
-- Sessions of other databases hold nothing here. A session's start is null where this user may not see it.
-- block list_held_sessions
select pid::text, usename::text, application_name, xact_start, extract(epoch from clock_timestamp() - xact_start)::float8
from pg_stat_activity
where coalesce(backend_xmin, backend_xid) is not null and pid <> pg_backend_pid()
    and coalesce(datname, current_database()) = current_database()
    and backend_type not in ('autovacuum worker', 'walsender')
    and xact_start < clock_timestamp() - :held_s * interval '1 second'
order by xact_start limit :most;

-- block count_hidden_sessions
select count(*)::integer from pg_stat_activity
where coalesce(backend_xmin, backend_xid) is not null and xact_start is null and pid <> pg_backend_pid()
    and coalesce(datname, current_database()) = current_database() and backend_type is null;

-- block list_held_prepared
select gid, owner::text, null::text, prepared, extract(epoch from clock_timestamp() - prepared)::float8
from pg_prepared_xacts
where database = current_database() and prepared < clock_timestamp() - :held_s * interval '1 second'
order by prepared limit :most;

-- The server keeps no time of a slot's snapshot: an unused slot holds it until it is dropped, and a slot in use may lag far behind.
-- block list_held_slots
select slot_name::text, null::text, null::text, null::timestamptz, null::float8
from pg_replication_slots
where xmin is not null and coalesce(database, current_database()) = current_database() and (not active or age(xmin) > 1000000)
order by age(xmin) desc limit :most;

-- block list_unvacuumed
select relname::text from pg_class
where relkind = 'r' and relname like 'queuetui\_%' and pg_table_is_visible(oid)
    and exists (select 1 from unnest(reloptions) as option where option in ('autovacuum_enabled=false', 'autovacuum_enabled=off'))
order by relname limit :most;

-- block read_vacuuming
select current_setting('autovacuum');

-- block read_durability
select current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
    current_setting('synchronous_standby_names'), (select count(*) from pg_stat_replication)::text;
