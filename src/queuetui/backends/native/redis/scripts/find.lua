-- Finds jobs by the end of their id: among the newest, or in spans of ids.
-- keys:   the namespace's meta key
-- args:   the end of the id, how many of the newest to look at, and from where on (ZREVRANGEBYLEX); then 2 a span: its lowest and its highest id
-- result: now; the lowest id of all jobs, nil where there is none; how many were looked at; the last of these, nil where there are no more;
--         then 2 a job: id, record

-- include store
-- include forgiving
-- include packing

local wanted, newest = ARGV[1], tonumber(ARGV[2])
local places = key('ids')
local ids = {}

local function take(found)
  for _, id in ipairs(found) do
    if string.sub(id, -#wanted) == wanted then
      ids[#ids + 1] = id
    end
  end
end

local looked, reached = 0, false
if newest > 0 then
  local found = call('ZREVRANGEBYLEX', places, ARGV[3], '-', 'LIMIT', 0, newest)
  take(found)
  looked, reached = #found, #found == newest and found[newest]
end
for place = 4, #ARGV, 2 do
  take(call('ZRANGEBYLEX', places, '[' .. ARGV[place], '[' .. ARGV[place + 1]))
end
local answer = { now_text, call('ZRANGE', places, 0, 0)[1] or false, looked, reached }
for place, record in ipairs(read_fields(key('j'), ids)) do
  answer[#answer + 1], answer[#answer + 2] = ids[place], record
end
return answer
