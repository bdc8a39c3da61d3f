-- Publishes one event to a channel with history: stores it and sends it to all nodes, in one step.
--
-- KEYS  1 {sse}:scope   2 {sse}:stream:<channel>
--       3 {sse}:channel:<channel>; in a database n other than 0 {sse}:db<n>:channel:<channel>,
--         since Redis channels belong to the server, not to a database
--       4 {sse}:token:<token>, optional: a second publish with the same token stores nothing
-- ARGV  1 channel   2 event type, or empty   3 data
--       4 maximum number of events to keep   5 maximum age of events to keep, in milliseconds
--       6 run_id of this server, or empty   7 PUBLISH or SPUBLISH
--       8 time to keep a token, in milliseconds
--       optional:
--       9 the highest id that the caller has seen on any run: new ids are above it, whatever Redis
--         has lost
--       10 the highest id that the caller has seen on this run. If it is above the clock, Redis has
--         lost events, and the nodes are told over the Redis channel in argument 11
--       11 {sse}:control
--       12 maximum size of type and data, in bytes; default 1 MiB
--       13.. further fields of the entry
-- Returns the event's id. If the token's event was stored before this run began, callers that pass
-- argument 10, even empty, get a list that contains the id instead: they must not count the id as
-- seen on this run. Returns the error BADEVENT for an illegal event, which is not stored.
--
-- Message: "1" SP id SP prev SP fresh LF type LF data
--   prev   the id of the channel's previous event
--   fresh  0; or 1 if the previous event is no longer known: then prev is an upper bound of its id
local scope, stream, name, age = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[5])

if string.find(ARGV[2], '[\r\n%z]') then
  return redis.error_reply('BADEVENT the event type holds CR, LF or NUL')
end
local size, largest = #ARGV[2] + #ARGV[3], tonumber(ARGV[12] or 1048576)
if size > largest then
  return redis.error_reply(
    'BADEVENT the event has ' .. size .. ' bytes of type and data, the limit is ' .. largest)
end

if KEYS[4] then
  local id = redis.pcall('GET', KEYS[4])
  if type(id) == 'string' and string.find(id, '^%d+%-%d+$') then
    local fn = scope_functions()
    local known = fn.fields(scope, 'run', 'begun')
    local begun = fn.id(known[2])
    local is_of_run = known[1] == ARGV[6] and (not begun or fn.after(id, begun))
    return (is_of_run or not ARGV[10]) and id or {id}
  end
  if type(id) == 'table' and id.err and not string.find(id.err, 'WRONGTYPE', 1, true) then
    return id
  end
end

local run = ARGV[6]
if run == '' then
  run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

