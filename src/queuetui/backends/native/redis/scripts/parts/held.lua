-- The jobs held under leases, and the queues still in use.

local MOST_LEASES = 5000

-- Returns the leases with their workers and queues, in the order of their ends.
local function read_leases()
  local ids = call('ZRANGE', key('l'), 0, MOST_LEASES - 1)
  local leases = {}
  for place, found in ipairs(read_fields(key('ls'), ids)) do
    local worker, queue = '', ''
    local is_lease, first, second = pcall(struct.unpack, LEASE, found)
    if is_lease then
      worker, queue = first, second
    end
    leases[place] = { id = ids[place], worker = worker, queue = queue }
  end
  return leases
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

-- A queue is listed while it has jobs, a pause or rules; to be called after flush.
local function drop_queue_if_empty(queue)
  local places = { key('q', queue), key('lv', queue) }
  for _, state in ipairs(STATES) do
    places[#places + 1] = key('s', queue, state)
  end
  if call('EXISTS', unpack(places)) == 0 and not is_held(queue) then
    call('ZREM', key('q'), queue)
  end
end
