-- Reads the next jobs behind a place, over segments one after the other, each a merge of sorted sets.
-- keys:   the namespace's meta key
-- args:   how many, bytes of payload, 1 to go towards the top, the place: segment or 0 for none, score, id;
--         then for each segment: 1 when it falls, the number of its lanes, the lanes (keys less the namespace)
-- result: the server's time, the number of all jobs in the lanes, 4 a job: segment, score, id, the job as read_job gives it

-- include store
-- include reading

local count, bytes, is_backward = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local from_segment, from_score, from_id = tonumber(ARGV[4]), ARGV[5], ARGV[6]

local function read_segments()
  local segments, at = {}, 7
  while at <= #ARGV do
    local segment = { falls = (ARGV[at] == '1') ~= is_backward, lanes = {} }
    local last = at + 1 + ARGV[at + 1]
    for place = at + 2, last do
      segment.lanes[#segment.lanes + 1] = key(ARGV[place])
    end
    segments[#segments + 1] = segment
    at = last + 1
  end
  return segments
end

-- Returns how many members stand before the place, itself left out; with `is_past` itself counted too.
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

local function read_lane(lane, falls, is_resumed)
  local command, first = falls and 'ZREVRANGE' or 'ZRANGE', 0
  if is_resumed then
    first = falls and call('ZCARD', lane) - rank_of(lane, false) or rank_of(lane, true)
  end
  return call(command, lane, first, first + count - 1, 'WITHSCORES')
end

local function merge(segment, is_resumed)
  local merged = {}
  for _, lane in ipairs(segment.lanes) do
    local members = read_lane(lane, segment.falls, is_resumed)
    for place = 1, #members, 2 do
      merged[#merged + 1] = { id = members[place], score = members[place + 1], number = tonumber(members[place + 1]) }
    end
  end
  if #segment.lanes > 1 then
    table.sort(merged, function(one, other)
      if one.number ~= other.number then
        return (one.number < other.number) ~= segment.falls
      end
      return one.id ~= other.id and (one.id < other.id) ~= segment.falls
    end)
  end
  return merged
end

local segments = read_segments()
local total, found = 0, {}
for _, segment in ipairs(segments) do
  for _, lane in ipairs(segment.lanes) do
    total = total + call('ZCARD', lane)
  end
end

local first, last, stride = 1, #segments, 1
if is_backward then
  first, last, stride = #segments, 1, -1
end
if from_segment > 0 then
  first = from_segment
end
for number = first, last, stride do
  for _, one in ipairs(merge(segments[number], number == from_segment)) do
    if #found >= count then
      break
    end
    found[#found + 1] = { number, one.score, one.id, read_job(one.id, bytes) }
  end
end
return { now_text, total, found }
