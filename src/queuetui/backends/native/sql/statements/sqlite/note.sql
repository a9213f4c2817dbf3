-- The lease is locked for the transaction; a stale run returns no row.
-- block find_noted_run
select n.counted from queuetui_job j left join queuetui_run_note n on n.job_id = j.id and n.fence = j.fence
where j.id = :id and j.fence = :fence and j.lease_id = :lease_id;

-- block put_notes
insert into queuetui_run_note as kept (job_id, fence, noted_at, counted, cpu_us, peak_bytes, log, log_cut, result_until)
values (:id, :fence, :now, :counted, :cpu_us, :peak_bytes, :log, :log_cut, :now + :ttl_us)
on conflict (job_id, fence) do update set
    noted_at = excluded.noted_at, counted = coalesce(excluded.counted, kept.counted), cpu_us = coalesce(excluded.cpu_us, kept.cpu_us),
    peak_bytes = coalesce(excluded.peak_bytes, kept.peak_bytes), log = coalesce(excluded.log, kept.log),
    log_cut = max(excluded.log_cut, kept.log_cut), result_until = coalesce(excluded.result_until, kept.result_until);

-- block forget_logs
update queuetui_run_note set log = null where job_id = :id and fence <= :fence and log is not null;

-- block add_usage
insert into queuetui_usage as total (minute, queue, type, name, amount) values (:now - :now % 60000000, :queue, :type, :name, :amount)
on conflict (minute, queue, type, name) do update set amount = total.amount + excluded.amount;

-- block read_notes
select fence, noted_at, counted, cpu_us, peak_bytes, log, log_cut from queuetui_run_note where job_id = :id order by fence;

-- block read_usage
select queue, type, name, sum(amount) from queuetui_usage where minute > :now - :span_us
group by queue, type, name order by substr(name, 1, 4) = 'tag ', queue, type, name limit :limit;

-- block due_results
select job_id, fence from queuetui_run_note where result_until is not null and result_until <= :now order by result_until limit :limit;

-- block forget_result
update queuetui_job_done set result = null where id = :id and fence = :fence;

-- block result_forgotten
update queuetui_run_note set result_until = null where job_id = :id and fence = :fence;

-- block drop_notes
delete from queuetui_run_note where job_id = :id;

-- block prune_usage
delete from queuetui_usage where (minute, queue, type, name) in (
    select minute, queue, type, name from queuetui_usage where minute < :now - :kept_us order by minute limit :limit
);
