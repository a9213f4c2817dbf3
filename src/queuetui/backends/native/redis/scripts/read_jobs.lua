-- Reads jobs by their ids.
-- keys:   the namespace's meta key
-- args:   bytes of payload (-1 for all), ids
-- result: each as read_job gives it, or nil

-- include store
-- include reading

local found = {}
for place = 2, #ARGV do
  found[place - 1] = read_job(ARGV[place], tonumber(ARGV[1]))
end
return found
