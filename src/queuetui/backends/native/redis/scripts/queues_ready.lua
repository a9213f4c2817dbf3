-- Names the unpaused queues that have pending jobs.
-- keys:   the namespace's meta key
-- args:   the queues to look at, in the order wanted; with none of them all that are known, or so many from any one of them on
-- result: their names

-- include store
-- include leases
-- include queues

local MOST_QUEUES = 500
if read_hold() then
  return {}
end
local names = #ARGV > 0 and ARGV or list_some(MOST_QUEUES)
local ready = {}
for _, queue in ipairs(names) do
  if call('EXISTS', key('lv', queue)) == 1 and call('HEXISTS', key('q', queue), 'paused_at') == 0 then
    ready[#ready + 1] = queue
  end
end
return ready
