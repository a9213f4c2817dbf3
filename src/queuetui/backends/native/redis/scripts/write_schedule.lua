-- Writes the decided edit of a schedule, if its version is still the one that was read.
-- keys:   the namespace's meta key
-- args:   act id or '', verb, actor, reason, filter; name, version seen or '', the act's row, the schedule as it was in JSON;
--         keep, drop or write; how many fields, then each with its value ('' for none); then a job to make, as for enqueue
-- result: the act's row as it was kept, nil when the version is another one

-- include store
-- include packing
-- include schedules
-- include acts
-- embed enqueue

local HEAD = 11
local name, seen, row, before, deed, count = unpack(ARGV, 6, HEAD)
local act = ARGV[1] ~= '' and add_act(unpack(ARGV, 1, 5))
local target = 'schedule ' .. name
local known = act and find_row(act, target)
if known then
  return known
end
local hash = key('sc', name)
if (call('HGET', hash, 'rev') or '') ~= seen then
  return nil
end

if deed == 'drop' then
  call('DEL', hash)
  call('ZREM', key('sched'), name)
  call('ZREM', key('sched', 'due'), name)
elseif deed == 'write' then
  local last = HEAD + count * 2
  for place = HEAD + 1, last, 2 do
    if ARGV[place + 1] == '' then
      call('HDEL', hash, ARGV[place])
    else
      call('HSET', hash, ARGV[place], ARGV[place + 1])
    end
  end
  local jobs = { unpack(ARGV, last + 1) }
  local answer = enqueue(jobs)
  if #jobs > 0 then
    call('HSET', hash, 'last_job', find_made({ string.sub(jobs[1], 1, 32) }, answer, 1))
  end
  call('ZADD', key('sched'), '0', name)
  if call('HEXISTS', hash, 'paused_at') == 1 then
    call('ZREM', key('sched', 'due'), name)
  else
    call('ZADD', key('sched', 'due'), call('HGET', hash, 'next'), name)
  end
end
return act and add_row(act, target, row, before ~= '' and before) or { row, before }
