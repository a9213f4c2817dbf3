-- block read_meta
select value from queuetui_meta where name = :name;

-- block write_meta
insert into queuetui_meta (name, value) values (:name, :value) on duplicate key update value = values(value);

-- block find_meta
select count(*) from information_schema.tables where table_schema = database() and table_name = 'queuetui_meta';

-- A migration holds a named lock instead: DDL commits implicitly.
-- block lock_schema
select 1;
