-- The first schema. Times are integer microseconds since 1970 UTC, states are integers in the order of model/state.py, ids are the
-- 16 bytes of UUIDs made by clients, lists are JSON texts, truths are 0 and 1.

create table queuetui_meta (
    name text not null primary key,
    value text not null
) strict;

-- Jobs that are not final, in the order of their ids, which clients make in the order of time: one tree less to write than with a rowid.
create table queuetui_job (
    id blob not null primary key,
    lease_id blob,
    due_at integer not null,
    created_at integer not null,
    updated_at integer not null,
    cancel_requested_at integer,
    claimed_at integer,
    started_at integer,
    priority integer not null default 0,
    fence integer not null default 0,
    rev integer not null default 1,
    timeout_ms integer,
    attempts integer not null default 0,
    max_attempts integer not null,
    lost integer not null default 0,
    lost_alone integer not null default 0,
    state integer not null,
    claimed_alone integer not null default 0,
    blob integer not null default 0,
    queue text not null,
    type text not null,
    name text,
    worker_id text,
    correlation_id text,
    key text,
    tags text not null default '[]',
    needs text not null default '[]',
    progress text,
    error_class text,
    error_message text,
    error_traceback text,
    error_fingerprint text,
    payload blob
) strict, without rowid;
create index queuetui_job_ready on queuetui_job (queue, priority desc, due_at, id) where state = 1;
create index queuetui_job_due on queuetui_job (due_at, id) where state in (0, 3);
create index queuetui_job_wait on queuetui_job (queue, state, due_at) where state in (0, 3);
-- A lease is of one queue.
create index queuetui_job_held on queuetui_job (queue, lease_id) where state = 2;
-- Most jobs are the first of their correlation and bear their own id there: these are found by that id.
create index queuetui_job_corr on queuetui_job (correlation_id)
where replace(correlation_id, '-', '') <> lower(hex(id));

-- Final jobs: written once, moved here in the statement that deletes them from queuetui_job.
create table queuetui_job_done (
    seq integer not null primary key,
    id blob not null unique,
    due_at integer not null,
    created_at integer not null,
    updated_at integer not null,
    cancel_requested_at integer,
    claimed_at integer,
    started_at integer,
    done_at integer not null,
    expires_at integer not null,
    priority integer not null,
    fence integer not null,
    rev integer not null,
    timeout_ms integer,
    attempts integer not null,
    max_attempts integer not null,
    lost integer not null,
    lost_alone integer not null,
    state integer not null,
    blob integer not null,
    queue text not null,
    type text not null,
    name text,
    worker_id text,
    correlation_id text,
    key text,
    tags text not null,
    needs text not null,
    progress text,
    error_class text,
    error_message text,
    error_traceback text,
    error_fingerprint text,
    payload blob,
    result blob
) strict;
create index queuetui_job_done_page on queuetui_job_done (state, queue, done_at desc, id);
create index queuetui_job_done_recent on queuetui_job_done (state, done_at desc, id) where state in (6, 7);
create index queuetui_job_done_failed on queuetui_job_done (error_fingerprint, done_at desc) where state = 6;
create index queuetui_job_done_prune on queuetui_job_done (expires_at);
create index queuetui_job_done_corr on queuetui_job_done (correlation_id)
where replace(correlation_id, '-', '') <> lower(hex(id));

create table queuetui_job_blob (
    seq integer not null primary key,
    id blob not null unique,
    payload blob not null
) strict;

-- An idempotency key outlives its job; expires_at is null while the job is live.
create table queuetui_job_key (
    key text not null primary key,
    job_id blob not null,
    expires_at integer
) strict;
create index queuetui_job_key_prune on queuetui_job_key (expires_at) where expires_at is not null;

create table queuetui_attempt (
    job_id blob not null,
    fence integer not null,
    outcome text not null,
    error_class text,
    error_message text,
    error_traceback text,
    worker_id text,
    started_at integer,
    ended_at integer not null,
    primary key (job_id, fence)
) strict;

-- boot_until is judged by the clock of the boot it names, which no change of the date can move; until is the same moment for showing.
create table queuetui_lease (
    seq integer not null primary key,
    id blob not null unique,
    worker_id text not null,
    queue text not null,
    until integer not null,
    boot text not null,
    boot_until integer not null
) strict;

create table queuetui_worker (
    id text not null primary key,
    host text not null,
    pid integer not null,
    boot text,
    version text not null,
    queues text not null,
    types text not null,
    tags text not null,
    slots integer not null,
    started_at integer not null,
    beat_at integer not null,
    rss integer,
    stopping integer not null default 0,
    socket text
) strict;

