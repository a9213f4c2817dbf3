-- A worker with an older protocol than the store's gets no lease, and so no jobs.
-- block open_lease
insert into queuetui_lease (id, worker_id, queue, until)
select :lease_id, :worker_id, :queue, :now + :lease_us
from queuetui_meta where name = 'protocol' and value = :protocol;
select until from queuetui_lease where id = :lease_id;

-- block renew_lease
update queuetui_lease set until = :now + :lease_us where id = :lease_id and until > :now;
select id from queuetui_lease where id = :lease_id and row_count() > 0;

-- block list_cancels
select id from queuetui_job where state = 2 and lease_id = :lease_id and cancel_requested_at is not null;

-- block lock_lease
select worker_id from queuetui_lease where id = :lease_id and until > :now for update;

-- block drop_lease
delete from queuetui_lease where id = :lease_id;

-- block mark_running
update queuetui_job set
    started_at = coalesce(started_at, :now - :running_us), progress = coalesce(:progress, progress)
where id = :id and fence = :fence and lease_id = :lease_id;

-- block take_held
select id, queue, type, `key`, cancel_requested_at is not null, claimed_alone, lost_alone, worker_id
from queuetui_job force index (queuetui_job_held) where lease_id = :lease_id and state = 2 limit :limit for update;

-- block take_expired_leases
select id from queuetui_lease force index (queuetui_lease_until) where until <= :now limit :limit for update skip locked;

-- Found without locks, then locked by primary key: a job that was claimed again meanwhile has another lease.
-- block take_unleased
select
    j.id, j.queue, j.type, j.`key`, j.cancel_requested_at is not null, j.claimed_alone, j.lost_alone, j.worker_id
from queuetui_job j join (
    select run.id, run.lease_id from queuetui_job run force index (queuetui_job_due)
    left join queuetui_lease l on l.id = run.lease_id
    where run.state = 2 and l.id is null
    order by run.lease_id
    limit :limit
) as loose on loose.id = j.id
where j.state = 2 and j.lease_id = loose.lease_id
for update skip locked;
