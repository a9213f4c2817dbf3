-- block read_meta
select value from queuetui_meta where name = :name;

-- block write_meta
insert into queuetui_meta (name, value) values (:name, :value) on conflict (name) do update set value = excluded.value;

-- block find_meta
select count(*)::integer from (select to_regclass('queuetui_meta') as found) meta where found is not null;

-- block lock_schema
select pg_advisory_xact_lock(hashtextextended('queuetui schema', 0));