-- `ruled`: claims go by `rules` (JSON: limits, ageing), or by tags as jobs that need some were seen (`needy`); `begun`: counted by rates.
create table queuetui_queue (
    name text not null primary key,
    paused_at integer,
    paused_by text,
    ruled integer not null default 0,
    needy integer not null default 0,
    rules text,
    begun text,
    events integer not null default 1
) strict;

-- What happened in one minute; took_NN counts runs of less than 2^NN milliseconds (and not less than half), the last all longer ones.
create table queuetui_tally (
    minute integer not null,
    worker_id text not null,
    queue text not null,
    type text not null,
    enqueued integer not null default 0,
    started integer not null default 0,
    completed integer not null default 0,
    failed integer not null default 0,
    retried integer not null default 0,
    lost integer not null default 0,
    busy_us integer not null default 0,
    took_00 integer not null default 0,
    took_01 integer not null default 0,
    took_02 integer not null default 0,
    took_03 integer not null default 0,
    took_04 integer not null default 0,
    took_05 integer not null default 0,
    took_06 integer not null default 0,
    took_07 integer not null default 0,
    took_08 integer not null default 0,
    took_09 integer not null default 0,
    took_10 integer not null default 0,
    took_11 integer not null default 0,
    took_12 integer not null default 0,
    took_13 integer not null default 0,
    took_14 integer not null default 0,
    took_15 integer not null default 0,
    took_16 integer not null default 0,
    took_17 integer not null default 0,
    took_18 integer not null default 0,
    took_19 integer not null default 0,
    took_20 integer not null default 0,
    took_21 integer not null default 0,
    took_22 integer not null default 0,
    took_23 integer not null default 0,
    primary key (minute, worker_id, queue, type)
) strict, without rowid;

create table queuetui_event (
    seq integer not null primary key,
    at integer not null,
    kind integer not null,
    job_id blob,
    fence integer,
    attempt integer,
    moment integer,
    queue text,
    worker_id text,
    correlation_id text,
    actor text,
    detail text
) strict;
create index queuetui_event_job on queuetui_event (job_id, seq) where job_id is not null;
-- A correlation id is looked up by the jobs that were created with it: these tell it unless it is their own id, as it mostly is.
create index queuetui_event_corr on queuetui_event (correlation_id, seq) where kind = 0 and correlation_id is not null;

create table queuetui_act (
    id text not null primary key,
    verb text not null,
    actor text not null,
    at integer not null,
    reason text not null,
    filter text not null,
    digest text,
    counts text
) strict;
create index queuetui_act_at on queuetui_act (at);

-- What an act did to one job (or queue, by its name); outcome and note let the same act asked again give the same answer.
create table queuetui_act_row (
    act_id text not null,
    job_id text not null,
    outcome text not null,
    state_now integer,
    note text not null default '',
    before text,
    rev_after integer,
    primary key (act_id, job_id)
) strict;
create index queuetui_act_row_job on queuetui_act_row (job_id);

-- What was asked for is JSON in spec; next_at is the first slot that nobody has looked at; rev grows with edits, not with slots.
create table queuetui_schedule (
    name text not null primary key,
    rev integer not null,
    next_at integer not null,
    last_slot_at integer,
    paused_at integer,
    declared integer not null default 0,
    paused_by text,
    last_job_id blob,
    spec text not null
) strict;
create index queuetui_schedule_due on queuetui_schedule (next_at) where paused_at is null;

-- One row a slot: whoever writes it makes the slot's job in the same transaction; job_id is null where the job before went on.
create table queuetui_slot (
    schedule text not null,
    slot_at integer not null,
    job_id blob,
    made_at integer not null,
    primary key (schedule, slot_at)
) strict;
create index queuetui_slot_prune on queuetui_slot (made_at);

-- What runs told beside their endings; counted is JSON, sums by name; result_until ends the job's result before the job.
create table queuetui_run_note (
    job_id blob not null,
    fence integer not null,
    noted_at integer not null,
    counted text,
    cpu_us integer,
    peak_bytes integer,
    log text,
    log_cut integer not null default 0,
    result_until integer,
    primary key (job_id, fence)
) strict;
create index queuetui_run_note_result on queuetui_run_note (result_until) where result_until is not null;

-- What was counted by runs in one minute.
create table queuetui_usage (
    minute integer not null,
    queue text not null,
    type text not null,
    name text not null,
    amount real not null,
    primary key (minute, queue, type, name)
) strict, without rowid;

insert into queuetui_meta (name, value) values
    ('minimum_client', '1'),
    ('protocol', '1'),
    ('identity', lower(hex(randomblob(16))));
