-- What all scripts of a scope share; it is put in front of each of them. It is one function, so that
-- a script which needs nothing of it pays nothing for it.
--
-- The scope hash holds
--   clock            the last id that was given to anything
--   run              run_id of the server that the last script ran on
--   ends             run=clock pairs: where earlier runs ended, as far as this data knows; * = told
--   floor            what is below it is void for all channels
--   pruned           the highest last id of a channel that was forgotten
--   last:<channel>   the id of the channel's last event
--   floor:<channel>  what is below it is void for this channel
-- An id is milliseconds-sequence, as in streams. Ids rise over all channels of the scope.

local function scope_functions()
  -- After a restart or failover, the lost tail may hold ids ahead of ours: new ones start beyond it.
  local MARGIN = 10000
  local MAX_SEQUENCE = 999999
  local MAX_ENDS = 16

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

  local function read_ends(scope)
    local ends, order = {}, {}
    for run, clock in string.gmatch(redis.call('HGET', scope, 'ends') or '', '(%S+)=(%S+)') do
      ends[run] = clock
      order[#order + 1] = run
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
  local function touch(scope, run, now, clock, known, seen)
    if not clock then
      -- If the clock alone was lost, the channels know how far it had come.
      local last = join(now, 0)
      local fields = redis.call('HGETALL', scope)
      for i = 1, #fields, 2 do
        if string.sub(fields[i], 1, 5) == 'last:' then last = later(last, fields[i + 1]) end
      end
      clock = beyond(later(last, seen), now)
      redis.call('HSET', scope, 'clock', clock, 'floor', clock, 'run', run)
    elseif known ~= run then
      local ends, order = read_ends(scope)
      if known then
        if not ends[known] then order[#order + 1] = known end
        ends[known] = clock
        write_ends(scope, ends, order)
      end
      clock = beyond(later(clock, seen), now)
      redis.call('HSET', scope, 'clock', clock, 'run', run)
    end
    return clock
  end

  -- As touch, for those who only read: where Redis takes no writes, the clock stays as it is.
  local function clock_of(scope, run, now, clock, known)
    if clock and known == run then return clock end
    local touched, id = pcall(touch, scope, run, now, clock, known)
    return touched and id or clock or '0-0'
  end

  return {
    clock_of = clock_of, split = split, beyond = beyond, after = after, later = later, time = time,
    step = step, read_ends = read_ends, write_ends = write_ends, touch = touch,
  }
end
