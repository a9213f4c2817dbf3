-- Writes the notes of runs in place of their earlier notes; the minute's usage grows by the difference.
-- keys:   the namespace's meta key
-- args:   lease id, how many runs' lines a job keeps; then a run: job id, fence, type, number of counters, each one's name and sum,
--         processor time, peak of memory, 1 with a log, the log, lines cut before it, time that the result is kept; empty where unknown
-- result: nothing

-- include store
-- include packing
-- include records

local USAGE_KEPT_S = 691200
local lease, place = ARGV[1], 3
local minute = key('usage', (clock[1] - clock[1] % 60) .. '000000')

local function take()
  place = place + 1
  return ARGV[place - 1]
end

local function count(notes, queue, told)
  for name, sum in pairs(told.usage) do
    local field = told.fence .. ':use:' .. name
    local grown = tonumber(sum) - tonumber(call('HGET', notes, field) or 0)
    if grown ~= 0 then
      call('HSET', notes, field, sum)
      call('HINCRBYFLOAT', minute, queue .. '\0' .. told.type .. '\0' .. name, string.format('%.17g', grown))
      call('EXPIRE', minute, USAGE_KEPT_S)
    end
  end
end

local function keep_log(notes, told)
  local oldest = tonumber(told.fence) - tonumber(ARGV[2])
  for _, field in ipairs(call('HKEYS', notes)) do
    local fence = string.match(field, '^(%d+):log$')
    if fence and tonumber(fence) <= oldest then
      call('HDEL', notes, field)
    end
  end
  call('HSET', notes, told.fence .. ':log', told.log, told.fence .. ':cut', told.cut)
end

local function keep(id, job, told)
  local notes = key('n', id)
  local queue = unpack_body(job.body)
  count(notes, queue, told)
  for field, value in pairs({ cpu = told.cpu, peak = told.peak }) do
    if value ~= '' then
      call('HSET', notes, told.fence .. ':' .. field, value)
    end
  end
  if told.has_log == '1' then
    keep_log(notes, told)
  end
  if told.ttl ~= '' then
    call('ZADD', key('rx'), to_text(now + told.ttl), id .. ':' .. told.fence)
  end
  call('HSET', notes, told.fence .. ':at', now_text)
end

if not is_valid(lease) then
  return
end
while place <= #ARGV do
  local id, told = take(), { usage = {} }
  told.fence, told.type = take(), take()
  for _ = 1, tonumber(take()) do
    local name = take()
    told.usage[name] = take()
  end
  told.cpu, told.peak, told.has_log, told.log, told.cut, told.ttl = take(), take(), take(), take(), take(), take()
  local record = call('HGET', key('j'), id)
  local job = record and try_unpack(id, record)
  if job and job.state == 'processing' and job.lease == lease and to_text(job.fence) == told.fence then
    keep(id, job, told)
  end
end
