-- The first schema. Texts compare by bytes (collation C), times are timestamptz, states are small integers in the order of
-- model/state.py, ids are UUIDs made by clients.

-- A default tablespace that is the database's own by name is refused for tables with partitions.
select set_config('default_tablespace', '', true) from pg_database d join pg_tablespace t on t.oid = d.dattablespace
where d.datname = current_database() and t.spcname = current_setting('default_tablespace');

create table queuetui_meta (
    name text collate "C" primary key,
    value text collate "C" not null
);

-- Jobs that are not final. Nearly every row is updated once and deleted once, so pages keep room and vacuum comes by count.
create table queuetui_job (
    id uuid primary key,
    lease_id uuid,
    due_at timestamptz not null default clock_timestamp(),
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    cancel_requested_at timestamptz,
    claimed_at timestamptz,
    started_at timestamptz,
    priority bigint not null default 0,
    fence bigint not null default 0,
    rev bigint not null default 1,
    timeout_ms bigint,
    attempts integer not null default 0,
    max_attempts integer not null,
    lost integer not null default 0,
    lost_alone integer not null default 0,
    state smallint not null default 1,
    claimed_alone boolean not null default false,
    blob boolean not null default false,
    queue text collate "C" not null,
    type text collate "C" not null,
    name text collate "C",
    worker_id text collate "C",
    correlation_id text collate "C",
    key text collate "C",
    tags jsonb not null default '[]',
    needs jsonb not null default '[]',
    progress text collate "C",
    error_class text collate "C",
    error_message text collate "C",
    error_traceback text collate "C",
    error_fingerprint text collate "C",
    payload bytea
) with (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 20000
);
create index queuetui_job_ready on queuetui_job (queue, priority desc, due_at, id) where state = 1;
create index queuetui_job_due on queuetui_job (due_at, id) where state in (0, 3);
create index queuetui_job_wait on queuetui_job (queue, state, due_at) where state in (0, 3);
-- A lease is of one queue.
create index queuetui_job_held on queuetui_job (queue, lease_id) where state = 2;
-- Most jobs are the first of their correlation and bear their own id there: these are found by that id.
create index queuetui_job_corr on queuetui_job (correlation_id)
where correlation_id <> id::text;

-- Final jobs: written once, moved here in the statement that deletes them from queuetui_job.
create table queuetui_job_done (
    id uuid primary key,
    due_at timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    cancel_requested_at timestamptz,
    claimed_at timestamptz,
    started_at timestamptz,
    done_at timestamptz not null,
    expires_at timestamptz not null,
    priority bigint not null,
    fence bigint not null,
    rev bigint not null,
    timeout_ms bigint,
    attempts integer not null,
    max_attempts integer not null,
    lost integer not null,
    lost_alone integer not null,
    state smallint not null,
    blob boolean not null,
    queue text collate "C" not null,
    type text collate "C" not null,
    name text collate "C",
    worker_id text collate "C",
    correlation_id text collate "C",
    key text collate "C",
    tags jsonb not null,
    needs jsonb not null,
    progress text collate "C",
    error_class text collate "C",
    error_message text collate "C",
    error_traceback text collate "C",
    error_fingerprint text collate "C",
    payload bytea,
    result bytea
) with (fillfactor = 100);
create index queuetui_job_done_page on queuetui_job_done (state, queue, done_at desc, id);
create index queuetui_job_done_recent on queuetui_job_done (state, done_at desc, id) where state in (6, 7);
create index queuetui_job_done_failed on queuetui_job_done (error_fingerprint, done_at desc) where state = 6;
create index queuetui_job_done_prune on queuetui_job_done (expires_at);
create index queuetui_job_done_corr on queuetui_job_done (correlation_id)
where correlation_id <> id::text;

-- Takes back what was inserted just now and is done already: a job sent again may have moved while its insert waited, and only a
-- statement with a picture of its own, as every one within a volatile function is, can see that.
create or replace function queuetui_take_back(inserted uuid[], low uuid, high uuid) returns uuid[] language plpgsql volatile as '
declare
    resent uuid[];
begin
    if not exists (select from queuetui_job_done where id between low and high) then
        return ''{}'';
    end if;
    with gone as (
        delete from queuetui_job j
        where j.id between low and high and (inserted is null or j.id = any(inserted))
            and (select d.state from queuetui_job_done d where d.id = j.id) is not null
        returning j.id
    )
    select coalesce(array_agg(id), ''{}'') into resent from gone;
    return resent;
end';

create table queuetui_job_blob (
    id uuid primary key,
    payload bytea not null
);

-- An idempotency key outlives its job; expires_at is null while the job is live.
create table queuetui_job_key (
    key text collate "C" primary key,
    job_id uuid not null,
    expires_at timestamptz
);
create index queuetui_job_key_prune on queuetui_job_key (expires_at) where expires_at is not null;

create table queuetui_attempt (
    job_id uuid not null,
    fence bigint not null,
    outcome text collate "C" not null,
    error_class text collate "C",
    error_message text collate "C",
    error_traceback text collate "C",
    worker_id text collate "C",
    started_at timestamptz,
    ended_at timestamptz not null,
    primary key (job_id, fence)
);

