-- The sorted sets that hold the jobs of a queue and state.

local MOST_QUEUES = 1000

local function list_queues()
  return call('ZRANGE', key('q'), 0, MOST_QUEUES - 1)
end

-- Returns the lanes of queues by state; jobs that run are held by lease, and pending ones stand by priority.
local function find_lanes(queue, state, leases)
  local lanes = {}
  if state == 'pending' then
    for _, priority in ipairs(call('ZREVRANGE', key('lv', queue), 0, -1)) do
      lanes[#lanes + 1] = key('r', queue, priority)
    end
  elseif state == 'processing' then
    for _, lease in ipairs(leases) do
      if lease.queue == queue then
        lanes[#lanes + 1] = key('h', lease.id)
      end
    end
  else
    lanes[1] = key('s', queue, state)
  end
  return lanes
end

local function count_jobs(lanes)
  local count = 0
  for _, lane in ipairs(lanes) do
    count = count + call('ZCARD', lane)
  end
  return count
end