-- Whether Redis keeps no events of a channel.
local function is_empty(of)
  local newest = redis.pcall(
    'XREVRANGE', string.sub(stream, 1, #stream - #name) .. of, '+', '-', 'COUNT', 1)
  return not newest.err and #newest == 0
end

-- Looks at a few random channels, and forgets each channel that had no event for three times the
-- age and of which no events are kept. Answers are kept for seven days at most, and remembered for
-- at least ten.
local function prune(fn, clock, now)
  local some = redis.call('HRANDFIELD', scope, 3, 'WITHVALUES')
  for i = 1, #some, 2 do
    local quiet = string.match(some[i], '^last:(.*)$')
    local least = quiet and string.find(quiet, '^answer:') and 10 * 86400000 or 0
    local old = quiet and fn.id(some[i + 1])
      and fn.split(some[i + 1]) < now - math.max(3 * age, least)
    if old and is_empty(quiet) then
      local _, pruned = fn.bounds(scope, clock)
      -- A floor may be above the last id, if an event was lost on its way.
      local floor = redis.call('HGET', scope, 'floor:' .. quiet)
      if floor and not fn.given(floor, clock) then floor = clock end
      redis.call('HSET', scope, 'pruned', fn.later(pruned, fn.later(some[i + 1], floor)))
      redis.call('HDEL', scope, some[i], 'floor:' .. quiet)
    end
  end
end

local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local known = redis.pcall('HMGET', scope, 'clock', 'run', 'last:' .. name)
local clock, prev, fresh, seen = known[1], known[3], '0', ARGV[10]
-- The milliseconds of an id have 13 digits, from 2001 to 2286.
local ms, seq = string.match(clock or '', '^(%d%d%d%d%d%d%d%d%d%d%d%d%d)%-(%d+)$')
local ahead
if ms and seen and seen ~= clock then
  local seen_ms = string.sub(seen, 1, 13)
  ahead = seen_ms > ms or seen_ms == ms and (tonumber(string.sub(seen, 15)) or 0) > seq + 0
end
if ahead or not (ms and prev and known[2] == run and #prev <= 22 and string.find(prev, '^%d+%-%d+$'))
then
  local fn = scope_functions()
  if known.err then
    known = fn.fields(scope, 'clock', 'run', 'last:' .. name)
    prev = known[3]
  end
  local had = fn.id(known[1])
  clock = fn.touch(scope, run, now, known[1], known[2], ARGV[9])
  seen = had and known[2] == run and fn.seen(seen, had, now)
  if seen and fn.after(seen, had) then
    -- If Redis refuses this write, no client is told: otherwise each attempt would tell all clients
    -- again.
    redis.call('HSET', scope, 'clock', clock)
    clock = fn.lose(scope, clock, seen, had, now, ARGV[7], ARGV[11])
  end
  if prev and not fn.channel(scope, name, clock, prev) then
    -- The last id is illegal: the events of the channel are lost.
    prev, fresh = clock, '1'
  elseif not prev then
    local _, floor = fn.channel(scope, name, clock, nil, redis.call('HGET', scope, 'floor:' .. name))
    prev = fn.later(floor, fn.later(fn.bounds(scope, clock))) or '0-0'
    fresh = '1'
    prune(fn, clock, now)
  end
  ms, seq = string.match(clock, '(%d+)-(%d+)')
end

-- The next id after the clock: fn.step, inlined.
local id
if now > ms + 0 then
  id = now .. '-0'
elseif seq + 0 < 999999 then
  id = ms .. '-' .. (seq + 1)
else
  id = (ms + 1) .. '-0'
end

-- Everything that Redis may refuse, for lack of memory or of a right, is tried before the event is
-- stored.
redis.call('HSET', scope, 'clock', id, 'last:' .. name, id)
local function refused(err)
  -- The clock may stay where it is. A bound in place of the last id is as good as no last id.
  redis.call('HSET', scope, 'last:' .. name, prev)
  return err
end
if KEYS[4] then
  local tried = redis.pcall('SET', KEYS[4], '', 'XX', 'PX', ARGV[8])
  if tried and tried.err then return refused(tried) end
end
if redis.acl_check_cmd and not redis.acl_check_cmd(ARGV[7], KEYS[3], '') then
  return refused(redis.error_reply('NOPERM this user has no permissions to publish to ' .. KEYS[3]))
end

-- Deletes a key that is not a stream, or to which nothing can be added: its events are lost.
local function begin_again()
  scope_functions().discard(stream)
  prev, fresh = clock, '1'
end

-- A trim costs as much as an XADD, so old entries are trimmed only once in a while: whenever the
-- digit of the time that stands for at most a 64th of the age changes; and with each event while the
-- clock is ahead of the time, as after a change of run, since ids then share their milliseconds.
local digits = 13 - math.max(0, math.floor(math.log10(age / 64)))
local expiry
if fresh == '1' or now < ms + 0 or string.sub(prev, 1, digits) ~= string.sub(id, 1, digits) then
  expiry = age + 10 ^ (13 - digits)
  for _, call in ipairs({{'XTRIM', stream, 'MINID', '~', math.max(0, now - age)}, {'PEXPIRE', stream, expiry}}) do
    local tried = redis.pcall(unpack(call))
    if type(tried) == 'table' then
      if not string.find(tried.err, 'WRONGTYPE', 1, true) then return refused(tried) end
      begin_again()
    end
  end
end

local function add()
  return redis.pcall(
    'XADD', stream, 'MAXLEN', '~', ARGV[4], id, 'p', prev, 't', ARGV[2], 'd', ARGV[3], unpack(ARGV, 13))
end
local added = add()
local why = type(added) == 'table' and added.err
if why
  and (string.find(why, 'equal or smaller', 1, true) or string.find(why, 'WRONGTYPE', 1, true)
    or string.find(why, 'exhausted', 1, true))
then
  local fn = scope_functions()
  local newest = redis.pcall('XREVRANGE', stream, '+', '-', 'COUNT', 1)
  if newest.err and not string.find(newest.err, 'WRONGTYPE', 1, true) then
    return refused(newest)
  end
  local top = newest[1]
  if top and fn.id(top[1]) then
    -- The stream has a higher id, so the clock was lost. Continue above every id that other streams
    -- may have.
    local floor = fn.beyond(top[1], now)
    prev, fresh, id = floor, '1', fn.step(floor, now)
    redis.call('HSET', scope, 'floor', floor, 'clock', id, 'last:' .. name, id)
  else
    -- The key is not a stream, or its last id is the highest possible.
    begin_again()
  end
  added = add()
end
if type(added) == 'table' and added.err then
  return refused(added)
end

if expiry then
  -- Again, since XADD may have created the stream.
  redis.call('PEXPIRE', stream, expiry)
end
if KEYS[4] then
  redis.call('SET', KEYS[4], id, 'PX', ARGV[8])
end
local told = redis.pcall(
  ARGV[7], KEYS[3],
  '1 ' .. id .. ' ' .. prev .. ' ' .. fresh .. '\n' .. ARGV[2] .. '\n' .. ARGV[3])
if type(told) == 'table' and told.err then
  -- Redis before 7.0 has no way to ask beforehand. The error must differ from the errors of a
  -- publish that stored nothing.
  return redis.error_reply('STORED as ' .. id .. ', but not published: ' .. told.err)
end
return id
