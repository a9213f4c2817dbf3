-- block read_meta
select value from queuetui_meta where name = :name;

-- block write_meta
insert into queuetui_meta (name, value) values (:name, :value) on conflict (name) do update set value = excluded.value;

-- block find_meta
select count(*) from sqlite_master where type = 'table' and name = 'queuetui_meta';

-- The transaction holds the write lock already.
-- block lock_schema
select 1;
