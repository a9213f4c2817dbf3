-- Reads events, newest first.
-- keys:   the namespace's meta key
-- args:   the place to go back from, + for the end; how many entries are looked at; what an entry must hold, '' for anything
-- result: the place of the oldest entry that was looked at, how many were, and those that hold it

-- include store
-- include forgiving

local entries = call('XREVRANGE', key('ev'), ARGV[1], '-', 'COUNT', ARGV[2])
local found = {}
for _, entry in ipairs(entries) do
  if ARGV[3] == '' or string.find(entry[2][2], ARGV[3], 1, true) then
    found[#found + 1] = { entry[1], entry[2][2] }
  end
end
return { #entries > 0 and entries[#entries][1] or '', #entries, found }
