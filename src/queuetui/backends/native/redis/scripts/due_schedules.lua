-- Reads the schedules that are due and not paused, the longest due first.
-- keys:   the namespace's meta key
-- args:   at most how many
-- result: the server's time, then 9 values a schedule in the order of `read_schedule`

-- include store
-- include packing
-- include schedules

local answers = { now_text }
for _, name in ipairs(call('ZRANGEBYSCORE', key('sched', 'due'), '-inf', now_text, 'LIMIT', 0, ARGV[1])) do
  answers[#answers + 1] = read_schedule(name)
end
return answers
