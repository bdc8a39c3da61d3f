-- Functions that the other scripts share. The bridge puts this file in front of each script. The
-- whole file is one function, so that a script that doesn't call it doesn't pay for it.
--
-- Fields of the scope hash:
--   clock            the latest id that was assigned
--   run              run_id of the server on which the latest script ran
--   begun            the clock when this run began; absent in the first run
--   ends             pairs run=clock: the clock at the end of each earlier run, as far as this data
--                    knows
--   floor            clients below this id can't resume any channel: events are lost there
--   pruned           the highest last id or floor of all channels that were forgotten
--   last:<channel>   the id of the channel's latest event
--   floor:<channel>  clients below this id can't resume this channel
-- An id is milliseconds-sequence, as in streams. Ids rise over all channels of the scope.
--
-- A field whose value no script can have written counts as lost. The script that finds the field
-- replaces its value by the clock: clients below the clock get a reset, and all continue from
-- there. A key of the wrong type is deleted.

local function scope_functions()
  -- A restart or failover may have lost ids that are higher than this clock. New ids start this
  -- many milliseconds later, so that no id is assigned twice.
  local MARGIN = 10000
  local MAX_SEQUENCE = 999999
  local MAX_ENDS = 16
  local DAY = 86400000

  local function split(id)
    local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
    return tonumber(ms), tonumber(seq)
  end

  -- Lua prints integers of up to 14 digits exactly.
  local function join(ms, seq)
    return ms .. '-' .. seq
  end

  local function after(a, b)
    local ams, aseq = split(a)
    local bms, bseq = split(b)
    return ams > bms or (ams == bms and aseq > bseq)
  end

  local function later(a, b)
    if not a then return b end
    if not b or after(a, b) then return a end
    return b
  end

  -- Returns the text if it is an id, else nil.
  local function id(text)
    local ms, seq = string.match(text or '', '^(%d+)%-(%d+)$')
    local sound = ms and #ms <= 14 and #seq <= 7 and tonumber(ms) < 99999999999000
      and (ms == '0' or string.sub(ms, 1, 1) ~= '0') and (seq == '0' or string.sub(seq, 1, 1) ~= '0')
    return sound and text or nil
  end

  -- Returns whether a text is an id that may have been assigned.
  local function given(text, clock)
    return id(text) ~= nil and not after(text, clock)
  end

  local function time()
    local t = redis.call('TIME')
    return t[1] * 1000 + math.floor(t[2] / 1000)
  end

  -- Returns the next id after a clock.
  local function step(clock, now)
    local ms, seq = split(clock)
    if now > ms then return join(now, 0) end
    if seq >= MAX_SEQUENCE then return join(ms + 1, 0) end
    return join(ms, seq + 1)
  end

  -- Returns the id that a caller says it has seen; nil if the text is not an id, or is more than a
  -- day ahead: a caller with a wrong id must not move the clock that far.
  local function seen(text, clock, now)
    if not id(text) then return nil end
    local latest = math.max(now, clock and split(clock) or 0) + DAY
    return split(text) <= latest and text or nil
  end

  local function discard(key)
    redis.log(redis.LOG_WARNING, key .. ' has the wrong type and is deleted')
    -- Like DEL, but needs no further right.
    redis.pcall('PEXPIRE', key, 0)
  end

  -- Reads a key. A key of the wrong type is deleted, and counts as empty; any other error is
  -- raised.
  local function read(command, key, ...)
    local reply = redis.pcall(command, key, ...)
    if type(reply) ~= 'table' or not reply.err then return reply end
    if not string.find(reply.err, 'WRONGTYPE', 1, true) then
      -- The second call raises the error.
      return redis.call(command, key, ...)
    end
    discard(key)
    return {}
  end

  -- Returns the values of some fields of the scope hash.
  local function fields(scope, ...)
    local known = redis.pcall('HMGET', scope, ...)
    if known.err then
      if string.find(known.err, 'WRONGTYPE', 1, true) then discard(scope) end
      known = redis.call('HMGET', scope, ...)
    end
    return known
  end

  local function read_ends(scope)
    local ends, order = {}, {}
    for run, clock in string.gmatch(redis.call('HGET', scope, 'ends') or '', '(%w+)=(%S+)') do
      -- A run with an illegal clock is left out, so that all its events count as lost.
      if id(clock) then
        ends[run] = clock
        order[#order + 1] = run
      end
    end
    return ends, order
  end

  local function write_ends(scope, ends, order)
    local text = {}
    for i = math.max(1, #order - MAX_ENDS + 1), #order do
      text[#text + 1] = order[i] .. '=' .. ends[order[i]]
    end
    redis.call('HSET', scope, 'ends', table.concat(text, ' '))
  end

  -- Returns an id above every id that can have been assigned by now, given the highest known id. An
  -- id is never further ahead of the time than the margin, so this holds even if all data was lost.
  local function beyond(id, now)
    local ms = split(id)
    return join(math.max(ms + 1, now + MARGIN), 0)
  end

  -- Initialises a new scope, and records a change of run. After either, the clock is above the
  -- caller's last_seen id. Returns the clock.
  local function touch(scope, run, now, clock, known, last_seen)
    clock = id(clock)
    last_seen = seen(last_seen, clock, now)
    if not clock then
      -- If only the clock was lost, the channels show how far it had come.
      local last = join(now, 0)
      local all = redis.call('HGETALL', scope)
      for i = 1, #all, 2 do
        if string.sub(all[i], 1, 5) == 'last:' then last = later(last, id(all[i + 1])) end
      end
      clock = beyond(later(last, last_seen), now)
      redis.call('HSET', scope, 'clock', clock, 'floor', clock, 'run', run)
    elseif known ~= run then
      local ends, order = read_ends(scope)
      if known and string.find(known, '^%w+$') then
        if not ends[known] then order[#order + 1] = known end
        ends[known] = clock
        write_ends(scope, ends, order)
      end
      clock = beyond(later(clock, last_seen), now)
      redis.call('HSET', scope, 'clock', clock, 'run', run, 'begun', clock)
    end
    return clock
  end

  -- Like touch, for scripts that only read: if Redis refuses writes, the clock stays as it is.
  local function clock_of(scope, run, now, clock, known)
    if id(clock) and known == run then return clock end
    local touched, moved = pcall(touch, scope, run, now, clock, known)
    return touched and moved or id(clock) or '0-0'
  end

  -- Records the loss of the events after the id left, up to the id lost. Moves clock and floor
  -- above them: clients below the floor get a reset when they return, and connected clients by a
  -- message to all nodes. Returns the clock.
  local function lose(scope, clock, lost, left, now, publish, control)
    clock = beyond(later(clock, lost), now)
    -- The message goes out before the floor is set: if publishing fails, the next attempt publishes
    -- again.
    redis.call(publish, control, 'rewind ' .. clock .. ' ' .. left)
    redis.call('HSET', scope, 'clock', clock, 'floor', clock)
    return clock
  end

  -- Returns floor and pruned, each nil if absent.
  local function bounds(scope, clock)
    local known = redis.call('HMGET', scope, 'floor', 'pruned')
    for i, field in ipairs({'floor', 'pruned'}) do
      if known[i] and not given(known[i], clock) then
        -- The value counts as lost even if Redis refuses this write.
        redis.pcall('HSET', scope, field, clock)
        known[i] = clock
      end
    end
    return known[1] or nil, known[2] or nil
  end

  -- Returns the last id and the floor of a channel, each nil if absent, given the values in the
  -- hash.
  local function channel(scope, name, clock, last, floor)
    local sound = not last or given(last, clock)
    if not sound or (floor and not given(floor, clock)) then
      floor = clock
      redis.pcall('HSET', scope, 'floor:' .. name, clock)
    end
    if not sound then
      last = nil
      redis.pcall('HDEL', scope, 'last:' .. name)
    end
    return last or nil, floor or nil
  end

  -- Reads entries of a stream by a command such as XRANGE. Returns the entries, and their size in
  -- bytes without field k, which is not part of the event. An entry that is larger than the limit
  -- has its size, in field o, in place of its event. A key of the wrong type counts as empty; any
  -- other error is raised.
  local function entries(largest, ...)
    local some, size = redis.pcall(...), 0
    if some.err then
      if string.find(some.err, 'WRONGTYPE', 1, true) then return {}, 0 end
      -- The second call raises the error.
      some = redis.call(...)
    end
    for _, entry in ipairs(some) do
      local pairs_of, length, prev = entry[2], 0, nil
      for i = 1, #pairs_of, 2 do
        if pairs_of[i] ~= 'k' then length = length + #pairs_of[i] + #pairs_of[i + 1] end
        if pairs_of[i] == 'p' then prev = pairs_of[i + 1] end
      end
      if length > largest then
        entry[2] = {'o', tostring(length), 'p', prev or ''}
      else
        size = size + length
      end
    end
    return some, size
  end

  return {
    split = split, beyond = beyond, after = after, later = later, time = time, step = step, id = id,
    given = given, clock_of = clock_of, seen = seen, discard = discard, read = read, fields = fields,
    read_ends = read_ends,
    touch = touch, lose = lose, bounds = bounds, channel = channel, entries = entries,
  }
end
