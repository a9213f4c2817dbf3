-- A schedule is a hash; every name stands in one sorted set, and in a second one by its next slot while it is not paused.

local SLOT_KEPT_S = 691200
local FINISHED = { completed = true, failed = true, cancelled = true }

local function read_schedule(name)
  local found = call('HMGET', key('sc', name), 'spec', 'rev', 'next', 'declared', 'paused_at', 'paused_by', 'last_slot', 'last_job')
  found[9] = found[8] and call('HGET', key('j', found[8]), 'state')
  return found[1] and found
end
