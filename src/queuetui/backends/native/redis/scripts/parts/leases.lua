-- Leases: in `l` by their end, in `ls` with the worker and queue that each is of, in h:LEASE the jobs held.

local LEASE = 'ss'

-- Returns the worker and the queue of a lease, nil where it is unknown or cannot be read.
local function read_lease(lease)
  local found = call('HGET', key('ls'), lease)
  if found then
    local is_read, worker, queue = pcall(struct.unpack, LEASE, found)
    if is_read then
      return worker, queue
    end
  end
end

-- Returns until when nothing is claimed, nil when there is no such time to come: the server was restarted a moment ago and may
-- have forgotten leases that are still gone by.
local function read_hold()
  local ends = call('HGET', KEYS[1], 'held_until')
  return ends and tonumber(ends) > now and ends or nil
end
