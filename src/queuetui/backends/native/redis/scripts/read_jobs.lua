-- Reads jobs by their ids.
-- keys:   the namespace's meta key
-- args:   bytes of payload (-1 for all), ids
-- result: each as reading.lua tells, or nil

-- include store
-- include forgiving
-- include packing
-- include records
-- include reading

local ids = {}
for place = 2, #ARGV do
  ids[place - 1] = ARGV[place]
end
return read_jobs(ids, tonumber(ARGV[1]))
