-- The event log, written in the script of the change that it logs, for queues whose events are on. A script collects its events and
-- then calls flush_events: one entry of the stream holds many events, as an entry each would cost more than the changes themselves.
-- Kinds are numbered in the order of model/event.py; an unknown value is an empty text.

local MOST_ENTRIES, MOST_AN_ENTRY = 20000, 50
local TOLD = {
  created = 0, due = 1, claimed = 2, started = 3, progress = 4, completed = 5, failed = 6, retry = 7, scheduled = 8,
  pending = 9, lost = 10, cancel_requested = 11, cancelled = 12, deleted = 13, worker_started = 14, worker_stopped = 15,
  worker_lost = 16, worker_cleaned = 17, paused = 18, resumed = 19, events_on = 20, events_off = 21, retrying = 7,
}
local loud, told = {}, {}

local function is_loud(queue)
  if loud[queue] == nil then
    loud[queue] = call('HGET', key('q', queue), 'events') ~= '0'
  end
  return loud[queue]
end

local function write_event(kind, id, queue, worker, correlation, attempt, fence, moment, actor, detail)
  told[#told + 1] = TOLD[kind] .. '\0' .. now_text .. '\0' .. id .. '\0' .. queue .. '\0' .. worker .. '\0' .. correlation .. '\0' ..
    attempt .. '\0' .. fence .. '\0' .. moment .. '\0' .. actor .. '\0' .. detail
end

-- Logs an event of a queue whose events are on, or of a worker.
local function tell_of(kind, queue, worker, actor, detail)
  write_event(kind, '', queue, worker, '', '', '', '', actor or '', detail or '')
end

local function flush_events()
  for first = 1, #told, MOST_AN_ENTRY do
    local last = math.min(first + MOST_AN_ENTRY - 1, #told)
    call('XADD', key('ev'), 'MAXLEN', '~', MOST_ENTRIES, '*', 'e', table.concat(told, '\0', first, last))
  end
  if #told > 0 then
    -- The notification is optional: a user who may not publish can still enqueue.
    redis.pcall('PUBLISH', key('told'), '')
  end
  told = {}
end
