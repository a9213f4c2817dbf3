-- How runs end: released, lost or refused, and the attempts that are kept of them.

local LOSSES_ALONE = 3

local function write_error(hash, lead, run_error)
  call('HSET', hash, lead .. 'class', run_error.class, lead .. 'message', run_error.message, lead .. 'traceback',
    run_error.traceback)
end

local function set_error(job, run_error)
  if run_error then
    write_error(key('o', job.id), '', run_error)
    change(job, 'erred', '1')
  elseif job.erred then
    call('HDEL', key('o', job.id), 'class', 'message', 'traceback')
    call('HDEL', key('j', job.id), 'erred')
  end
end

-- Keeps how a run ended unless that is known already.
local function record_attempt(job, fence, outcome, run_error, started)
  local hash, lead = key('a', job.id), fence .. ':'
  if call('HSETNX', hash, lead .. 'outcome', outcome) == 0 then
    return
  end
  call('HSET', hash, lead .. 'ended', now_text)
  if job.worker then
    call('HSET', hash, lead .. 'worker', job.worker)
  end
  if started then
    call('HSET', hash, lead .. 'started', started)
  end
  if run_error then
    write_error(hash, lead, run_error)
  end
end

-- Keeps that an ending came too late; a known loss of the same run becomes this, any other attempt stays.
local function record_ack_lost(job, fence, run_error)
  if not job or not (tonumber(fence) > 0 and tonumber(fence) <= tonumber(job.fence)) then
    return
  end
  local hash, lead = key('a', job.id), fence .. ':'
  local before = call('HGET', hash, lead .. 'outcome')
  if before == 'lost' then
    call('HSET', hash, lead .. 'outcome', 'ack_lost')
    if run_error then
      write_error(hash, lead, run_error)
    end
  elseif not before and not (FINAL[job.state] and job.fence == fence) then
    record_attempt(job, fence, 'ack_lost', run_error, nil)
  end
end

-- Gives a held job back uncounted; one that was asked to stop becomes cancelled.
local function release(job, key_kept_us)
  move(job, job.cancel and 'cancelled' or 'pending', nil, key_kept_us)
end

-- Takes a job from a worker or process that is gone, the cause kept with the attempt; tells whether it failed for good, at its
-- third loss alone.
local function lose(job, may_quarantine, key_kept_us, cause)
  local alone = job.alone + (job.claimed_alone and 1 or 0)
  change(job, 'lost', job.lost + 1)
  change(job, 'alone', alone)
  record_attempt(job, job.fence, 'lost', cause, job.started)
  tally(job.queue, 'lost', 1)
  if not (may_quarantine and job.claimed_alone and alone >= LOSSES_ALONE and not job.cancel) then
    release(job, key_kept_us)
    return false
  end
  set_error(job, {
    class = 'PoisonPill',
    message = 'its worker was lost ' .. alone .. ' times while running this job; look at the job, then retry it',
    traceback = '',
  })
  tally(job.queue, 'failed', 1)
  move(job, 'failed', nil, key_kept_us)
  return true
end
