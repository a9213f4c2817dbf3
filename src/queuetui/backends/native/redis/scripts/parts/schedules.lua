-- A schedule is a hash; every name stands in one sorted set, and in a second one by its next slot while it is not paused.

local SLOT_KEPT_S = 691200
local FINISHED = { completed = true, failed = true, cancelled = true }

local function state_of(id)
  local record = call('HGET', key('j'), id)
  return record and STATES[string.byte(record)]
end

-- Returns the id of the job that an enqueue resulted in: the new one, or the one that had the key or id before.
local function find_made(ids, answer, place)
  for at = 1, #answer[2], 3 do
    if answer[2][at] == place then
      return answer[2][at + 1]
    end
  end
  return ids[place]
end

local function read_schedule(name)
  local found = call('HMGET', key('sc', name), 'spec', 'rev', 'next', 'declared', 'paused_at', 'paused_by', 'last_slot', 'last_job')
  found[9] = found[8] and state_of(found[8])
  return found[1] and found
end
