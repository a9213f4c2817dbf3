-- Names the jobs of correlation ids, the newest first.
-- keys:   the namespace's meta key
-- args:   at most how many, correlation ids
-- result: ids

-- include store
-- include forgiving

local found, limit = {}, tonumber(ARGV[1])
for place = 2, #ARGV do
  if #found < limit then
    for _, id in ipairs(call('ZREVRANGE', key('corr', ARGV[place]), 0, limit - #found - 1)) do
      found[#found + 1] = id
    end
  end
end
return found
