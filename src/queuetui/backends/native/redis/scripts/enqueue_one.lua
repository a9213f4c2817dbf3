-- Stores one plain job, as most are: due now, without a key or tags, its payload within its value. It does the same as enqueue.lua at
-- two thirds of the cost, because the tables and functions of a script cost more than the commands for one job.
-- keys:   the namespace's meta key
-- args:   order and body, as there
-- result: as there

-- include store
-- include packing
-- include events
-- include tally

local PENDING = 2

local _, priority, _, max = struct.unpack('<c32ddI4', ARGV[1])
local id, body = string.sub(ARGV[1], 1, 32), ARGV[2]
local is_own, queue, job_type, _, correlation = struct.unpack(BODY, body)
local record = struct.pack(WHOLE_RECORD, PENDING, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, max, priority, now, now, 0, 0, 0, 0, now_text, '',
  '', 0, '', body)
if call('HSETNX', key('j'), id, record) == 0 then
  return { '0', { 1, id, STATES[string.byte(call('HGET', key('j'), id))] } }
end
call('ZADD', key('all'), now_text, id)
call('ZADD', key('ids'), '0', id)
if correlation ~= '' then
  call('ZADD', key('corr', correlation), now_text, id)
end
local level = to_text(priority)
local lane = key('r', queue, level)
call('ZADD', lane, now_text, id)
if call('ZCARD', lane) == 1 then
  call('ZADD', key('lv', queue), level, level)
  call('ZADD', key('q'), '0', queue)
end
tally(queue, job_type, 'enqueued', 1)
flush_tally()
if is_loud(queue) then
  write_event('created', id, queue, '', is_own == 1 and id or correlation, '', '', now_text, '', job_type)
  flush_events()
end
-- Optional, as in enqueue.lua.
redis.pcall('PUBLISH', key('wake'), queue)
return { '0', {} }
