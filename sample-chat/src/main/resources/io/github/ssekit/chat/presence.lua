-- Replaces the names of one node in a room. Returns the names of all nodes there, sorted.
-- KEYS  the room's sorted set: "node name", scored by its expiry, in milliseconds of Redis's clock
-- ARGV  node (36 characters), lifetime in milliseconds, names...
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local mine = {}
for i = 3, #ARGV do
  mine[ARGV[i]] = true
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1] .. ' ' .. ARGV[i])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])

local seen, names = {}, {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local name = string.sub(member, 38)
  if string.sub(member, 1, 36) == ARGV[1] and not mine[name] then
    redis.call('ZREM', KEYS[1], member)
  elseif not seen[name] then
    seen[name] = true
    names[#names + 1] = name
  end
end
table.sort(names)
return names
