-- Publishes the newest event of a key of a state channel, or removes a key. Put behind publish.lua, as
-- function publish.
--
-- KEYS  1 to 3 as in publish.lua   4 {sse}:keys:<channel>   5 {sse}:removed:<channel>
-- ARGV  1 to 12 as in publish.lua, but that the run_id must not be empty; 5 is the time to keep the
--         whole channel after its last event   13 "k"   14 the key
--       15 "1" for a removal, whose event tells clients of it; else empty   16 maximum number of keys
--       17 maximum size of all keys, types and data, in bytes
--       18 milliseconds to keep a removal, for clients that come back
-- Returns the event's id; a list of "none" if there is no such key to remove; a list of "keys" or
-- "bytes" if the channel is full; or the errors of publish.lua.
--
-- The stream holds the newest event of each key, and removals. The hash {sse}:keys:<channel> has of
-- each of them the field k:<key> with "id SP size SP removed", and their size in the field bytes. The
-- stream {sse}:removed:<channel> holds the keys of removals, under their ids.
local scope, stream, keys, removed = KEYS[1], KEYS[2], KEYS[4], KEYS[5]
local name, age, key, removal = ARGV[1], ARGV[5], ARGV[14], ARGV[15]
local fn = scope_functions()
local now = fn.time()

if redis.acl_check_cmd and not redis.acl_check_cmd('XDEL', stream, '0-1') then
  return redis.error_reply('NOPERM this user has no permissions to run the xdel command')
end

-- What one of the two lost, the other does not prove: both begin anew, and clients are told.
local fields, length = redis.pcall('HLEN', keys), redis.pcall('XLEN', stream)
for _, tried in ipairs({fields, length}) do
  -- A missing right proves nothing.
  if type(tried) == 'table' and not string.find(tried.err, 'WRONGTYPE', 1, true) then return tried end
end
local known = fn.fields(scope, 'clock', 'run', 'last:' .. name)
local is_new = fields == 0 and length == 0 and not known[3]
if not is_new and (type(length) ~= 'number' or fields ~= length + 1) then
  for _, each in ipairs({stream, keys, removed}) do
    fn.discard(each)
  end
  fields = 0
  local id = fn.step(fn.touch(scope, ARGV[6], now, known[1], known[2]), now)
  redis.call('HSET', scope, 'clock', id, 'floor:' .. name, id)
  redis.call(ARGV[7], ARGV[11], 'gap ' .. id .. ' - ' .. name)
end
if fields == 0 then
  redis.call('HSET', keys, 'bytes', '0')
  fields = 1
end

local function held(of)
  local text = redis.call('HGET', keys, 'k:' .. of) or ''
  local id, size, is_removed = string.match(text, '^(%S+) (%d+) (%d)$')
  return id, tonumber(size), is_removed == '1'
end
local bytes = tonumber(redis.call('HGET', keys, 'bytes')) or 0
local former, former_size, was_removed = held(key)
if removal ~= '' and (not former or was_removed) then return {'none'} end

-- Removals that are old are forgotten, a few at a time; and those that a full channel has no room for.
local most_keys, most_bytes = tonumber(ARGV[16]), tonumber(ARGV[17])
local size = #key + #ARGV[2] + #ARGV[3]

local function has_room()
  return fields - 1 < most_keys and bytes - (former_size or 0) + size <= most_bytes
end

-- Whether a removal is the last that was done to its key.
local function stands(id, of)
  local at, _, is_removed = held(of)
  return is_removed and at == id
end

local function forget(id, of)
  local _, freed = held(of)
  redis.call('XDEL', stream, id)
  redis.call('HDEL', keys, 'k:' .. of)
  bytes, fields = bytes - freed, fields - 1
  redis.call('HSET', keys, 'bytes', bytes)
  local floor = fn.id(redis.call('HGET', scope, 'floor:' .. name))
  redis.call('HSET', scope, 'floor:' .. name, fn.later(floor, id))
  if of == key then former, former_size = nil, nil end
end

repeat
  local oldest = fn.read('XRANGE', removed, '-', '+', 'COUNT', 10)
  for _, entry in ipairs(oldest) do
    local id, of = entry[1], entry[2][2]
    local is_last = stands(id, of)
    if is_last and fn.split(id) > now - ARGV[18] and has_room() then
      oldest = {}
      break
    end
    redis.call('XDEL', removed, id)
    if is_last then forget(id, of) end
  end
until #oldest < 10 or has_room()

if not former and fields > most_keys then return {'keys'} end
if removal == '' and bytes - (former_size or 0) + size > most_bytes then return {'bytes'} end

local reply = publish({scope, stream, KEYS[3]}, {unpack(ARGV, 1, 14)})
local id = reply
if type(reply) == 'table' then
  id = string.match(reply.err or '', '^STORED as (%S+),')
  if not id then return reply end
end
if former then redis.call('XDEL', stream, former) end
redis.call(
  'HSET', keys, 'bytes', bytes - (former_size or 0) + size,
  'k:' .. key, id .. ' ' .. size .. ' ' .. (removal == '' and '0' or '1'))
if removal ~= '' then redis.call('XADD', removed, id, 'k', key) end
for _, each in ipairs({stream, keys, removed}) do
  redis.call('PEXPIRE', each, age)
end
return reply
