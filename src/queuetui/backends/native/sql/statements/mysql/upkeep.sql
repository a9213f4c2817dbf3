-- The jobs of each state are read in the order of an index; locked rows are skipped, as another transaction changes them.
-- block choose_due
select id, due_at from queuetui_job force index (queuetui_job_due)
where state = :state and due_at <= :now order by due_at, id limit :limit for update skip locked;

-- block promote
update queuetui_job set state = 1, rev = least(rev, 9223372036854775806) + 1, updated_at = :now where id in :ids;

-- block next_due
select min(due_at) - :now from (
    (select due_at from queuetui_job force index (queuetui_job_due) where state = 0 order by due_at limit 1)
    union all
    (select due_at from queuetui_job force index (queuetui_job_due) where state = 3 order by due_at limit 1)
) as firsts;

-- block next_queue
select queue from queuetui_job force index (queuetui_job_ready) where queue > :after order by queue limit 1;

-- block queues_ready
select wanted.queue
from json_table(:queues, '$[*]' columns (place for ordinality, queue varchar(255) character set utf8mb4 path '$')) as wanted
where exists (select 1 from queuetui_job j where j.state = 1 and j.queue = wanted.queue)
    and not exists (select 1 from queuetui_queue q where q.name = wanted.queue and q.paused_at is not null)
order by wanted.place;

-- The rows are deleted one by one: `delete_done`.
-- block prune_done
select id, `blob` from queuetui_job_done force index (queuetui_job_done_prune)
where expires_at <= :now order by expires_at limit :limit for update skip locked;

-- block drop_attempts
delete from queuetui_attempt where job_id = :id;

-- block drop_blob
delete from queuetui_job_blob where id = :id;

-- block prune_keys
delete from queuetui_job_key where expires_at <= :now order by expires_at limit :limit;
