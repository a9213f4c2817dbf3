-- What happened, told in the script in which it happens and only of queues whose events are on: one entry in the stream of all,
-- one in the list of the job. Kinds are numbered in the order of model/event.py; what is not known is an empty text.

local MOST_EVENTS, MOST_OF_JOB, OF_JOB_KEPT_S = 100000, 200, 604800
local TOLD = {
  created = 0, due = 1, claimed = 2, started = 3, progress = 4, completed = 5, failed = 6, retry = 7, scheduled = 8,
  pending = 9, lost = 10, cancel_requested = 11, cancelled = 12, deleted = 13, worker_started = 14, worker_stopped = 15,
  worker_lost = 16, worker_cleaned = 17, paused = 18, resumed = 19, events_on = 20, events_off = 21, retrying = 7,
}
local loud, is_rung = {}, false

local function is_loud(queue)
  if loud[queue] == nil then
    loud[queue] = call('HGET', key('q', queue), 'events') ~= '0'
  end
  return loud[queue]
end

local function write_event(kind, id, queue, worker, head, attempt, fence, moment, actor, detail)
  local packed = table.concat(
    { TOLD[kind], now_text, id, queue, worker, head, attempt, fence, moment, actor, detail }, '\0')
  local entry = call('XADD', key('ev'), 'MAXLEN', '~', MOST_EVENTS, '*', 'e', packed)
  if id ~= '' then
    local size = call('RPUSH', key('ev', id), entry .. '\0' .. packed)
    if size == 1 then
      call('EXPIRE', key('ev', id), OF_JOB_KEPT_S)
    elseif size > MOST_OF_JOB then
      call('LTRIM', key('ev', id), -MOST_OF_JOB, -1)
    end
  end
  if not is_rung then
    -- Only a hint, as in enqueue.
    is_rung = redis.pcall('PUBLISH', key('told'), '') and true
  end
end

-- Tells of a queue, where its events are on, or of a worker.
local function tell_of(kind, queue, worker, actor)
  write_event(kind, '', queue, worker, '', '', '', '', actor or '', '')
end
