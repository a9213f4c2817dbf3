-- Leases: `l` holds them by their end, `ls` the worker and queue of each, h:LEASE the jobs held under it.

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

-- Returns until when nothing may be claimed, nil when claims are open: after a restart the server may
-- have lost leases that workers still hold.
local function read_hold()
  local ends = call('HGET', KEYS[1], 'held_until')
  return ends and tonumber(ends) > now and ends or nil
end
