-- The tally of this minute by queue and type: summed in the script, and written once by flush_tally.

local TALLY_KEPT_S = 691200
local MOST_BUCKET = 23
local figures = {}

local function tally(queue, job_type, figure, count)
  local field = figure .. '\0' .. queue .. '\0' .. job_type
  figures[field] = (figures[field] or 0) + count
end

-- Returns the figure for a run's duration: bucket N holds those under 2^N milliseconds and not under half of that.
local function bucket_of(took_us)
  if took_us < 1000 then
    return 'took_0'
  end
  local _, bucket = math.frexp(math.floor(took_us / 1000))
  return 'took_' .. math.min(bucket, MOST_BUCKET)
end

local function tally_run(queue, job_type, took_us)
  tally(queue, job_type, 'busy_us', took_us)
  tally(queue, job_type, bucket_of(took_us), 1)
end

local function flush_tally()
  local minute, is_new = key('tally', (clock[1] - clock[1] % 60) .. '000000'), false
  for field, count in pairs(figures) do
    if count ~= 0 then
      -- A new field may be the first of its minute, whose key then gets its expiry.
      is_new = call('HINCRBY', minute, field, count) == count or is_new
    end
  end
  if is_new then
    call('EXPIRE', minute, TALLY_KEPT_S)
  end
  figures = {}
end
