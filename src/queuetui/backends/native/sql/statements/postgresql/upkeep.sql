-- block promote
with promoted as (
    update queuetui_job set state = 1, rev = least(rev, 9223372036854775806) + 1, updated_at = clock_timestamp()
    where id = any(array(
        select id from queuetui_job where state in (0, 3) and due_at <= clock_timestamp() order by due_at, id
        limit :limit for update skip locked
    ))
    returning id, queue, correlation_id
), logged as (
    insert into queuetui_event (at, kind, queue, job_id, correlation_id)
    select clock_timestamp(), 1, p.queue, p.id, p.correlation_id
    from promoted p where coalesce((select q.events from queuetui_queue q where q.name = p.queue), true)
)
select id from promoted;

-- block next_due
select (extract(epoch from due_at - clock_timestamp()) * 1000000)::bigint
from queuetui_job where state in (0, 3) order by due_at, id limit 1;

-- block queues_pending
with recursive found (queue) as (
    (select queue from queuetui_job where state = 1 order by queue limit 1)
    union all
    select (select j.queue from queuetui_job j where j.state = 1 and j.queue > found.queue order by j.queue limit 1)
    from found where found.queue is not null
)
select queue from found
where queue is not null and (select paused_at from queuetui_queue q where q.name = found.queue) is null;

-- block queues_ready
select wanted.queue from unnest(:queues::text[]) with ordinality as wanted (queue, place)
where exists (select from queuetui_job j where j.state = 1 and j.queue = wanted.queue)
    and (select paused_at from queuetui_queue q where q.name = wanted.queue) is null
order by wanted.place;

-- block prune_done
delete from queuetui_job_done
where id = any(array(
    select id from queuetui_job_done where expires_at <= clock_timestamp() order by expires_at limit :limit for update skip locked
))
returning id, blob;

-- block drop_attempts
delete from queuetui_attempt where job_id = :id;

-- block drop_blob
delete from queuetui_job_blob where id = :id;

-- block prune_keys
delete from queuetui_job_key
where key = any(array(
    select key from queuetui_job_key where expires_at <= clock_timestamp() order by expires_at limit :limit for update skip locked
));
