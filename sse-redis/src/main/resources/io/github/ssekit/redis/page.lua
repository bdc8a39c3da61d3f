-- Reads the events of some channels after a position, and the values by which the caller judges
-- whether events are missing. No event is added in between, since a script is atomic.
--
-- KEYS  1 {sse}:scope   2.. {sse}:stream:<channel> of each channel
-- ARGV  1 run_id of this server   2 position
--       3 maximum number of events
--       4 maximum size of all events, in bytes; the last event may exceed it
--       5 maximum size of an event, in bytes: a larger event has its size, in field o, in place of
--         data
--       6 position up to which events are wanted, or empty for all   7.. the channels
--       then, unless all channels start after the position, the start of each: a position; "+" and
--         a number of newest events, which are limited to 1 MiB or one event; or "-" for the oldest
--         event
-- Returns clock, floor, pruned (or empty); then for each channel its last id and its floor (or
-- empty), 1 if there may be more events, else 0, and the entries. If the first entries of the
-- channels, or the search for their newest events, already reach the limits, the remaining channels
-- are missing in the reply.
local NEWEST_BYTES = 1048576
local fn = scope_functions()
local scope, position, most, bytes = KEYS[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local largest, wanted = tonumber(ARGV[5]), ARGV[6]
local known = fn.fields(scope, 'clock', 'run')
local clock = fn.clock_of(scope, ARGV[1], fn.time(), known[1], known[2])
local floor, pruned = fn.bounds(scope, clock)
if wanted == '' or fn.after(wanted, clock) then wanted = clock end
local count, size = 0, 0
-- The number and size of events that are read only to find the start of newcomers: they are not in
-- the reply, but Redis waits for them.
local sought, sought_size = 0, 0

-- Reads the next entries of one channel. Returns whether the channel may have more wanted entries.
local function read(key, held, chunk)
  local some, length = fn.entries(largest, 'XRANGE', key, held.from, clock, 'COUNT', chunk)
  for _, entry in ipairs(some) do held[#held + 1] = entry end
  count, size = count + #some, size + length
  if #some < chunk then return false end
  local last = some[#some][1]
  held.from = '(' .. last
  -- An entry above the wanted position shows that all entries up to there have been read.
  held.more = fn.after(last, wanted)
  return not held.more
end

-- Returns the id of the oldest of the newest events: their size is known only once they are read.
local function oldest(key, wanted)
  local id, read, length, chunk = nil, 0, 0, 1
  while read < wanted and length < NEWEST_BYTES do
    local from = id and '(' .. id or clock
    local some, more = fn.entries(largest, 'XREVRANGE', key, from, '-', 'COUNT', math.min(chunk, wanted - read))
    for _, entry in ipairs(some) do
      id = entry[1]
    end
    if #some < chunk then break end
    read, length = read + #some, length + more
    chunk = math.min(chunk * 2, 1 + math.floor((NEWEST_BYTES - length) * read / math.max(1, length)))
  end
  sought, sought_size = sought + read, sought_size + length
  return id or '(' .. clock
end

local function start(i)
  local place = ARGV[#KEYS + 5 + i - 1] or position
  if place == '-' then return place end
  local newest = string.match(place, '^%+(%d+)$')
  return newest and oldest(KEYS[i], tonumber(newest)) or '(' .. place
end

-- The size of events is known only once they are read. So the first round reads one event of each
-- channel, and each further round twice as many of the channels that have more, up to the limits.
local held, open, channels = {}, {}, 0
for i = 2, #KEYS do
  held[i] = {from = start(i)}
  channels = i
  if read(KEYS[i], held[i], 1) then open[#open + 1] = i end
  if size >= bytes or sought >= most or sought_size >= bytes then break end
end
local chunk = 2
while #open > 0 and count < most and size < bytes do
  local still = {}
  for _, i in ipairs(open) do
    -- The number of events that fit if they are as large as the events so far on average.
    local fit = math.ceil((bytes - size) * count / math.max(1, size))
    local left = math.min(chunk, most - count, fit)
    if left <= 0 or read(KEYS[i], held[i], left) then still[#still + 1] = i end
  end
  open = still
  chunk = chunk * 2
end
for _, i in ipairs(open) do held[i].more = true end

local fields = {}
for i = 2, channels do
  fields[#fields + 1] = 'last:' .. ARGV[i + 5]
  fields[#fields + 1] = 'floor:' .. ARGV[i + 5]
end
local bounds = channels > 0 and redis.call('HMGET', scope, unpack(fields)) or {}
local reply = {clock, floor or '', pruned or ''}
for i = 2, channels do
  local last, void = fn.channel(scope, ARGV[i + 5], clock, bounds[2 * i - 3], bounds[2 * i - 2])
  reply[#reply + 1] = last or ''
  reply[#reply + 1] = void or ''
  reply[#reply + 1] = held[i].more and 1 or 0
  reply[#reply + 1] = held[i]
end
return reply
