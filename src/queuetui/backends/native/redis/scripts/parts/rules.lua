-- Claims by the rules of a queue, which are JSON as model/claim_rules.py writes it, and by the tags that jobs need.
-- A claim looks at a bounded number of jobs from the front, then at more from where the claim before it stopped (lw:LEASE).

local SLOTS = 60
local MOST_LEVELS, FRONT_JOBS, PIECE_JOBS, FIRST_BATCH, MOST_MERGED = 100, 200, 1000, 10, 2000
local NO_BOUND = 1000000
local BOOKMARK_S = 60
local MOST_NUMBER = 2 ^ 62
local UNREADABLE_RULES = -3

-- Returns how many jobs are held in a queue, and on request of each type; jobs of expired leases count too.
local function count_held(queue, by_type)
  local total, counts = 0, {}
  for _, lease in ipairs(read_leases()) do
    if lease.queue == queue and by_type then
      for _, record in ipairs(read_fields(key('j'), call('ZRANGE', key('h', lease.id), 0, -1))) do
        local lost, job_type = look_at(record)
        if lost then
          counts[job_type] = (counts[job_type] or 0) + 1
        end
        total = total + 1
      end
    elseif lease.queue == queue then
      total = total + call('ZCARD', key('h', lease.id))
    end
  end
  return total, counts
end

-- Returns the table of a JSON text; an empty one for no text, nil for a value that another program has overwritten.
local function decode(text)
  if not text or text == '' then
    return {}
  end
  local is_json, told = pcall(cjson.decode, text)
  return is_json and type(told) == 'table' and told or nil
end

-- cjson decodes null to a value of its own, not to nil.
local function given(value)
  if value ~= cjson.null then
    return value
  end
end

local function is_whole(value, least)
  return type(value) == 'number' and value % 1 == 0 and value >= least and value <= MOST_NUMBER
end

local function is_limit(limit)
  if type(limit) ~= 'table' then
    return false
  end
  limit.type = given(limit.type)
  return (limit.concurrency == nil or is_whole(limit.concurrency, 0))
    and (limit.count == nil or (is_whole(limit.count, 0) and is_whole(limit.period_us, SLOTS)))
end

