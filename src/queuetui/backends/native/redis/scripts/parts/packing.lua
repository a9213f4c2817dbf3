-- A job is one packed value: its record, which changes as the job moves, then its body, which never changes; records.py describes
-- both. A time of 0 means none; only the due time is a text, as it may lie beyond the range in which doubles are exact.
-- A final job keeps its lease and `claimed_alone`, which mean nothing there. `updated` is written only where no other
-- time is: readers use the latest time of all.

local RECORD = '<BBBBBBI4I4I4I4I4I4dddddddsssI2c0'
-- The same format with the body behind the record, for packing only.
local WHOLE_RECORD = RECORD .. 'c0'
local BODY = '<BI4c0I4c0I4c0I4c0I4c0'
local STATES = { 'scheduled', 'pending', 'processing', 'retrying', 'completed', 'failed', 'cancelled' }
-- Lua's stack limits how many values one call can unpack.
local SPREAD = 1000

-- Calls a command with any number of values; returns the sum of the answers.
local function spread(command, place, values)
  if #values <= SPREAD then
    return #values > 0 and call(command, place, unpack(values)) or 0
  end
  local sum = 0
  for first = 1, #values, SPREAD do
    sum = sum + call(command, place, unpack(values, first, math.min(first + SPREAD - 1, #values)))
  end
  return sum
end

-- Returns the fields of a hash, in order; an absent one is false.
local function read_fields(place, names)
  if #names <= SPREAD then
    return #names > 0 and call('HMGET', place, unpack(names)) or {}
  end
  local found = {}
  for first = 1, #names, SPREAD do
    local part = call('HMGET', place, unpack(names, first, math.min(first + SPREAD - 1, #names)))
    for offset, value in ipairs(part) do
      found[first + offset - 1] = value
    end
  end
  return found
end

-- Returns the first values of a body: queue, type, key, the offset of the payload, correlation id.
local function unpack_body(body, first)
  local _, queue, job_type, job_key, correlation, _, after = struct.unpack(BODY, body, first or 1)
  return queue, job_type, job_key, after, correlation
end
