-- Writes slots of a due schedule with their jobs, and its next slot, if it is still as it was seen.
-- keys:   the namespace's meta key
-- args:   name, version seen, slot that was due, next slot, how many slots; then for each its time; then for each its job, as for enqueue
-- result: the places from 1 of the jobs that were made, with the answer of enqueue for them; 'overlap' when the job before goes on;
--         nil when somebody else was first

-- include store
-- include packing
-- include schedules
-- embed enqueue

local HEAD = 5
local name, rev, due_at, next_at, count = unpack(ARGV, 1, HEAD)
local hash = key('sc', name)
local found = call('HMGET', hash, 'rev', 'next', 'paused_at', 'last_job', 'overlap')
if found[1] ~= rev or found[2] ~= due_at or found[3] then
  return nil
end
count = tonumber(count)
local state = found[4] and state_of(found[4])
local overlaps = count > 0 and found[5] == '0' and state and not FINISHED[state]

local jobs, places, ids, first = {}, {}, {}, HEAD + count + 1
for place = 1, count do
  local slot = ARGV[HEAD + place]
  -- A slot makes its job once, also after its schedule was set back or added again.
  local is_new = call('SET', key('slot', name, slot), now_text, 'NX', 'EX', SLOT_KEPT_S)
  local last = first + 1 + string.byte(ARGV[first], -1)
  if is_new and not overlaps then
    places[#places + 1], ids[#ids + 1] = place, string.sub(ARGV[first], 1, 32)
    for argument = first, last do
      jobs[#jobs + 1] = ARGV[argument]
    end
  end
  first = last + 1
end
call('HSET', hash, 'next', next_at)
call('ZADD', key('sched', 'due'), next_at, name)
if count > 0 then
  call('HSET', hash, 'last_slot', ARGV[HEAD + count])
end
if overlaps then
  return 'overlap'
end
local answer = enqueue(jobs)
if #ids > 0 then
  call('HSET', hash, 'last_job', find_made(ids, answer, #ids))
end
return { places, answer[1], answer[2] }
