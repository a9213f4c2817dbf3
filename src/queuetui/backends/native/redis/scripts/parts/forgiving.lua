-- For scripts that only read: a key that holds another kind of value than a queue's counts as empty, and is named in `odd_keys`.

local odd_keys = {}
local EMPTY = {
  ZCARD = 0, ZCOUNT = 0, EXISTS = 0, STRLEN = 0, GETRANGE = '',
  ZRANGE = 'list', ZREVRANGE = 'list', ZRANGEBYSCORE = 'list', ZRANGEBYLEX = 'list', HGETALL = 'list', HKEYS = 'list', XREVRANGE = 'list',
  HMGET = 'fields',
}
local demand = call

-- Returns what a command answers for a key that is not there.
local function nothing(command, fields)
  local kind = EMPTY[command]
  if kind ~= 'list' and kind ~= 'fields' then
    return kind or false
  end
  local found = {}
  for place = 1, kind == 'fields' and fields or 0 do
    found[place] = false
  end
  return found
end

call = function(command, place, ...)
  local reply = redis.pcall(command, place, ...)
  if type(reply) ~= 'table' or not reply.err then
    return reply
  elseif string.find(reply.err, 'WRONGTYPE', 1, true) then
    odd_keys[place] = true
    return nothing(command, select('#', ...))
  end
  -- Any other error is raised unchanged.
  return demand(command, place, ...)
end

-- Returns the keys of another type that were read, in order.
local function list_odd_keys()
  local found = {}
  for place in pairs(odd_keys) do
    found[#found + 1] = place
  end
  table.sort(found)
  return found
end
