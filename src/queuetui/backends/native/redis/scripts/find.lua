-- Finds jobs by the end of their id.
-- keys:   the namespace's meta key
-- args:   the end of the id backwards, at most how many
-- result: 2 a job: id, version

-- include store

local found = {}
for _, tail in ipairs(call('ZRANGEBYLEX', key('tail'), '[' .. ARGV[1], '[' .. ARGV[1] .. '\255', 'LIMIT', 0, ARGV[2])) do
  local id = string.reverse(tail)
  found[#found + 1] = id
  found[#found + 1] = call('HGET', key('j', id), 'rev')
end
return found
