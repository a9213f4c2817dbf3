-- Does the commands of a change one after the other, and none that writes where the queue is not as it was seen.
-- keys:   every key that a command touches
-- args:   for each command: how many answers let it go on (0: any), those answers, how many words it has, its words
-- result: {0} when all was done; {the number of the guard, its answer} when nothing was

-- An answer that is any value but none; no command of a guard answers so.
local PRESENT = 'present'

local function to_text(answer)
  if type(answer) == 'table' then
    return answer.ok or table.concat(answer, '\n')
  end
  return answer == false and '' or tostring(answer)
end

-- A right that is missed in the middle would leave the job in two places, so all are asked for before anything is done.
local at = 1
while redis.acl_check_cmd and at <= #ARGV do
  local words = tonumber(ARGV[at + ARGV[at] + 1])
  local first = at + ARGV[at] + 2
  if not redis.acl_check_cmd(unpack(ARGV, first, first + words - 1)) then
    return redis.error_reply('NOPERM the user has no permissions to run ' .. ARGV[first] .. ' on ' .. ARGV[first + 1])
  end
  at = first + words
end

local number = 0
at = 1
while at <= #ARGV do
  local count = tonumber(ARGV[at])
  local words = tonumber(ARGV[at + count + 1])
  local first = at + count + 2
  local answer = redis.call(unpack(ARGV, first, first + words - 1))
  local fits = count == 0
  for place = at + 1, at + count do
    fits = fits or ARGV[place] == to_text(answer) or (ARGV[place] == PRESENT and answer ~= false)
  end
  number = number + 1
  if not fits then
    -- Only guards have answers to fit, and they stand before all that writes.
    return { number, to_text(answer) }
  end
  at = first + words
end
return { 0 }
