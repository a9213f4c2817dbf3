-- Reads the next jobs after a place, through segments one after the other, each a merge of sorted sets.
-- keys:   the namespace's meta key
-- args:   how many, bytes of payload, 1 to go towards the top, the place: segment or 0 for none, score, id; how many queues
--         or -1 for all, the queues; then for each segment: 1 when it falls, the number of its states, the states or `all`
-- result: the server's time, the number of all jobs in the lanes, 4 a job: segment, score, id, the job as reading.lua tells

-- include store
-- include forgiving
-- include packing
-- include records
-- include leases
-- include held
-- include lanes
-- include reading

local count, bytes, is_backward = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local FEW_LANES = 8
local from_segment, from_score, from_id = tonumber(ARGV[4]), ARGV[5], ARGV[6]

local leases

local function add_lanes(lanes, queues, state)
  if state == 'all' then
    lanes[#lanes + 1] = key('all')
    return
  end
  leases = leases or state == 'processing' and read_leases()
  for _, queue in ipairs(queues) do
    for _, lane in ipairs(find_lanes(queue, state, leases)) do
      lanes[#lanes + 1] = lane
    end
  end
end

local function read_segments()
  local segments, queues, at = {}, {}, 8
  if tonumber(ARGV[7]) < 0 then
    queues = list_queues()
  end
  for _ = 1, tonumber(ARGV[7]) do
    queues[#queues + 1] = ARGV[at]
    at = at + 1
  end
  while at <= #ARGV do
    local segment = { falls = (ARGV[at] == '1') ~= is_backward, lanes = {} }
    local last = at + 1 + ARGV[at + 1]
    for place = at + 2, last do
      add_lanes(segment.lanes, queues, ARGV[place])
    end
    segments[#segments + 1] = segment
    at = last + 1
  end
  return segments
end

-- Returns how many members come before the place; with `is_past` the member at the place counts too.
local function rank_of(lane, is_past)
  local low = call('ZCOUNT', lane, '-inf', '(' .. from_score)
  local high = low + call('ZCOUNT', lane, from_score, from_score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local member = call('ZRANGE', lane, middle, middle)[1]
    if member < from_id or (is_past and member == from_id) then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

-- Returns the next members after the place, at most this many.
local function read_lane(lane, falls, is_resumed, most)
  local command, first = falls and 'ZREVRANGE' or 'ZRANGE', 0
  if is_resumed then
    first = falls and call('ZCARD', lane) - rank_of(lane, false) or rank_of(lane, true)
  end
  local members, found = call(command, lane, first, first + most - 1, 'WITHSCORES'), {}
  for place = 1, #members, 2 do
    found[#found + 1] =
      { id = members[place], score = members[place + 1], number = tonumber(members[place + 1]), lane = lane }
  end
  return found
end

local function sort(members, falls)
  table.sort(members, function(one, other)
    if one.number ~= other.number then
      return (one.number < other.number) ~= falls
    end
    return one.id ~= other.id and (one.id < other.id) ~= falls
  end)
end

local function gather(lanes, most, segment, is_resumed)
  local merged, sizes = {}, {}
  for _, lane in ipairs(lanes) do
    local members = read_lane(lane, segment.falls, is_resumed, most)
    sizes[lane] = #members
    for _, one in ipairs(members) do
      merged[#merged + 1] = one
    end
  end
  sort(merged, segment.falls)
  return merged, sizes
end

-- Returns the next members of all lanes: of many lanes first a few each, then as many as needed of the lanes that ran out.
local function merge(segment, is_resumed)
  local lanes = segment.lanes
  local share = #lanes > FEW_LANES and math.ceil(2 * count / #lanes) + 1 or count
  local merged, sizes = gather(lanes, share, segment, is_resumed)
  if share >= count then
    return merged
  end
  local used, short, rest = {}, {}, {}
  for place = 1, math.min(count, #merged) do
    local lane = merged[place].lane
    used[lane] = (used[lane] or 0) + 1
    if used[lane] == share and sizes[lane] == share then
      short[#short + 1] = lane
      rest[lane] = true
    end
  end
  local all = gather(short, count, segment, is_resumed)
  for _, one in ipairs(merged) do
    if not rest[one.lane] then
      all[#all + 1] = one
    end
  end
  sort(all, segment.falls)
  return all
end

local segments = read_segments()
local total, places, ids = 0, {}, {}
for _, segment in ipairs(segments) do
  total = total + count_jobs(segment.lanes)
end

local first, last, stride = 1, #segments, 1
if is_backward then
  first, last, stride = #segments, 1, -1
end
if from_segment > 0 then
  first = from_segment
end
for number = first, last, stride do
  if #ids >= count then
    break
  end
  for _, one in ipairs(merge(segments[number], number == from_segment)) do
    if #ids >= count then
      break
    end
    ids[#ids + 1] = one.id
    places[#places + 1] = { number, one.score, one.id }
  end
end
for place, job in ipairs(read_jobs(ids, bytes)) do
  places[place][4] = job
end
return { now_text, total, places }
