-- The first schema. Texts compare by their bytes, times are integer microseconds since 1970 UTC, states are small integers in the order of
-- model/state.py, ids are the 16 bytes of UUIDs made by clients, lists are JSON texts. Every table is InnoDB: nothing else keeps its word.

create table queuetui_meta (
    name varchar(255) not null primary key,
    value longtext not null
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

-- Jobs that are not final.
create table queuetui_job (
    id binary(16) not null primary key,
    lease_id binary(16),
    due_at bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    cancel_requested_at bigint,
    claimed_at bigint,
    started_at bigint,
    priority bigint not null default 0,
    fence bigint not null default 0,
    rev bigint not null default 1,
    timeout_ms bigint,
    attempts int not null default 0,
    max_attempts int not null,
    lost int not null default 0,
    lost_alone int not null default 0,
    state smallint not null,
    claimed_alone boolean not null default 0,
    `blob` boolean not null default 0,
    queue varchar(255) not null,
    type varchar(255) not null,
    name longtext,
    worker_id varchar(255),
    correlation_id varchar(255),
    `key` varchar(255),
    tags longtext not null,
    needs longtext not null,
    progress longtext,
    error_class longtext,
    error_message longtext,
    error_traceback longtext,
    error_fingerprint varchar(64),
    payload longblob,
    -- Older servers have no descending indexes: what is read from the highest down is stored as its negative.
    priority_desc bigint generated always as (-priority) stored,
    index queuetui_job_ready (queue, state, priority_desc, due_at, id),
    index queuetui_job_wait (queue, state, due_at, id),
    index queuetui_job_due (state, due_at, id),
    index queuetui_job_held (lease_id),
    index queuetui_job_corr (correlation_id)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

-- Final jobs: written once, moved here in the statement that deletes them from queuetui_job.
create table queuetui_job_done (
    id binary(16) not null primary key,
    due_at bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    cancel_requested_at bigint,
    claimed_at bigint,
    started_at bigint,
    done_at bigint not null,
    expires_at bigint not null,
    priority bigint not null,
    fence bigint not null,
    rev bigint not null,
    timeout_ms bigint,
    attempts int not null,
    max_attempts int not null,
    lost int not null,
    lost_alone int not null,
    state smallint not null,
    `blob` boolean not null,
    queue varchar(255) not null,
    type varchar(255) not null,
    name longtext,
    worker_id varchar(255),
    correlation_id varchar(255),
    `key` varchar(255),
    tags longtext not null,
    needs longtext not null,
    progress longtext,
    error_class longtext,
    error_message longtext,
    error_traceback longtext,
    error_fingerprint varchar(64),
    payload longblob,
    result longblob,
    done_desc bigint generated always as (-done_at) stored,
    index queuetui_job_done_page (queue, state, done_desc, id),
    index queuetui_job_done_recent (state, done_desc, id),
    index queuetui_job_done_prune (expires_at),
    index queuetui_job_done_corr (correlation_id)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

create table queuetui_job_blob (
    id binary(16) not null primary key,
    payload longblob not null
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

-- An idempotency key outlives its job; expires_at is null while the job is live. `asked` counts how often it was asked for since it was
-- taken, which tells whose an upsert left it.
create table queuetui_job_key (
    `key` varchar(255) not null primary key,
    job_id binary(16) not null,
    expires_at bigint,
    asked bigint not null default 0,
    index queuetui_job_key_prune (expires_at)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

create table queuetui_attempt (
    job_id binary(16) not null,
    fence bigint not null,
    outcome varchar(255) not null,
    error_class longtext,
    error_message longtext,
    error_traceback longtext,
    worker_id varchar(255),
    started_at bigint,
    ended_at bigint not null,
    primary key (job_id, fence)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

create table queuetui_lease (
    id binary(16) not null primary key,
    worker_id varchar(255) not null,
    queue varchar(255) not null,
    until bigint not null,
    index queuetui_lease_until (until)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

create table queuetui_worker (
    id varchar(255) not null primary key,
    host varchar(255) not null,
    pid bigint not null,
    boot longtext,
    version longtext not null,
    queues longtext not null,
    types longtext not null,
    tags longtext not null,
    slots int not null,
    started_at bigint not null,
    beat_at bigint not null,
    rss bigint,
    stopping boolean not null default 0,
    socket longtext
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

-- `ruled`: claims go by `rules` (JSON: limits, ageing), or by tags as jobs that need some were seen (`needy`); `begun`: counted by rates.
create table queuetui_queue (
    name varchar(255) not null primary key,
    paused_at bigint,
    paused_by longtext,
    ruled boolean not null default 0,
    needy boolean not null default 0,
    rules longtext,
    begun longtext,
    events boolean not null default 1
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

-- What happened in one minute; took_NN counts runs of less than 2^NN milliseconds (and not less than half), the last all longer ones.
create table queuetui_tally (
    minute bigint not null,
    worker_id varchar(255) not null,
    queue varchar(255) not null,
    type varchar(255) not null,
    enqueued bigint not null default 0,
    started bigint not null default 0,
    completed bigint not null default 0,
    failed bigint not null default 0,
    retried bigint not null default 0,
    lost bigint not null default 0,
    busy_us bigint not null default 0,
    took_00 int not null default 0,
    took_01 int not null default 0,
    took_02 int not null default 0,
    took_03 int not null default 0,
    took_04 int not null default 0,
    took_05 int not null default 0,
    took_06 int not null default 0,
    took_07 int not null default 0,
    took_08 int not null default 0,
    took_09 int not null default 0,
    took_10 int not null default 0,
    took_11 int not null default 0,
    took_12 int not null default 0,
    took_13 int not null default 0,
    took_14 int not null default 0,
    took_15 int not null default 0,
    took_16 int not null default 0,
    took_17 int not null default 0,
    took_18 int not null default 0,
    took_19 int not null default 0,
    took_20 int not null default 0,
    took_21 int not null default 0,
    took_22 int not null default 0,
    took_23 int not null default 0,
    primary key (minute, worker_id, queue, type)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

-- What tells of a job's creation holds no correlation id where it is the job's own, as it mostly is.
create table queuetui_event (
    seq bigint not null auto_increment primary key,
    at bigint not null,
    kind smallint not null,
    job_id binary(16),
    fence bigint,
    attempt int,
    moment bigint,
    queue varchar(255),
    worker_id varchar(255),
    correlation_id varchar(255),
    actor longtext,
    detail longtext,
    index queuetui_event_job (job_id, seq),
    index queuetui_event_corr (correlation_id, seq)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

create table queuetui_act (
    id varchar(255) not null primary key,
    verb varchar(255) not null,
    actor longtext not null,
    at bigint not null,
    reason longtext not null,
    filter longtext not null,
    digest longtext,
    counts longtext,
    index queuetui_act_at (at)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

-- What an act did to one job (or queue, by its name); outcome and note let the same act asked again give the same answer.
create table queuetui_act_row (
    act_id varchar(255) not null,
    job_id varchar(255) not null,
    outcome varchar(255) not null,
    state_now smallint,
    note longtext not null,
    `before` longtext,
    rev_after bigint,
    primary key (act_id, job_id),
    index queuetui_act_row_job (job_id)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

-- What was asked for is JSON in spec; next_at is the first slot that nobody has looked at; rev grows with edits, not with slots.
create table queuetui_schedule (
    name varchar(255) not null primary key,
    rev bigint not null,
    next_at bigint not null,
    last_slot_at bigint,
    paused_at bigint,
    declared boolean not null default 0,
    paused_by longtext,
    last_job_id binary(16),
    spec longtext not null,
    index queuetui_schedule_due (next_at)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

-- One row a slot: whoever writes it makes the slot's job in the same transaction; job_id is null where the job before went on.
create table queuetui_slot (
    schedule varchar(255) not null,
    slot_at bigint not null,
    job_id binary(16),
    made_at bigint not null,
    primary key (schedule, slot_at),
    index queuetui_slot_prune (made_at)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

-- What runs told beside their endings; counted is JSON, sums by name; result_until ends the job's result before the job.
create table queuetui_run_note (
    job_id binary(16) not null,
    fence bigint not null,
    noted_at bigint not null,
    counted longtext,
    cpu_us bigint,
    peak_bytes bigint,
    log longtext,
    log_cut int not null default 0,
    result_until bigint,
    primary key (job_id, fence),
    index queuetui_run_note_result (result_until)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

-- What was counted by runs in one minute.
create table queuetui_usage (
    minute bigint not null,
    queue varchar(255) not null,
    type varchar(255) not null,
    name varchar(64) not null,
    amount double not null,
    primary key (minute, queue, type, name)
) engine = InnoDB, row_format = dynamic, character set = utf8mb4, collate = utf8mb4_nopad_bin;

insert into queuetui_meta (name, value) values
    ('minimum_client', '1'),
    ('protocol', '1'),
    ('identity', uuid());
