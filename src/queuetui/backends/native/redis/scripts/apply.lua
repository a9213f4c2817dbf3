-- Applies an act to jobs; each is compared with the version that was seen and changed in the same script.
-- keys:   the namespace's meta key
-- args:   how long a key outlives its job, act id, verb, actor, reason, filter; then 3 a target: id, version seen,
--         the job before the act in JSON, '' where it has changed already
-- result: 2 a target: its row (outcome|state|note|version), the job before the act

-- include store
-- include packing
-- include records
-- include events
-- include telling
-- include indexes
-- include jobs
-- include leases
-- include held
-- include tally
-- include runs
-- include acts

local WIDTH = 3
local WAITING = { scheduled = true, pending = true, retrying = true }
local key_kept_us = tonumber(ARGV[1])
local verb, actor = ARGV[3], ARGV[4]
local deeds = {}

function deeds.retry(job)
  if job.state == 'pending' or job.state == 'processing' then
    return job.state == 'pending' and 'waits' or 'runs'
  end
  tell('retry', job, now_text, actor)
  job.attempts, job.alone, job.cancel, job.result = 0, 0, 0, ''
  if job.noted == 1 then
    call('HDEL', key('o', job.id), 'result')
  end
  move(job, 'pending', now_text, key_kept_us)
end

function deeds.cancel(job)
  if WAITING[job.state] then
    tell('cancelled', job, nil, actor)
    move(job, 'cancelled', nil, key_kept_us)
    return nil
  elseif FINAL[job.state] then
    return 'over'
  elseif job.cancel > 0 then
    return 'asked'
  end
  tell('cancel_requested', job, nil, actor)
  job.cancel = now
  write(job)
  call('SADD', key('c', job.lease), job.id)
end

function deeds.delete(job)
  if job.state == 'processing' then
    return 'runs_cancel'
  end
  tell('deleted', job, nil, actor)
  if job.state ~= 'completed' then
    free_key(job)
  end
  remove(job, key_kept_us)
  flush()
  drop_queue_if_empty(job.queue)
  job.state, job.rev = nil, nil
end

function deeds.release(job)
  if job.state ~= 'processing' then
    return 'idle'
  elseif is_valid(job.lease) then
    return 'held'
  end
  lose(job, false, key_kept_us, nil, actor)
end

local function skip(act, target, state, note)
  return add_row(act, target, 'skipped|' .. state .. '|' .. note .. '|')
end

local function do_one(act, target, seen, before)
  local job = read(target)
  if not job then
    return skip(act, target, '', call('HEXISTS', records_key, target) == 1 and 'unreadable' or 'gone')
  end
  if to_text(job.rev) ~= seen or before == '' then
    return skip(act, target, job.state, 'changed')
  end
  local refusal = deeds[verb](job)
  flush()
  if refusal then
    return skip(act, target, job.state, refusal)
  end
  local note = job.state == 'processing' and 'stopping' or ''
  return add_row(act, target, 'done|' .. (job.state or '') .. '|' .. note .. '|' .. (job.rev or ''), before)
end

local act = add_act(ARGV[2], verb, ARGV[4], ARGV[5], ARGV[6])
local results = {}
for first = 7, #ARGV, WIDTH do
  local target = ARGV[first]
  results[#results + 1] = find_row(act, target) or do_one(act, target, ARGV[first + 1], ARGV[first + 2])
end
flush_events()
flush_tally()
return results
