-- took_NN counts the runs of less than 2^NN milliseconds and not less than half of that.
-- block add_tally
insert into queuetui_tally (
    worker_id, queue, type, minute,
    enqueued, started, completed, failed, retried, lost, busy_us, took_00, took_01, took_02, took_03, took_04, took_05, took_06,
    took_07, took_08, took_09, took_10, took_11, took_12, took_13, took_14, took_15, took_16, took_17, took_18, took_19,
    took_20, took_21, took_22, took_23
) values (
    :worker_id, :queue, :type, :now - mod(:now, 60000000),
    :enqueued, :started, :completed, :failed, :retried, :lost, :busy_us, :took_00, :took_01, :took_02, :took_03, :took_04,
    :took_05, :took_06, :took_07, :took_08, :took_09, :took_10, :took_11, :took_12, :took_13, :took_14, :took_15, :took_16,
    :took_17, :took_18, :took_19, :took_20, :took_21, :took_22, :took_23
) on duplicate key update
    enqueued = enqueued + values(enqueued), started = started + values(started), completed = completed + values(completed),
    failed = failed + values(failed), retried = retried + values(retried), lost = lost + values(lost),
    busy_us = busy_us + values(busy_us), took_00 = took_00 + values(took_00), took_01 = took_01 + values(took_01),
    took_02 = took_02 + values(took_02), took_03 = took_03 + values(took_03), took_04 = took_04 + values(took_04),
    took_05 = took_05 + values(took_05), took_06 = took_06 + values(took_06), took_07 = took_07 + values(took_07),
    took_08 = took_08 + values(took_08), took_09 = took_09 + values(took_09), took_10 = took_10 + values(took_10),
    took_11 = took_11 + values(took_11), took_12 = took_12 + values(took_12), took_13 = took_13 + values(took_13),
    took_14 = took_14 + values(took_14), took_15 = took_15 + values(took_15), took_16 = took_16 + values(took_16),
    took_17 = took_17 + values(took_17), took_18 = took_18 + values(took_18), took_19 = took_19 + values(took_19),
    took_20 = took_20 + values(took_20), took_21 = took_21 + values(took_21), took_22 = took_22 + values(took_22),
    took_23 = took_23 + values(took_23);

-- block prune_tally
delete from queuetui_tally where minute < :now - :kept_us order by minute limit :limit;
