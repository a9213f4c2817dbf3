-- Reads schedules by name: all of them, or one.
-- keys:   the namespace's meta key
-- args:   at most how many, then the one name or nothing
-- result: the server's time, then 9 values a schedule in the order of `read_schedule`

-- include store
-- include forgiving
-- include packing
-- include schedules

local names = ARGV[2] and { ARGV[2] } or call('ZRANGE', key('sched'), 0, ARGV[1] - 1)
local answers = { now_text }
for _, name in ipairs(names) do
  local found = read_schedule(name)
  if found then
    answers[#answers + 1] = found
  end
end
return answers
