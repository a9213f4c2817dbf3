-- Reads the counters of the last minutes.
-- keys:   the namespace's meta key
-- args:   how many minutes
-- result: a list of fields and sums a minute

-- include store
-- include forgiving

local MINUTE = 60000000
local found = {}
for minute = now - now % MINUTE - (ARGV[1] - 1) * MINUTE, now, MINUTE do
  local sums = call('HGETALL', key('usage', to_text(minute)))
  if #sums > 0 then
    found[#found + 1] = sums
  end
end
return found
