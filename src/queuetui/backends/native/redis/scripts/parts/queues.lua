-- The names of queues, where they may be more than one script looks at.

-- Returns at most so many, begun at any one of them where there are more, so that none is left out for ever.
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
