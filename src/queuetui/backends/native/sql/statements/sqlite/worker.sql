-- block register_worker
insert into queuetui_worker (id, host, pid, version, queues, types, tags, slots, socket, started_at, beat_at)
values (:id, :host, :pid, :version, :queues, :types, :tags, :slots, :socket, :now, :now)
on conflict (id) do update set
    host = excluded.host, pid = excluded.pid, version = excluded.version, queues = excluded.queues, types = excluded.types,
    tags = excluded.tags, slots = excluded.slots, socket = excluded.socket, started_at = excluded.started_at, beat_at = excluded.beat_at, stopping = 0;

-- block beat_worker
update queuetui_worker set beat_at = :now, rss = :rss, stopping = :stopping where id = :id;

-- block drop_worker
delete from queuetui_worker where id = :id;

-- block list_sockets
select json_group_array(socket) from (select socket from queuetui_worker where socket is not null limit 100);