create table queuetui_lease (
    id uuid primary key,
    worker_id text collate "C" not null,
    queue text collate "C" not null,
    until timestamptz not null
) with (fillfactor = 50);

create table queuetui_worker (
    id text collate "C" primary key,
    host text collate "C" not null,
    pid bigint not null,
    boot text collate "C",
    version text collate "C" not null,
    queues jsonb not null,
    types jsonb not null,
    tags jsonb not null,
    slots integer not null,
    started_at timestamptz not null,
    beat_at timestamptz not null,
    rss bigint,
    stopping boolean not null default false,
    socket text collate "C"
) with (fillfactor = 50);

-- `ruled`: claims go by `rules` (JSON: limits, ageing), or by tags as jobs that need some were seen (`needy`); `begun`: counted by rates.
create table queuetui_queue (
    name text collate "C" primary key,
    paused_at timestamptz,
    paused_by text collate "C",
    ruled boolean not null default false,
    needy boolean not null default false,
    rules text collate "C",
    begun text collate "C",
    events boolean not null default true
);

-- What happened in one minute; took_NN counts runs of less than 2^NN milliseconds (and not less than half), the last all longer ones.
create table queuetui_tally (
    minute timestamptz not null,
    worker_id text collate "C" not null,
    queue text collate "C" not null,
    type text collate "C" not null,
    enqueued bigint not null default 0,
    started bigint not null default 0,
    completed bigint not null default 0,
    failed bigint not null default 0,
    retried bigint not null default 0,
    lost bigint not null default 0,
    busy_us bigint not null default 0,
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
) with (fillfactor = 50);

create sequence queuetui_event_seq;
create table queuetui_event (
    seq bigint not null default nextval('queuetui_event_seq'),
    at timestamptz not null,
    moment timestamptz,
    job_id uuid,
    fence bigint,
    attempt integer,
    kind smallint not null,
    queue text collate "C",
    worker_id text collate "C",
    correlation_id text collate "C",
    actor text collate "C",
    detail text collate "C",
    primary key (seq, at)
) partition by range (at);
create index queuetui_event_job on queuetui_event (job_id, seq) where job_id is not null;
-- A correlation id is looked up by the jobs that were created with it: these tell it unless it is their own id, as it mostly is.
create index queuetui_event_corr on queuetui_event (correlation_id, seq) where kind = 0 and correlation_id is not null;
-- Prunes make one partition a day ahead of time; this one takes what no day was made for.
create table queuetui_event_rest partition of queuetui_event default;

create table queuetui_act (
    id text collate "C" primary key,
    verb text collate "C" not null,
    actor text collate "C" not null,
    at timestamptz not null,
    reason text collate "C" not null,
    filter text collate "C" not null,
    digest text collate "C",
    counts jsonb
);
create index queuetui_act_at on queuetui_act (at);

-- What an act did to one job (or queue, by its name); outcome and note let the same act asked again give the same answer.
create table queuetui_act_row (
    act_id text collate "C" not null,
    job_id text collate "C" not null,
    outcome text collate "C" not null,
    state_now smallint,
    note text collate "C" not null default '',
    before text collate "C",
    rev_after bigint,
    primary key (act_id, job_id)
);
create index queuetui_act_row_job on queuetui_act_row (job_id);

-- What was asked for is JSON in spec; next_at is the first slot that nobody has looked at; rev grows with edits, not with slots.
create table queuetui_schedule (
    name text collate "C" primary key,
    rev bigint not null,
    next_at timestamptz not null,
    last_slot_at timestamptz,
    paused_at timestamptz,
    declared boolean not null default false,
    paused_by text collate "C",
    last_job_id uuid,
    spec text collate "C" not null
) with (fillfactor = 50);
create index queuetui_schedule_due on queuetui_schedule (next_at) where paused_at is null;

-- One row a slot: whoever writes it makes the slot's job in the same transaction; job_id is null where the job before went on.
create table queuetui_slot (
    schedule text collate "C" not null,
    slot_at timestamptz not null,
    job_id uuid,
    made_at timestamptz not null,
    primary key (schedule, slot_at)
);
create index queuetui_slot_prune on queuetui_slot (made_at);

-- What runs told beside their endings; counted is JSON, sums by name; result_until ends the job's result before the job.
create table queuetui_run_note (
    job_id uuid not null,
    fence bigint not null,
    noted_at timestamptz not null,
    counted text collate "C",
    cpu_us bigint,
    peak_bytes bigint,
    log text collate "C",
    log_cut integer not null default 0,
    result_until timestamptz,
    primary key (job_id, fence)
);
create index queuetui_run_note_result on queuetui_run_note (result_until) where result_until is not null;

-- What was counted by runs in one minute.
create table queuetui_usage (
    minute timestamptz not null,
    queue text collate "C" not null,
    type text collate "C" not null,
    name text collate "C" not null,
    amount double precision not null,
    primary key (minute, queue, type, name)
);

insert into queuetui_meta (name, value) values
    ('minimum_client', '1'),
    ('protocol', '1'),
    ('identity', gen_random_uuid()::text);
