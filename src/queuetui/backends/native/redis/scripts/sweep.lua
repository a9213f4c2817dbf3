-- Frees jobs of leases that are over or missing; a lease goes when nothing is held under it.
-- keys:   the namespace's meta key
-- args:   how long a key outlives its job, at most how many
-- result: 5 a job: id, type, queue, worker, 1 when it was quarantined

-- include store
-- include indexes
-- include jobs
-- include tally
-- include runs

local MOST_LEASES = 20
local MOST_LOOKED = 100
local key_kept_us, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local swept = {}

local function free(job)
  local worker = job.worker or ''
  local failed = lose(job, true, key_kept_us)
  swept[#swept + 1] = { job.id, job.type, job.queue, worker, failed and 1 or 0 }
end

for _, lease in ipairs(call('ZRANGEBYSCORE', key('l'), '-inf', now_text, 'LIMIT', 0, MOST_LEASES)) do
  if #swept >= limit then
    break
  end
  for _, id in ipairs(call('ZRANGE', key('h', lease), 0, limit - #swept - 1)) do
    free(read(id))
  end
  flush()
  if call('EXISTS', key('h', lease)) == 0 then
    call('ZREM', key('l'), lease)
    call('DEL', key('l', lease), key('c', lease))
  end
end

-- A server that lost its last second may have forgotten a lease and kept its jobs.
for _, id in ipairs(call('ZRANGE', key('s', 'processing'), 0, MOST_LOOKED - 1)) do
  if #swept >= limit then
    break
  end
  local job = read(id)
  if not (job.lease and call('ZSCORE', key('l'), job.lease)) then
    free(job)
  end
end
flush()
flush_tally()
return swept
