-- Publishes one event to a channel with history: stores it and tells all nodes, in one step.
--
-- KEYS  1 {sse}:scope   2 {sse}:stream:<channel>   3 {sse}:channel:<channel>
--         (of a database n but 0: {sse}:db<n>:channel:<channel>, since channels are the server's)
--       4 {sse}:token:<token>, optional: a second publish with it stores nothing
-- ARGV  1 channel   2 event type, or empty   3 data   4 events to keep   5 milliseconds to keep
--       6 run_id of this server, or empty   7 PUBLISH or SPUBLISH   8 milliseconds to keep a token
--       all that follows is optional:
--       9 the highest id that the caller has seen: whatever Redis has lost, new ids are beyond
--       10 the highest id that it has seen on this run: beyond the clock, it proves that Redis has lost
--       events; then nodes are told on   11 the Redis channel {sse}:control
--       12 most bytes of type and data, 1 MiB if not given
-- Returns the event's id, or the error BADEVENT: nothing is stored then. Who gave 10, empty or not,
-- gets a list of the id where a token's event was stored before this run began: it is not to be
-- counted as seen on this run.
--
-- A message is: "1" SP id SP prev SP fresh LF type LF data
--   prev   the id of the channel's event before this one
--   fresh  1 if that was not known any more, and prev is a bound for it
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

-- Forgets a few of the channels that have been quiet for three times the age.
local function prune(fn, clock, now)
  local some = redis.call('HRANDFIELD', scope, 3, 'WITHVALUES')
  for i = 1, #some, 2 do
    local quiet = string.match(some[i], '^last:(.*)$')
    if quiet and fn.id(some[i + 1]) and fn.split(some[i + 1]) < now - 3 * age then
      local _, pruned = fn.bounds(scope, clock)
      redis.call('HSET', scope, 'pruned', fn.later(pruned, some[i + 1]))
      redis.call('HDEL', scope, some[i], 'floor:' .. quiet)
    end
  end
end

local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local known = redis.pcall('HMGET', scope, 'clock', 'run', 'last:' .. name)
local clock, prev, fresh, seen = known[1], known[3], '0', ARGV[10]
-- Ids of these years have 13 digits and then a dash.
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
    clock = fn.lose(scope, clock, seen, had, now, ARGV[7], ARGV[11])
  end
  if prev and not fn.channel(scope, name, clock, prev) then
    -- Whatever was there is lost.
    prev, fresh = clock, '1'
  elseif not prev then
    local _, floor = fn.channel(scope, name, clock, nil, redis.call('HGET', scope, 'floor:' .. name))
    prev = fn.later(floor, fn.later(fn.bounds(scope, clock))) or '0-0'
    fresh = '1'
    prune(fn, clock, now)
  end
  ms, seq = string.match(clock, '(%d+)-(%d+)')
end

-- The id after the clock, as fn.step says it.
local id
if now > ms + 0 then
  id = now .. '-0'
elseif seq + 0 < 999999 then
  id = ms .. '-' .. (seq + 1)
else
  id = (ms + 1) .. '-0'
end

-- Before the event is stored, all is tried that may be refused, for want of room or of a right.
redis.call('HSET', scope, 'clock', id, 'last:' .. name, id)
local function refused(err)
  -- The clock may stay; to name a bound as the last id is to name none.
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

-- A key that is no stream, or that nothing can be added to: what it held is lost.
local function begin_again()
  scope_functions().discard(stream)
  prev, fresh = clock, '1'
end

-- What is too old is looked for once in a while only, since looking costs as much as adding: when a
-- digit of the time changes that stands for at most a 64th of the age.
local digits = 13 - math.max(0, math.floor(math.log10(age / 64)))
local expiry
if fresh == '1' or string.sub(prev, 1, digits) ~= string.sub(id, 1, digits) then
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
    'XADD', stream, 'MAXLEN', '~', ARGV[4], id, 'p', prev, 't', ARGV[2], 'd', ARGV[3])
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
    -- The stream knows better: the clock alone was lost. Beyond it, and so beyond what other streams
    -- may know.
    local floor = fn.beyond(top[1], now)
    prev, fresh, id = floor, '1', fn.step(floor, now)
    redis.call('HSET', scope, 'floor', floor, 'clock', id, 'last:' .. name, id)
  else
    -- Nothing can be added to it any more.
    begin_again()
  end
  added = add()
end
if type(added) == 'table' and added.err then
  return refused(added)
end

if expiry then
  -- Again: the stream may be new.
  redis.call('PEXPIRE', stream, expiry)
end
if KEYS[4] then
  redis.call('SET', KEYS[4], id, 'PX', ARGV[8])
end
local told = redis.pcall(
  ARGV[7], KEYS[3],
  '1 ' .. id .. ' ' .. prev .. ' ' .. fresh .. '\n' .. ARGV[2] .. '\n' .. ARGV[3])
if type(told) == 'table' and told.err then
  -- Redis before 7.0 did not say so beforehand. The error must not look like one that came before.
  return redis.error_reply('STORED as ' .. id .. ', but not told: ' .. told.err)
end
return id