-- Returns the limits and the ageing of stored rules, nil for rules that `ClaimRules.from_text` refuses.
local function read_rules(text)
  local told = not (text and string.find(text, '^%s*%[')) and decode(text)
  local limits = told and (given(told.limits) or {})
  if type(limits) ~= 'table' or (next(limits) ~= nil and #limits == 0) then
    return nil
  end
  for _, limit in ipairs(limits) do
    if not is_limit(limit) then
      return nil
    end
  end
  local ageing_us = given(told.ageing_us)
  if ageing_us ~= nil and not is_whole(ageing_us, 1) then
    return nil
  end
  return limits, ageing_us
end

-- Returns the pairs of a rate's stored starts, none where another program has overwritten them.
local function read_starts(told)
  local starts = type(told) == 'table' and told or {}
  for _, pair in ipairs(starts) do
    if type(pair) ~= 'table' or not (is_whole(pair[1], 0) and is_whole(pair[2], 0)) then
      return {}
    end
  end
  return starts
end

-- Adds to a gauge the starts within the rate's window, and the time at which it admits one more.
local function measure_rate(gauge, limit, starts)
  local slot_us, sum = math.floor(limit.period_us / SLOTS), 0
  gauge.slots, gauge.slot_us = {}, slot_us
  for _, pair in ipairs(read_starts(starts)) do
    if (pair[1] + 1) * slot_us + limit.period_us > now then
      gauge.slots[#gauge.slots + 1] = pair
      sum = sum + pair[2]
    end
  end
  gauge.left = math.min(gauge.left, limit.count - sum)
  local over = sum - limit.count
  for _, pair in ipairs(gauge.slots) do
    if over >= 0 then
      over = over - pair[2]
      if over < 0 then
        gauge.opens = (pair[1] + 1) * slot_us + limit.period_us
      end
    end
  end
end

-- Returns a gauge for each limit: how many more jobs it admits.
local function measure(queue, limits)
  local bounds, by_type, gauges = false, false, {}
  for _, limit in ipairs(limits) do
    bounds = bounds or limit.concurrency ~= nil
    by_type = by_type or (limit.concurrency ~= nil and limit.type ~= nil)
  end
  local total, counts = 0, {}
  if bounds then
    total, counts = count_held(queue, by_type)
  end
  local begun = decode(call('HGET', key('q', queue), 'begun')) or {}
  for place, limit in ipairs(limits) do
    local gauge = { type = limit.type, left = NO_BOUND }
    if limit.concurrency then
      gauge.left = limit.concurrency - (limit.type and (counts[limit.type] or 0) or total)
    end
    if limit.count then
      measure_rate(gauge, limit, begun[limit.type or ''])
    end
    gauges[place] = gauge
  end
  return gauges
end

local function admits(gauges, job_type)
  for _, gauge in ipairs(gauges) do
    if gauge.left <= 0 and (not gauge.type or gauge.type == job_type) then
      return false
    end
  end
  return true
end

local function is_full(gauges)
  for _, gauge in ipairs(gauges) do
    if gauge.left <= 0 and not gauge.type then
      return true
    end
  end
  return false
end

local function take_room(gauges, job_type)
  for _, gauge in ipairs(gauges) do
    if not gauge.type or gauge.type == job_type then
      gauge.left, gauge.taken = gauge.left - 1, (gauge.taken or 0) + 1
    end
  end
end

-- Tells whether a worker has all tags that a job needs.
local function has_tags(head, tags)
  local told = decode(head)
  local needs = told and (told.needs or {})
  if type(needs) ~= 'table' then
    return false
  end
  for _, need in ipairs(needs) do
    if not tags[need] then
      return false
    end
  end
  return true
end

-- Looks at jobs in order and takes those that the limits admit; returns true when no more are to be taken.
local function take_fitting(choice, ids, priorities)
  local found = read_fields(key('j'), ids)
  for place, id in ipairs(ids) do
    local lost, job_type, head = look_at(found[place])
    local fits = lost and not choice.seen[id] and admits(choice.gauges, job_type) and has_tags(head, choice.tags)
    choice.passed = choice.passed or not lost
    choice.kept = choice.kept or not (fits or choice.seen[id] or not lost)
    if fits then
      if lost > 0 and #choice.ids > 0 then
        return true
      end
      take_room(choice.gauges, job_type)
      choice.ids[#choice.ids + 1], choice.records[#choice.records + 1] = id, found[place]
      choice.types[#choice.ids] = job_type
      choice.priorities[#choice.priorities + 1] = priorities[place]
      if lost > 0 or #choice.ids >= choice.wanted or is_full(choice.gauges) then
        return true
      end
    end
    choice.seen[id] = true
  end
  return false
end

-- Walks the priorities from a place on, at most `budget` jobs; returns true when done, else the place where it stopped.
local function take_in_turn(choice, levels, from, offset, budget)
  for place = from, #levels do
    local batch = choice.wanted + FIRST_BATCH
    while budget > 0 do
      local asked = math.min(batch, budget)
      local ids = call('ZRANGE', key('r', choice.queue, levels[place]), offset, offset + asked - 1)
      local priorities = {}
      for at = 1, #ids do
        priorities[at] = tonumber(levels[place])
      end
      if take_fitting(choice, ids, priorities) then
        return true
      end
      budget, offset, batch = budget - #ids, offset + #ids, batch * 4
      if #ids < asked then
        break
      end
    end
    if budget <= 0 then
      return false, levels[place], offset
    end
    offset = 0
  end
  return false
end

-- With ageing, one point of priority counts as much as a span of due time. The order is exact as far as every priority was read.
local function take_by_age(choice, levels, ageing_us)
  local merged, horizon = {}, math.huge
  local batch = math.min(choice.wanted + FIRST_BATCH, math.max(1, math.floor(MOST_MERGED / #levels)))
  for _, level in ipairs(levels) do
    local members = call('ZRANGE', key('r', choice.queue, level), 0, batch - 1, 'WITHSCORES')
    local age
    for at = 1, #members, 2 do
      age = tonumber(members[at + 1]) - tonumber(level) * ageing_us
      merged[#merged + 1] = { members[at], tonumber(level), age }
    end
    if #members == batch * 2 then
      horizon = math.min(horizon, age)
    end
  end
  table.sort(merged, function(one, other)
    return one[3] < other[3] or (one[3] == other[3] and one[1] < other[1])
  end)
  local ids, priorities = {}, {}
  for _, one in ipairs(merged) do
    if one[3] <= horizon then
      ids[#ids + 1], priorities[#priorities + 1] = one[1], one[2]
    end
  end
  return take_fitting(choice, ids, priorities), horizon < math.huge
end

-- Continues from where the lease's last claim stopped; returns true where the worker should ask again at once.
local function take_further(choice, levels, lease)
  local place, offset = 1, 0
  local bookmark = call('GET', key('lw', lease))
  if bookmark then
    local level, at = string.match(bookmark, '^(.-)|(.*)$')
    while place <= #levels and tonumber(levels[place]) > tonumber(level) do
      place = place + 1
    end
    offset = levels[place] == level and tonumber(at) or 0
  end
  local is_done, level, at = take_in_turn(choice, levels, place, offset, PIECE_JOBS)
  if level then
    call('SET', key('lw', lease), level .. '|' .. to_text(at), 'EX', BOOKMARK_S)
    return true
  end
  if not is_done then
    call('DEL', key('lw', lease))
  end
  return false
end

local function write_begun(queue, gauges)
  local begun, counts_any = {}, false
  for _, gauge in ipairs(gauges) do
    if gauge.slots then
      local slot, last = math.floor(now / gauge.slot_us), gauge.slots[#gauge.slots]
      if gauge.taken and last and last[1] == slot then
        last[2] = last[2] + gauge.taken
      elseif gauge.taken then
        gauge.slots[#gauge.slots + 1] = { slot, gauge.taken }
      end
      begun[gauge.type or ''] = gauge.slots
      counts_any = true
    end
  end
  if counts_any then
    call('HSET', key('q', queue), 'begun', cjson.encode(begun))
  end
end

-- Returns the microseconds until an exhausted rate admits more, -2 where a run must end first.
local function opens_in(gauges)
  local soonest = -2
  for _, gauge in ipairs(gauges) do
    if gauge.left <= 0 and gauge.opens and (soonest < 0 or gauge.opens - now < soonest) then
      soonest = math.max(0, gauge.opens - now)
    end
  end
  return soonest
end

local function tags_of(worker)
  local tags = {}
  for _, tag in ipairs(decode(call('HGET', key('w', worker), 'tags')) or {}) do
    tags[tag] = true
  end
  return tags
end

-- Returns the next jobs in claim order, their records and types, and in how many microseconds to ask again for others: -2 when
-- something ends, -1 for none, -3 for rules and -4 for jobs that cannot be read.
local function choose_by_rules(queue, worker, lease, wanted, text)
  local limits, ageing_us = read_rules(text)
  if not limits then
    return {}, {}, {}, UNREADABLE_RULES
  end
  local gauges = measure(queue, limits)
  local choice = { queue = queue, wanted = wanted, gauges = gauges, tags = {}, ids = {}, records = {}, types = {}, priorities = {}, seen = {} }
  if is_full(gauges) then
    return {}, {}, {}, opens_in(gauges)
  end
  choice.tags = tags_of(worker)
  local levels = call('ZREVRANGE', key('lv', queue), 0, MOST_LEVELS - 1)
  local is_done, is_cut, more = false, false, false
  if ageing_us and #levels > 0 then
    is_done, is_cut = take_by_age(choice, levels, ageing_us)
  elseif #levels > 0 then
    local level
    is_done, level = take_in_turn(choice, levels, 1, 0, FRONT_JOBS + 2 * wanted)
    is_cut = level ~= nil
  end
  -- With ageing, jobs behind the front are looked at only if nothing in the front can be taken.
  if not is_done and is_cut and not (ageing_us and #choice.ids > 0) then
    more = take_further(choice, levels, lease)
  end
  for place, id in ipairs(choice.ids) do
    local priority = to_text(choice.priorities[place])
    local level = key('r', queue, priority)
    call('ZREM', level, id)
    if call('EXISTS', level) == 0 then
      call('ZREM', key('lv', queue), priority)
    end
  end
  if #choice.ids > 0 then
    write_begun(queue, gauges)
  end
  local is_short = #choice.ids < wanted
  local again = choice.passed and UNREADABLE_JOBS or -1
  if is_short and (more or choice.kept or is_full(gauges)) then
    again = more and 0 or opens_in(gauges)
  end
  return choice.ids, choice.records, choice.types, again
end
