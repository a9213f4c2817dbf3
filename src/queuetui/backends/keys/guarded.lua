-- Does a change whole, or nothing where the queue is not as it was seen.
-- keys:   every key that a command of the change touches
-- args:   how many commands there are; for each command: how many answers let it go on (0: any), those answers, how many words it has,
--         its words; then what the product's decision is told
-- result: {0} when all was done; {the number of the guard, its answer} when nothing was

-- An answer that is any value but none; no command of a guard answers so.
local PRESENT = 'present'

-- What a product's own script does beside: it only reads, and returns further commands, or nil where the queue is not as it was seen.
local function decide(KEYS, ARGV)
  return {}
-- decision
end

local function to_text(answer)
  if type(answer) == 'table' then
    return answer.ok or table.concat(answer, '\n')
  end
  return answer == false and '' or tostring(answer)
end

local function fits(answer, first, last)
  for place = first, last do
    if ARGV[place] == to_text(answer) or (ARGV[place] == PRESENT and answer ~= false) then
      return true
    end
  end
  return first > last
end

local todo, at = {}, 2
for number = 1, tonumber(ARGV[1]) do
  local count = tonumber(ARGV[at])
  local words = tonumber(ARGV[at + count + 1])
  local first = at + count + 2
  local command = { unpack(ARGV, first, first + words - 1) }
  -- Only guards have answers to fit, and they stand before all that writes.
  if count == 0 then
    todo[#todo + 1] = command
  else
    local answer = redis.call(unpack(command))
    if not fits(answer, at + 1, at + count) then
      return { number, to_text(answer) }
    end
  end
  at = first + words
end
local decided = decide(KEYS, { unpack(ARGV, at) })
if not decided then
  return { tonumber(ARGV[1]) + 1, '' }
end
for _, command in ipairs(decided) do
  todo[#todo + 1] = command
end

-- A right that is missed in the middle would leave the job in two places, so all are asked for before anything is done.
for _, command in ipairs(todo) do
  if redis.acl_check_cmd and not redis.acl_check_cmd(unpack(command)) then
    return redis.error_reply('NOPERM the user has no permissions to run ' .. command[1] .. ' on ' .. command[2])
  end
end
for _, command in ipairs(todo) do
  redis.call(unpack(command))
end
return { 0 }
