-- What happened in this minute, by queue; added up in the script and written once by flush_tally.

local TALLY_KEPT_S = 691200
local figures = {}

local function tally(queue, figure, count)
  local of_queue = figures[queue]
  if not of_queue then
    of_queue = {}
    figures[queue] = of_queue
  end
  of_queue[figure] = (of_queue[figure] or 0) + count
end

local function flush_tally()
  if next(figures) == nil then
    return
  end
  local minute = key('tally', to_text(now - now % 60000000))
  for queue, counts in pairs(figures) do
    for figure, count in pairs(counts) do
      call('HINCRBY', minute, figure .. ':' .. queue, to_text(count))
    end
  end
  call('EXPIRE', minute, TALLY_KEPT_S)
  figures = {}
end
