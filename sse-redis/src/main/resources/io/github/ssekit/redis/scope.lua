-- What all scripts of a scope share; it is put in front of each of them. It is one function, so that
-- a script which needs nothing of it pays nothing for it.
--
-- The scope hash holds
--   clock            the last id that was given to anything
--   run              run_id of the server that the last script ran on
--   begun            the clock when this run began, if there was one before
--   ends             run=clock pairs: where earlier runs ended, as far as this data knows; * = told
--   floor            what is below it is void for all channels
--   pruned           the highest last id of a channel that was forgotten
--   last:<channel>   the id of the channel's last event
--   floor:<channel>  what is below it is void for this channel
-- An id is milliseconds-sequence, as in streams. Ids rise over all channels of the scope.
--
-- A value that can't be ours counts as lost: the script that meets it puts the clock in its place,
-- so that whoever has less is told, and goes on beyond it. A key of another type is deleted.

local function scope_functions()
  -- After a restart or failover, the lost tail may hold ids ahead of ours: new ones start beyond it.
  local MARGIN = 10000
  local MAX_SEQUENCE = 999999
  local MAX_ENDS = 16
  local DAY = 86400000

  local function split(id)
    local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
    return tonumber(ms), tonumber(seq)
  end

  -- Lua writes whole numbers of up to 14 digits as they are.
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

  -- The id that a text is, or nil.
  local function id(text)
    local ms, seq = string.match(text or '', '^(%d+)%-(%d+)$')
    local sound = ms and #ms <= 14 and #seq <= 7 and tonumber(ms) < 99999999999000
      and (ms == '0' or string.sub(ms, 1, 1) ~= '0') and (seq == '0' or string.sub(seq, 1, 1) ~= '0')
    return sound and text or nil
  end

  -- Whether a text is an id that may have been given.
  local function given(text, clock)
    return id(text) ~= nil and not after(text, clock)
  end

  local function time()
    local t = redis.call('TIME')
    return t[1] * 1000 + math.floor(t[2] / 1000)
  end

  -- The id after a clock.
  local function step(clock, now)
    local ms, seq = split(clock)
    if now > ms then return join(now, 0) end
    if seq >= MAX_SEQUENCE then return join(ms + 1, 0) end
    return join(ms, seq + 1)
  end

  -- What a caller has seen, or nil: a caller that is far off must not take the clock with it.
  local function seen(text, clock, now)
    if not id(text) then return nil end
    local latest = math.max(now, clock and split(clock) or 0) + DAY
    return split(text) <= latest and text or nil
  end

  local function discard(key)
    redis.log(redis.LOG_WARNING, key .. ' is not of the type that it should be, and is deleted')
    -- As good as DEL, which takes one more right.
    redis.pcall('PEXPIRE', key, 0)
  end

  -- Fields of the scope hash.
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
      -- Of a run that is not known everything is lost.
      if clock == '*' or id(clock) then
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

  -- An id beyond whatever anybody may have seen that has seen this one. No id is ever further ahead of
  -- the time than the margin, so a scope that begins again begins beyond all that was given before.
  local function beyond(id, now)
    local ms = split(id)
    return join(math.max(ms + 1, now + MARGIN), 0)
  end

  -- Notes birth and changes of run. Returns the clock, which is beyond what the caller has seen.
  local function touch(scope, run, now, clock, known, last_seen)
    clock = id(clock)
    last_seen = seen(last_seen, clock, now)
    if not clock then
      -- If the clock alone was lost, the channels know how far it had come.
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

  -- As touch, for those who only read: where Redis takes no writes, the clock stays as it is.
  local function clock_of(scope, run, now, clock, known)
    if id(clock) and known == run then return clock end
    local touched, moved = pcall(touch, scope, run, now, clock, known)
    return touched and moved or id(clock) or '0-0'
  end

  -- What Redis held behind what is left, up to an id, is lost: new ids are beyond it, clients below
  -- are told when they come back, and those that are here by a message. Returns the clock.
  local function lose(scope, clock, lost, left, now, publish, control)
    clock = beyond(later(clock, lost), now)
    -- It is noted as told once it is.
    redis.call(publish, control, 'rewind ' .. clock .. ' ' .. left)
    redis.call('HSET', scope, 'clock', clock, 'floor', clock)
    local ends, order = read_ends(scope)
    -- Told once: the other nodes hear of it from this one.
    for _, run in ipairs(order) do ends[run] = '*' end
    if #order > 0 then write_ends(scope, ends, order) end
    return clock
  end

  -- Floor and pruned, or nil.
  local function bounds(scope, clock)
    local known = redis.call('HMGET', scope, 'floor', 'pruned')
    for i, field in ipairs({'floor', 'pruned'}) do
      if known[i] and not given(known[i], clock) then
        -- Where Redis takes no writes, it counts as lost all the same.
        redis.pcall('HSET', scope, field, clock)
        known[i] = clock
      end
    end
    return known[1] or nil, known[2] or nil
  end

  -- The last id and the floor of a channel, or nil, from the values that the hash has.
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

  -- Some entries of a stream, and their bytes. Of an event that is too large there is the size
  -- alone, as field o. A key that is no stream holds nothing; what may not be read is an error.
  local function entries(largest, ...)
    local some, size = redis.pcall(...), 0
    if some.err then
      if string.find(some.err, 'WRONGTYPE', 1, true) then return {}, 0 end
      -- Raises the error.
      some = redis.call(...)
    end
    for _, entry in ipairs(some) do
      local pairs_of, length, prev = entry[2], 0, nil
      for i = 1, #pairs_of, 2 do
        length = length + #pairs_of[i] + #pairs_of[i + 1]
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
    clock_of = clock_of, seen = seen, discard = discard, fields = fields, read_ends = read_ends, write_ends = write_ends,
    touch = touch, lose = lose, bounds = bounds, channel = channel, entries = entries,
  }
end
