-- An expired key is taken over; for a held key no row is returned.
-- block hold_key
insert into queuetui_job_key (`key`, job_id) values (:key, :id)
on duplicate key update
    job_id = if(expires_at <= :now, values(job_id), job_id), asked = if(expires_at <= :now, 0, asked + 1),
    expires_at = if(expires_at <= :now, null, expires_at);
select job_id from queuetui_job_key where `key` = :key and job_id = :id and asked = 0;

-- block drop_key
delete from queuetui_job_key where `key` = :key and job_id = :id;

-- block find_key
select job_id from queuetui_job_key where `key` = :key;

-- block find_job
select state from queuetui_job where id = :id
union all
select state from queuetui_job_done where id = :id
limit 1;

-- block insert_job
insert into queuetui_job (
    id, queue, type, name, state, priority, due_at, max_attempts, created_at, updated_at, correlation_id, `key`, tags, needs, timeout_ms,
    context, payload, `blob`
) values (
    :id, :queue, :type, :name, :state, :priority, :due_at, :max_attempts, :created_at, :created_at, :correlation_id, :key, :tags, :needs, :timeout_ms,
    :context, :payload, :blob
);

-- block insert_blob
insert into queuetui_job_blob (id, payload) values (:id, :payload) on duplicate key update payload = values(payload);

-- A large payload is written in parts, each small enough for a packet.
-- block append_blob
update queuetui_job_blob set payload = concat(payload, :payload) where id = :id;

-- A client counts under its connection's id, so that no two transactions wait for the same row.
-- block read_client
select :now, concat('client-', connection_id());

-- block find_known
select id from queuetui_job where id in :ids
union all
select id from queuetui_job_done where id in :ids;

-- A job that is enqueued again may have moved while its insert waited: only a second statement can see that.
-- block find_ended
select id from queuetui_job_done where id in :ids;
