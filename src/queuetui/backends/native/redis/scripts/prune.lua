-- Deletes final jobs past their time and expired keys, in one bite.
-- keys:   the namespace's meta key
-- args:   at most how many, then how long jobs are kept: completed, cancelled, failed
-- result: how many

-- include store
-- include indexes
-- include jobs

local ORDER = { 'completed', 'cancelled', 'failed' }
local limit, pruned, queues = tonumber(ARGV[1]), 0, {}

for place, state in ipairs(ORDER) do
  local before = to_text(now - ARGV[place + 1])
  local old = call('ZRANGEBYSCORE', key('s', state), '-inf', before, 'LIMIT', 0, limit - pruned)
  for _, id in ipairs(old) do
    local job = read(id)
    -- The clock of the key began at the job's end.
    remove(job, 0)
    queues[job.queue] = true
  end
  pruned = pruned + #old
end
flush()
for queue in pairs(queues) do
  drop_queue_if_empty(queue)
end

local expired = call('ZRANGEBYSCORE', key('kx'), '-inf', now_text, 'LIMIT', 0, limit - pruned)
for _, job_key in ipairs(expired) do
  call('DEL', key('key', job_key))
  call('ZREM', key('kx'), job_key)
end
return pruned + #expired
