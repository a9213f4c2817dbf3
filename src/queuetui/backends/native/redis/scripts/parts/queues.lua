-- The names of queues, of which there may be more than one script reads.

-- Returns at most this many, beginning at a random one if there are more, so that none is left out for ever.
local function list_some(most)
  local count = call('ZCARD', key('q'))
  local first = count > most and now % count or 0
  local names = call('ZRANGE', key('q'), first, first + most - 1)
  if first > 0 and #names < most then
    for _, queue in ipairs(call('ZRANGE', key('q'), 0, most - #names - 1)) do
      names[#names + 1] = queue
    end
  end
  return names
end
