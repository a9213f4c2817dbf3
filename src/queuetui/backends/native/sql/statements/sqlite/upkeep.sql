-- block promote
update queuetui_job set state = 1, rev = min(rev, 9223372036854775806) + 1, updated_at = :now
where id in (select id from queuetui_job where state in (0, 3) and due_at <= :now order by due_at, id limit :limit);

-- block next_due
select min(due_at) - :now from queuetui_job where state in (0, 3);

-- block queues_pending
with recursive found (queue) as (
    select min(queue) from queuetui_job where state = 1
    union all
    select (select min(queue) from queuetui_job where state = 1 and queue > found.queue) from found where found.queue is not null
)
select queue from found
where queue is not null and not exists (select 1 from queuetui_queue where name = queue and paused_at is not null);

-- block queues_ready
select wanted.value from json_each(:queues) as wanted
where exists (select 1 from queuetui_job where state = 1 and queue = wanted.value)
    and not exists (select 1 from queuetui_queue where name = wanted.value and paused_at is not null)
order by wanted.key;

-- block prune_done
delete from queuetui_job_done
where seq in (select seq from queuetui_job_done where expires_at <= :now order by expires_at limit :limit)
returning id, blob;

-- block drop_attempts
delete from queuetui_attempt where job_id = :id;

-- block drop_blob
delete from queuetui_job_blob where id = :id;

-- block count_free_pages
pragma freelist_count;

-- Frees one page an execution: the driver does not step through a statement without columns.
-- block give_back_page
pragma incremental_vacuum(1);

-- block prune_keys
delete from queuetui_job_key where key in (
    select key from queuetui_job_key where expires_at is not null and expires_at <= :now order by expires_at limit :limit
);
