-- The keys of one namespace, and the server's clock in microseconds.
-- KEYS[1] is the namespace's meta key; every other key is made from it and shares its hash tag.

local call = redis.call
local prefix = string.sub(KEYS[1], 1, -5)
local clock = call('TIME')
local now = clock[1] * 1000000 + clock[2]

local function to_text(number)
  return string.format('%.0f', number)
end

local now_text = clock[1] .. string.sub('00000' .. clock[2], -6)

local function key(first, second, third)
  if third then
    return prefix .. first .. ':' .. second .. ':' .. third
  elseif second then
    return prefix .. first .. ':' .. second
  end
  return prefix .. first
end

-- A lease is valid until its end.
local function is_valid(lease)
  local ends = lease and call('ZSCORE', key('l'), lease)
  return ends and tonumber(ends) > now
end
