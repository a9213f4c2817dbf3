-- A job is one packed value: its record, which changes as it moves, and then its body, which never does; records.py tells
-- of both. A time of 0 is none; the due time alone is a text, for it may be further off than doubles are exact.
-- A lease and `claimed_alone` stay behind in a final job and mean nothing there. `updated` is written only where no other
-- time is: readers take the latest of all.

local RECORD = '<BBBBBBI4I4I4I4I4I4dddddddsssI2c0'
-- The same with its body behind it, for packing alone.
local WHOLE_RECORD = RECORD .. 'c0'
local BODY = '<BI4c0I4c0I4c0I4c0I4c0'
local STATES = { 'scheduled', 'pending', 'processing', 'retrying', 'completed', 'failed', 'cancelled' }
-- Lua's stack bounds how many values one call may spread.
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

-- Returns what a body begins with and where its payload does: queue, type, key, that place, correlation id.
local function unpack_body(body, first)
  local _, queue, job_type, job_key, correlation, _, after = struct.unpack(BODY, body, first or 1)
  return queue, job_type, job_key, after, correlation
end
