-- Reads the newest events of a channel.
--
-- KEYS  1 {sse}:scope   2 {sse}:stream:<channel>
-- ARGV  1 run_id of this server   2 number of events
--       3 maximum size of events, in bytes; the last events may exceed it
--       4 maximum size of an event, in bytes: a larger event has its size, in field o, in place of
--         data
--       5 the end of the range: empty for the newest events, or "(" and an id for events before it
-- Returns the clock, and the entries, newest first.
local fn = scope_functions()
local known = fn.fields(KEYS[1], 'clock', 'run')
local clock = fn.clock_of(KEYS[1], ARGV[1], fn.time(), known[1], known[2])
local most, bytes, before = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[5]
if before == '' then before = clock end
local newest, size, chunk = {}, 0, 1
while #newest < most and size < bytes do
  local count = math.min(chunk, most - #newest)
  local some, length =
    fn.entries(tonumber(ARGV[4]), 'XREVRANGE', KEYS[2], before, '-', 'COUNT', count)
  for _, entry in ipairs(some) do newest[#newest + 1] = entry end
  if #some < count then break end
  size = size + length
  before = '(' .. newest[#newest][1]
  chunk = chunk * 2
end
return {clock, newest}
