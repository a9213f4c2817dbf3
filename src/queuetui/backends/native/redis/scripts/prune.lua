-- Deletes a batch of final jobs past their retention and of expired keys.
-- keys:   the namespace's meta key
-- args:   at most how many, then how long jobs are kept: completed, cancelled, failed; how long events are
-- result: how many

-- include store
-- include packing
-- include records
-- include indexes
-- include jobs
-- include leases
-- include held
-- include lanes
-- include queues

local ORDER = { 'completed', 'cancelled', 'failed' }
local limit, pruned, queues = tonumber(ARGV[1]), 0, {}
local looked_at = list_some(MOST_QUEUES)

local function prune_lane(queue, state, before)
  local old = call('ZRANGEBYSCORE', key('s', queue, state), '-inf', before, 'LIMIT', 0, limit - pruned)
  for _, id in ipairs(old) do
    local job = read(id)
    if job then
      -- The retention of the key began at the job's end.
      remove(job, 0)
    else
      call('ZREM', key('s', queue, state), id)
    end
    queues[queue] = true
  end
  pruned = pruned + #old
end

for place, state in ipairs(ORDER) do
  local before = to_text(now - ARGV[place + 1])
  for _, queue in ipairs(looked_at) do
    if pruned < limit then
      prune_lane(queue, state, before)
    end
  end
end

-- A result may expire before its job, unless another run has ended since.
local over = pruned < limit and call('ZRANGEBYSCORE', key('rx'), '-inf', now_text, 'LIMIT', 0, limit - pruned) or {}
for _, member in ipairs(over) do
  local id, fence = string.match(member, '^(%x+):(%d+)$')
  local job = read(id)
  if job and FINAL[job.state] and to_text(job.fence) == fence then
    call('HDEL', key('o', id), 'result')
    job.result = ''
    write_row(id, pack_record(job))
  end
  call('ZREM', key('rx'), member)
end
pruned = pruned + #over
flush()
for queue in pairs(queues) do
  drop_queue_if_empty(queue)
end

local expired = call('ZRANGEBYSCORE', key('kx'), '-inf', now_text, 'LIMIT', 0, limit - pruned)
for _, job_key in ipairs(expired) do
  call('DEL', key('key', job_key))
  call('ZREM', key('kx'), job_key)
end
pruned = pruned + #expired

local horizon_ms = to_text(math.floor((now - ARGV[5]) / 1000))
local told = pruned < limit and call('XRANGE', key('ev'), '-', horizon_ms, 'COUNT', limit - pruned) or {}
for _, entry in ipairs(told) do
  call('XDEL', key('ev'), entry[1])
end
if call('XLEN', key('ev')) == 0 then
  call('DEL', key('ev'))
end
return pruned + #told
