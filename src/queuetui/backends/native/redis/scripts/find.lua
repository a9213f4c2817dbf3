-- Finds jobs by the end of their id.
-- keys:   the namespace's meta key
-- args:   the end of the id backwards, at most how many
-- result: 2 a job: id, record

-- include store
-- include packing
-- include records

local found = {}
local tails = call('ZRANGEBYLEX', key('tail'), '[' .. ARGV[1], '[' .. ARGV[1] .. '\255', 'LIMIT', 0, ARGV[2])
for place, tail in ipairs(tails) do
  tails[place] = string.reverse(tail)
end
for place, record in ipairs(read_fields(key('j'), tails)) do
  found[#found + 1] = tails[place]
  found[#found + 1] = record
end
return found
