-- Leases: in `l` by their end, in `ls` with the worker and queue that each is of, in h:LEASE the jobs held.

local MOST_LEASES = 5000
local LEASE = 'ss'

-- Returns the worker and the queue of a lease, nil where it is unknown.
local function read_lease(lease)
  local found = call('HGET', key('ls'), lease)
  if found then
    local worker, queue = struct.unpack(LEASE, found)
    return worker, queue
  end
end

-- Returns the leases with their workers and queues, the one that ends first before the others.
local function read_leases()
  local ids = call('ZRANGE', key('l'), 0, MOST_LEASES - 1)
  local leases = {}
  for place, found in ipairs(read_fields(key('ls'), ids)) do
    local worker, queue = '', ''
    if found then
      worker, queue = struct.unpack(LEASE, found)
    end
    leases[place] = { id = ids[place], worker = worker, queue = queue }
  end
  return leases
end

-- Tells whether the server was restarted a moment ago and may have forgotten leases that are still gone by.
local function is_held_off()
  local ends = call('HGET', KEYS[1], 'held_until')
  return ends and tonumber(ends) > now
end

local function drop_lease(lease)
  call('ZREM', key('l'), lease)
  call('HDEL', key('ls'), lease)
  call('DEL', key('h', lease), key('c', lease))
end

local function is_held(queue)
  for _, lease in ipairs(read_leases()) do
    if lease.queue == queue and call('EXISTS', key('h', lease.id)) == 1 then
      return true
    end
  end
  return false
end

-- A queue is listed while it has jobs or something was said of it; to be called after flush.
local function drop_queue_if_empty(queue)
  local places = { key('q', queue), key('lv', queue) }
  for _, state in ipairs(STATES) do
    places[#places + 1] = key('s', queue, state)
  end
  if call('EXISTS', unpack(places)) == 0 and not is_held(queue) then
    call('ZREM', key('q'), queue)
  end
end
