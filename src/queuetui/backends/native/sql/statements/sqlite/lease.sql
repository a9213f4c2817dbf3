-- A worker with an older protocol than the store's gets no lease, and so no jobs.
-- block open_lease
insert into queuetui_lease (id, worker_id, queue, until, boot, boot_until)
select :lease_id, :worker_id, :queue, :now + :lease_us, :boot, :boot_now + :lease_us
from queuetui_meta where name = 'protocol' and value = :protocol
returning until;

-- block renew_lease
update queuetui_lease set until = :now + :lease_us, boot_until = :boot_now + :lease_us
where id = :lease_id and boot = :boot and boot_until > :boot_now
returning id;

-- block list_cancels
select id from queuetui_job
where state = 2 and queue = (select l.queue from queuetui_lease l where l.id = :lease_id) and lease_id = :lease_id and cancel_requested_at is not null;

-- block lock_lease
select worker_id from queuetui_lease where id = :lease_id and boot = :boot and boot_until > :boot_now;

-- block drop_lease
delete from queuetui_lease where id = :lease_id;

-- block mark_running
update queuetui_job set
    started_at = coalesce(started_at, :now - :running_us), progress = coalesce(:progress, progress)
where id = :id and fence = :fence and lease_id = :lease_id;

-- block take_held
select id, queue, type, key, cancel_requested_at is not null, claimed_alone, lost_alone, worker_id
from queuetui_job
where state = 2 and queue = (select l.queue from queuetui_lease l where l.id = :lease_id) and lease_id = :lease_id limit :limit;

-- block take_expired_leases
select id from queuetui_lease where boot <> :boot or boot_until <= :boot_now limit :limit;

-- block take_unleased
select id, queue, type, key, cancel_requested_at is not null, claimed_alone, lost_alone, worker_id
from queuetui_job indexed by queuetui_job_held
where state = 2 and not exists (select 1 from queuetui_lease where queuetui_lease.id = queuetui_job.lease_id)
limit :limit;
