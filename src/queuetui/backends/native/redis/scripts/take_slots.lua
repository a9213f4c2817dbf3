-- Writes slots of a due schedule with their jobs, and its next slot, if it is still as it was seen.
-- keys:   the namespace's meta key
-- args:   name, version seen, slot that was due, next slot, how many slots; then for each its time; then for each its job, as for enqueue
-- result: the answers of enqueue, 'overlap' when the job before goes on, nil when somebody else was first

-- include store
-- include schedules
-- embed enqueue

local JOB_WIDTH, HEAD = 14, 5
local name, rev, due_at, next_at, count = unpack(ARGV, 1, HEAD)
local hash = key('sc', name)
local found = call('HMGET', hash, 'rev', 'next', 'paused_at', 'last_job', 'overlap')
if found[1] ~= rev or found[2] ~= due_at or found[3] then
  return nil
end
count = tonumber(count)
local state = found[4] and call('HGET', key('j', found[4]), 'state')
local overlaps = count > 0 and found[5] == '0' and state and not FINISHED[state]

local jobs = {}
for place = 1, count do
  local slot = ARGV[HEAD + place]
  -- Also of a schedule that was set back or added again no slot makes its job twice.
  local is_new = call('SET', key('slot', name, slot), now_text, 'NX', 'EX', SLOT_KEPT_S)
  if is_new and not overlaps then
    local first = HEAD + count + (place - 1) * JOB_WIDTH
    for offset = 1, JOB_WIDTH do
      jobs[#jobs + 1] = ARGV[first + offset]
    end
  end
end
call('HSET', hash, 'next', next_at)
call('ZADD', key('sched', 'due'), next_at, name)
if count > 0 then
  call('HSET', hash, 'last_slot', ARGV[HEAD + count])
end
if overlaps then
  return 'overlap'
end
local answers = enqueue(jobs)
if #answers > 0 then
  call('HSET', hash, 'last_job', answers[#answers - 2])
end
return answers
