-- Makes due scheduled and retrying jobs pending, the longest due first.
-- keys:   the namespace's meta key
-- args:   at most how many
-- result: how many

-- include store
-- include packing
-- include records
-- include events
-- include telling
-- include indexes
-- include jobs

local due = call('ZRANGEBYSCORE', key('due'), '-inf', now_text, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do
  local job = read(id)
  if job then
    tell('due', job)
    move(job, 'pending', nil, 0)
  else
    -- An unreadable job stays scheduled, and is removed from the due times so that it does not block the jobs behind it.
    call('ZREM', key('due'), id)
  end
end
flush()
flush_events()
return #due
