-- took_NN counts the runs of less than 2^NN milliseconds and not less than half of that.
-- block add_tally
insert into queuetui_tally as total (
    minute, worker_id, queue, type,
    enqueued, started, completed, failed, retried, lost, busy_us, took_00, took_01, took_02, took_03, took_04, took_05, took_06,
    took_07, took_08, took_09, took_10, took_11, took_12, took_13, took_14, took_15, took_16, took_17, took_18, took_19, took_20,
    took_21, took_22, took_23
) values (
    :now - :now % 60000000, :worker_id, :queue, :type,
    :enqueued, :started, :completed, :failed, :retried, :lost, :busy_us, :took_00, :took_01, :took_02, :took_03, :took_04, :took_05,
    :took_06, :took_07, :took_08, :took_09, :took_10, :took_11, :took_12, :took_13, :took_14, :took_15, :took_16, :took_17, :took_18,
    :took_19, :took_20, :took_21, :took_22, :took_23
) on conflict (minute, worker_id, queue, type) do update set
    enqueued = total.enqueued + excluded.enqueued, started = total.started + excluded.started,
    completed = total.completed + excluded.completed, failed = total.failed + excluded.failed,
    retried = total.retried + excluded.retried, lost = total.lost + excluded.lost, busy_us = total.busy_us + excluded.busy_us,
    took_00 = total.took_00 + excluded.took_00, took_01 = total.took_01 + excluded.took_01,
    took_02 = total.took_02 + excluded.took_02, took_03 = total.took_03 + excluded.took_03,
    took_04 = total.took_04 + excluded.took_04, took_05 = total.took_05 + excluded.took_05,
    took_06 = total.took_06 + excluded.took_06, took_07 = total.took_07 + excluded.took_07,
    took_08 = total.took_08 + excluded.took_08, took_09 = total.took_09 + excluded.took_09,
    took_10 = total.took_10 + excluded.took_10, took_11 = total.took_11 + excluded.took_11,
    took_12 = total.took_12 + excluded.took_12, took_13 = total.took_13 + excluded.took_13,
    took_14 = total.took_14 + excluded.took_14, took_15 = total.took_15 + excluded.took_15,
    took_16 = total.took_16 + excluded.took_16, took_17 = total.took_17 + excluded.took_17,
    took_18 = total.took_18 + excluded.took_18, took_19 = total.took_19 + excluded.took_19,
    took_20 = total.took_20 + excluded.took_20, took_21 = total.took_21 + excluded.took_21,
    took_22 = total.took_22 + excluded.took_22, took_23 = total.took_23 + excluded.took_23;

-- One job that was enqueued alone.
-- block count_job
insert into queuetui_tally as total (minute, worker_id, queue, type, enqueued) values (?, ?, ?, ?, 1)
on conflict (minute, worker_id, queue, type) do update set enqueued = total.enqueued + 1;

-- block prune_tally
delete from queuetui_tally where (minute, worker_id, queue, type) in (
    select minute, worker_id, queue, type from queuetui_tally where minute < :now - :kept_us order by minute limit :limit
);
