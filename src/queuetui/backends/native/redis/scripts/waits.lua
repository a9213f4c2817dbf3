-- Returns waiting jobs that are due for longer than allowed, by state, the longest due first.
-- keys:   the namespace's meta key
-- args:   how long they may wait, at most how many, queues
-- result: ids

-- include store
-- include forgiving
-- include packing
-- include records
-- include leases
-- include held
-- include lanes

local found, limit = {}, tonumber(ARGV[2])
for place = 3, #ARGV do
  local before = '(' .. to_text(now - ARGV[1])
  for _, state in ipairs({ 'pending', 'scheduled', 'retrying' }) do
    for _, lane in ipairs(find_lanes(ARGV[place], state)) do
      for _, id in ipairs(call('ZRANGEBYSCORE', lane, '-inf', before, 'LIMIT', 0, math.max(0, limit - #found))) do
        found[#found + 1] = id
      end
    end
  end
end
return found
