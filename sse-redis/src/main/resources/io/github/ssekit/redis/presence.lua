-- Notes the names that are on channels through a node, and publishes the lists of names that have
-- changed. The bridge puts publish.lua in front of this file, as function publish.
--
-- KEYS  1 {sse}:scope
--       then, for each channel: {sse}:stream:<channel>, {sse}:channel:<channel>,
--         {sse}:here:<channel>
-- ARGV  1 to 12 as in publish.lua, except that 1 and 3 are not used, and the run_id must not be
--         empty; 2 is the type of lists, 5 the time to keep a list
--       13 the node, in 36 characters   14 milliseconds until a name expires that is not told again
--       15 maximum number of names of a channel, of all nodes
--       16 maximum number of names in a list
--       then, for each channel: the channel; "1" to publish its list, else empty; the number of
--         names that are here, and these names; the number of names that have left, and these names
-- Returns the highest id of the published lists, or empty; and for each channel the number of names
-- that are here, and the number of the node's names for which there was no room. Returns the last
-- error of publish.lua instead, if there was an error, after all channels.
--
-- The hash {sse}:here:<channel> has the field "node SP name" for each name and node, with the time
-- at which the name expires. The stream holds the list that was published last. Each call compares
-- this list with the list as it should be, so no call has to know of earlier failures.
local scope, fn = KEYS[1], scope_functions()
local now, node, lifetime = fn.time(), ARGV[13], tonumber(ARGV[14])
local most, listed, largest = tonumber(ARGV[15]), tonumber(ARGV[16]), tonumber(ARGV[12])
local at = 16

local function argument()
  at = at + 1
  return ARGV[at]
end

-- Notes the next names in the arguments. Returns the names that are here, each once, and the number
-- of names for which there was no room.
local function note(here)
  local noted, count = {}, 0
  local held = fn.read('HGETALL', here)
  for i = 1, #held, 2 do
    local expiry = tonumber(held[i + 1])
    if expiry and expiry > now + lifetime then
      -- The clock has gone back, as after a failover: the names of nodes that are gone must not
      -- stay.
      expiry = now + lifetime
      redis.call('HSET', here, held[i], expiry)
    end
    if expiry and expiry > now and #held[i] > 37 then
      noted[held[i]] = true
      count = count + 1
    else
      redis.call('HDEL', here, held[i])
    end
  end
  local said = {}
  for i = 1, tonumber(argument()) do said[i] = node .. ' ' .. argument() end
  for _ = 1, tonumber(argument()) do
    local gone = node .. ' ' .. argument()
    if noted[gone] then
      redis.call('HDEL', here, gone)
      noted[gone] = nil
      count = count - 1
    end
  end
  local left_out = 0
  for _, field in ipairs(said) do
    if noted[field] or count < most then
      redis.call('HSET', here, field, now + lifetime)
      count = count + (noted[field] and 0 or 1)
      noted[field] = true
    else
      left_out = left_out + 1
    end
  end
  redis.call('PEXPIRE', here, lifetime)
  local names, seen = {}, {}
  for field in pairs(noted) do
    local name = string.sub(field, 38)
    if not seen[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names, left_out
end

local function json(names)
  local shown, size = {}, 100
  for i = 1, math.min(#names, listed) do
    local text = cjson.encode(names[i])
    size = size + #text + 1
    if size > largest then break end
    shown[i] = text
  end
  return '{"count":' .. #names .. ',"here":[' .. table.concat(shown, ',') .. ']}'
end

-- Returns the newest list of a channel, or an empty text if clients can't be expected to have it:
-- after a reset they need the list again, and so they do if the channel's last id was lost. A
-- channel that never had a list counts as a channel with an empty list.
local function newest(stream, name)
  local entry = fn.read('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  local known = fn.fields(scope, 'floor', 'floor:' .. name, 'last:' .. name)
  if not entry and not known[3] then return json({}) end
  if not entry or not known[3] then return '' end
  for i = 1, 2 do
    if fn.id(known[i]) and fn.after(known[i], entry[1]) then return '' end
  end
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'd' then return entry[2][i + 1] end
  end
  return ''
end

local reply, failed = {''}, nil
for i = 2, #KEYS, 3 do
  local stream, to, name, is_last = KEYS[i], KEYS[i + 1], argument(), argument() == '1'
  local names, left_out = note(KEYS[i + 2])
  reply[#reply + 1] = #names
  reply[#reply + 1] = left_out
  if is_last then
    local list = json(names)
    if list ~= newest(stream, name) then
      local args = {unpack(ARGV, 1, 12)}
      -- An entry with a key says nothing of earlier entries: they are superseded.
      args[1], args[3], args[13], args[14] = name, list, 'k', ''
      local id = publish({scope, stream, to}, args)
      if type(id) == 'table' then
        failed = id
      else
        redis.call('XTRIM', stream, 'MINID', id)
        reply[1] = id
      end
    end
    redis.call('PEXPIRE', stream, ARGV[5])
  end
end
return failed or reply
