-- Releases the jobs of expired or missing leases; a lease is deleted when nothing is held under it.
-- keys:   the namespace's meta key
-- args:   how long a key outlives its job, at most how many
-- result: 5 a job: id, type, queue, worker, 1 when it was quarantined

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

local MOST_SWEPT = 20
local key_kept_us, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local swept = {}

local function free(job)
  local worker = job.worker
  local failed = lose(job, true, key_kept_us)
  swept[#swept + 1] = { job.id, job.type, job.queue, worker, failed and 1 or 0 }
end

local function free_held(lease)
  for _, id in ipairs(call('ZRANGE', key('h', lease), 0, limit - #swept - 1)) do
    local job = read(id)
    if job then
      free(job)
    else
      call('ZREM', key('h', lease), id)
    end
  end
  flush()
  if call('EXISTS', key('h', lease)) == 0 then
    local worker, queue = read_lease(lease)
    tell_of('worker_lost', queue or '', worker or '')
    drop_lease(lease)
  end
end

-- Returns expired leases, and those without an end of which only the worker and queue are known.
local function find_ended()
  local ended = call('ZRANGEBYSCORE', key('l'), '-inf', now_text, 'LIMIT', 0, MOST_SWEPT)
  if call('HLEN', key('ls')) > call('ZCARD', key('l')) then
    for _, lease in ipairs(call('HKEYS', key('ls'))) do
      if not call('ZSCORE', key('l'), lease) then
        ended[#ended + 1] = lease
      end
    end
  end
  return ended
end

for _, lease in ipairs(read_hold() and {} or find_ended()) do
  if #swept >= limit then
    break
  end
  free_held(lease)
end
flush_events()
flush_tally()
return swept
