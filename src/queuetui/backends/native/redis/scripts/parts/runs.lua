-- How runs end: released, lost or refused, and the attempts that are kept of them.

local LOSSES_ALONE = 3

local function write_error(hash, lead, run_error)
  call('HSET', hash, lead .. 'class', run_error.class, lead .. 'message', run_error.message, lead .. 'traceback',
    run_error.traceback)
end

local function set_error(job, run_error)
  if run_error then
    write_error(key('o', job.id), '', run_error)
    job.erred, job.noted = 1, 1
  elseif job.erred == 1 then
    call('HDEL', key('o', job.id), 'class', 'message', 'traceback')
    job.erred = 0
  end
end

-- Records the end of a run unless it is recorded already.
local function record_attempt(job, fence, outcome, run_error, started)
  local hash, lead = key('a', job.id), to_text(fence) .. ':'
  if call('HSETNX', hash, lead .. 'outcome', outcome) == 0 then
    return
  end
  local known = { lead .. 'ended', now_text }
  if job.worker ~= '' then
    known[3], known[4] = lead .. 'worker', job.worker
  end
  if started > 0 then
    known[#known + 1] = lead .. 'started'
    known[#known + 1] = to_text(started)
  end
  call('HSET', hash, unpack(known))
  if run_error then
    write_error(hash, lead, run_error)
  end
end

-- Records that an acknowledgement came too late; it replaces a recorded loss of the same run, any other attempt is kept.
local function record_ack_lost(job, fence, run_error)
  if not job or not (fence > 0 and fence <= job.fence) then
    return
  end
  local hash, lead = key('a', job.id), to_text(fence) .. ':'
  local before = call('HGET', hash, lead .. 'outcome')
  if before == 'lost' then
    call('HSET', hash, lead .. 'outcome', 'ack_lost')
    if run_error then
      write_error(hash, lead, run_error)
    end
  elseif not before and not (FINAL[job.state] and job.fence == fence) then
    record_attempt(job, fence, 'ack_lost', run_error, 0)
  end
end

-- Releases a held job without counting an attempt; one whose cancellation was requested is cancelled.
local function release(job, key_kept_us, is_told)
  if not is_told then
    tell(job.cancel > 0 and 'cancelled' or 'pending', job)
  end
  move(job, job.cancel > 0 and 'cancelled' or 'pending', nil, key_kept_us)
end

-- Takes a job from a worker or process that is gone and keeps the cause with the attempt; returns whether the job is quarantined
-- after its third loss while claimed alone.
local function lose(job, may_quarantine, key_kept_us, cause, actor)
  look_into(job)
  tell(actor and 'pending' or 'lost', job, nil, actor, cause and cause.class)
  job.lost, job.alone = job.lost + 1, job.alone + job.claimed_alone
  record_attempt(job, job.fence, 'lost', cause, job.started)
  tally(job.queue, job.type, 'lost', 1)
  if not (may_quarantine and job.claimed_alone == 1 and job.alone >= LOSSES_ALONE and job.cancel == 0) then
    if job.cancel > 0 then
      tell('cancelled', job, nil, actor)
    end
    release(job, key_kept_us, true)
    return false
  end
  set_error(job, {
    class = 'PoisonPill',
    message = 'its worker was lost ' .. job.alone .. ' times while running this job; look at the job, then retry it',
    traceback = '',
  })
  tell('failed', job, nil, nil, 'PoisonPill')
  tally(job.queue, job.type, 'failed', 1)
  move(job, 'failed', nil, key_kept_us)
  return true
end
