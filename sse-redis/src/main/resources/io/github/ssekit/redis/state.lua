-- Publishes the newest event of a key of a state channel, or removes a key. The bridge puts
-- publish.lua in front of this file, as function publish.
--
-- KEYS  1 to 3 as in publish.lua   4 {sse}:keys:<channel>   5 {sse}:removed:<channel>
-- ARGV  1 to 12 as in publish.lua, except that the run_id must not be empty; 5 is the time to keep
--         the whole channel after its last event   13 "k"   14 the key
--       15 "1" for a removal, whose event tells clients of it; else empty
--       16 maximum number of keys   17 maximum size of all keys, types and data, in bytes
--       18 milliseconds to keep a removal, for clients that return
-- Returns the event's id; a list of "none" if there is no such key to remove; a list of "keys" or
-- "bytes" if the channel is full; or the errors of publish.lua.
--
-- The stream holds the newest event of each key, and removals. The hash {sse}:keys:<channel> has
-- the field k:<key> for each of them, with "id SP size SP removed", and their total size in the
-- field bytes. The stream {sse}:removed:<channel> holds the keys of removals, under their ids.
local scope, stream, keys, removed = KEYS[1], KEYS[2], KEYS[4], KEYS[5]
local name, age, key, removal = ARGV[1], ARGV[5], ARGV[14], ARGV[15]
local fn = scope_functions()
local now = fn.time()

-- The right to XDEL is checked before anything is stored. Redis 6.2 can't be asked, so the script
-- runs XDEL with an id that no entry has.
if redis.acl_check_cmd then
  if not redis.acl_check_cmd('XDEL', stream, '0-1') then
    return redis.error_reply('NOPERM this user has no permissions to run the xdel command')
  end
else
  local tried = redis.pcall('XDEL', stream, '0-1')
  if type(tried) == 'table' and not string.find(tried.err, 'WRONGTYPE', 1, true) then return tried end
end

-- If the hash and the stream don't match, one of the two has lost entries, and the other does not
-- prove which: both begin anew, and clients are told.
local fields, length = redis.pcall('HLEN', keys), redis.pcall('XLEN', stream)
local removals = redis.pcall('XLEN', removed)
for _, tried in ipairs({fields, length, removals}) do
  -- A missing right proves nothing.
  if type(tried) == 'table' and not string.find(tried.err, 'WRONGTYPE', 1, true) then return tried end
end
local known = fn.fields(scope, 'clock', 'run', 'last:' .. name)
local is_new = fields == 0 and length == 0 and not known[3]
local are_sound = type(length) == 'number' and type(removals) == 'number' and fields == length + 1
if not is_new and not are_sound then
  for _, each in ipairs({stream, keys, removed}) do
    fn.discard(each)
  end
  fields = 0
  local id = fn.step(fn.touch(scope, ARGV[6], now, known[1], known[2]), now)
  redis.call('HSET', scope, 'clock', id, 'floor:' .. name, id)
  redis.call(ARGV[7], ARGV[11], 'gap ' .. id .. ' - ' .. name)
end
-- The field bytes counts, too. After a loss it is stored at once: otherwise the next call would find
-- the same loss again.
if fields == 0 then
  fields = 1
  if not is_new then
    redis.call('HSET', keys, 'bytes', '0')
    redis.call('PEXPIRE', keys, age)
  end
end

local function held(of)
  local text = redis.call('HGET', keys, 'k:' .. of) or ''
  local id, size, is_removed = string.match(text, '^(%S+) (%d+) (%d)$')
  return id, tonumber(size), is_removed == '1'
end
local bytes = tonumber(redis.call('HGET', keys, 'bytes')) or 0
local former, former_size, was_removed = held(key)
if removal ~= '' and (not former or was_removed) then return {'none'} end

local most_keys, most_bytes = tonumber(ARGV[16]), tonumber(ARGV[17])
local size = #key + #ARGV[2] + #ARGV[3]

-- Whether there is room once this many keys, of this many bytes, are forgotten.
local function has_room(less, freed)
  return (former or fields - less <= most_keys)
    and (removal ~= '' or bytes - freed - (former_size or 0) + size <= most_bytes)
end

-- Returns the size of a removal, or nil if its key has changed since.
local function standing(id, of)
  local at, length, is_removed = held(of)
  return is_removed and at == id and length or nil
end

local function forget(id, of, length)
  redis.call('XDEL', removed, id)
  redis.call('XDEL', stream, id)
  redis.call('HDEL', keys, 'k:' .. of)
  bytes, fields = bytes - length, fields - 1
  redis.call('HSET', keys, 'bytes', bytes)
  local floor = fn.id(redis.call('HGET', scope, 'floor:' .. name))
  redis.call('HSET', scope, 'floor:' .. name, fn.later(floor, id))
  if of == key then former, former_size = nil, nil end
end

-- Old removals are forgotten, a few at a time; but not the channel's last event, which readers
-- expect in the stream.
for _, entry in ipairs(fn.read('XRANGE', removed, '-', '+', 'COUNT', 10)) do
  local id, of = entry[1], entry[2][2]
  local length = standing(id, of)
  if not length then
    redis.call('XDEL', removed, id)
  elseif fn.split(id) <= now - ARGV[18] and id ~= known[3] then
    forget(id, of, length)
  else
    break
  end
end

-- In a full channel, further removals are forgotten until there is room; none if that makes no
-- room.
if not has_room(0, 0) then
  local due, freed, from, some = {}, 0, '-', nil
  repeat
    some = fn.read('XRANGE', removed, from, '+', 'COUNT', 100)
    for _, entry in ipairs(some) do
      local id, of = entry[1], entry[2][2]
      local length = standing(id, of)
      if length and of ~= key and not has_room(#due, freed) then
        due[#due + 1] = {id, of, length}
        freed = freed + length
      end
      from = '(' .. id
    end
  until #some < 100 or has_room(#due, freed)
  for i = 1, has_room(#due, freed) and #due or 0 do
    forget(unpack(due[i]))
  end
end

if not former and fields > most_keys then return {'keys'} end
if removal == '' and bytes - (former_size or 0) + size > most_bytes then return {'bytes'} end

local reply = publish({scope, stream, KEYS[3]}, {unpack(ARGV, 1, 14)})
local id = reply
if type(reply) == 'table' then
  id = string.match(reply.err or '', '^STORED as (%S+),')
  if not id then return reply end
end
if former then redis.call('XDEL', stream, former) end
-- The stream then lists only removals that stand, so a full channel finds removals to forget
-- quickly.
if was_removed and former then redis.call('XDEL', removed, former) end
redis.call(
  'HSET', keys, 'bytes', bytes - (former_size or 0) + size,
  'k:' .. key, id .. ' ' .. size .. ' ' .. (removal == '' and '0' or '1'))
if removal ~= '' then redis.call('XADD', removed, id, 'k', key) end
for _, each in ipairs({stream, keys, removed}) do
  redis.call('PEXPIRE', each, age)
end
return reply
