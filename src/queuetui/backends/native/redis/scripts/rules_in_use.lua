-- Reads the rules of queues and their current use.
-- keys:   the namespace's meta key
-- args:   at most how many queues; or a queue's name behind it, for the rules of that one alone
-- result: the server's time; then 4 for each queue with rules: its name, its rules, what began lately, and how many jobs of
--         each type are held, as types and counts by turns

-- include store
-- include forgiving
-- include packing
-- include leases
-- include held
-- include lanes
-- include sound
-- include rules

local answer = { now_text }

local function tell(queue)
  local rules, begun = unpack(call('HMGET', key('q', queue), 'rules', 'begun'))
  if not rules then
    return
  end
  local held = {}
  for _, limit in ipairs(read_rules(rules) or {}) do
    if limit.concurrency and #held == 0 then
      local _, counts = count_held(queue, true)
      for job_type, count in pairs(counts) do
        held[#held + 1], held[#held + 2] = job_type, count
      end
    end
  end
  local count = #answer
  answer[count + 1], answer[count + 2], answer[count + 3], answer[count + 4] = queue, rules, begun or '', held
end

if ARGV[2] then
  tell(ARGV[2])
else
  for _, queue in ipairs(list_queues()) do
    if #answer <= 4 * ARGV[1] then
      tell(queue)
    end
  end
end
return answer
