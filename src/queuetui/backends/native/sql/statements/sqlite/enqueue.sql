-- An expired key is taken over; for a held key no row is returned.
-- block hold_key
insert into queuetui_job_key (key, job_id) values (:key, :id)
on conflict (key) do update set job_id = excluded.job_id, expires_at = null where expires_at <= :now
returning job_id;

-- block drop_key
delete from queuetui_job_key where key = :key and job_id = :id;

-- block find_key
select job_id from queuetui_job_key where key = :key;

-- block find_job
select state from queuetui_job where id = :id
union all
select state from queuetui_job_done where id = :id
limit 1;

-- block insert_job
insert into queuetui_job (
    id, queue, type, name, state, priority, due_at, max_attempts, created_at, updated_at, correlation_id, key, tags, needs, timeout_ms,
    context, payload, blob
) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- All that the enqueue of a single job, the usual case, reads: whether its id is stored, whether events are on, the workers' sockets.
-- block look_before_job
select
    exists (select 1 from queuetui_job where id = ?) or exists (select 1 from queuetui_job_done where id = ?),
    coalesce((select events from queuetui_queue where name = ?), true),
    (select json_group_array(socket) from (select socket from queuetui_worker where socket is not null limit 100));

-- block insert_blob
insert into queuetui_job_blob (id, payload) values (?, ?) on conflict (id) do nothing;
