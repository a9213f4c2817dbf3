-- block register_worker
insert into queuetui_worker (id, host, pid, version, queues, types, tags, slots, socket, started_at, beat_at)
values (:id, :host, :pid, :version, :queues, :types, :tags, :slots, :socket, :now, :now)
on duplicate key update
    host = values(host), pid = values(pid), version = values(version), queues = values(queues), types = values(types),
    tags = values(tags), slots = values(slots), socket = values(socket), started_at = values(started_at), beat_at = values(beat_at),
    stopping = 0;

-- block beat_worker
update queuetui_worker set beat_at = :now, rss = :rss, stopping = :stopping where id = :id;

-- block drop_worker
delete from queuetui_worker where id = :id;
