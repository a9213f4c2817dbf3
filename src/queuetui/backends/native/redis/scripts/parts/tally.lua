-- What happened in this minute, by queue; added up in the script and written once by flush_tally.

local TALLY_KEPT_S = 691200
local figures = {}

local function tally(queue, figure, count)
  local field = figure .. ':' .. queue
  figures[field] = (figures[field] or 0) + count
end

local function flush_tally()
  if next(figures) == nil then
    return
  end
  local minute = key('tally', to_text(now - now % 60000000))
  for field, count in pairs(figures) do
    call('HINCRBY', minute, field, to_text(count))
  end
  call('EXPIRE', minute, TALLY_KEPT_S)
  figures = {}
end
