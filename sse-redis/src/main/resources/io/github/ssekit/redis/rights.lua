-- Checks which of the bridge's commands the user has no right to, without changing any data.
--
-- ARGV  1 {sse}:scope, which stands for all keys. Not passed in KEYS, since Redis would refuse the
--         script to a user without a right to the key
--       2 {sse}:control, which stands for all Redis channels   3 PUBLISH or SPUBLISH
--       4 "1" if there are state channels; else empty
-- Returns the names of the missing commands. Redis before 7.0 can't tell: then the list is empty.
local key, channel, publish = ARGV[1], ARGV[2], ARGV[3]
local shard = publish == 'SPUBLISH' and 'S' or ''
local calls = {
  {'EVALSHA', '', '0'}, {'TIME'},
  {'HGET', key, 'f'}, {'HMGET', key, 'f'}, {'HGETALL', key}, {'HRANDFIELD', key},
  {'HSET', key, 'f', 'v'}, {'HDEL', key, 'f'},
  {'XADD', key, '*', 'f', 'v'}, {'XTRIM', key, 'MINID', '0'},
  {'XRANGE', key, '-', '+'}, {'XREVRANGE', key, '+', '-'},
  {'PEXPIRE', key, '1'}, {'GET', key}, {'SET', key, 'v'},
  {publish, channel, 'm'}, {shard .. 'SUBSCRIBE', channel}, {shard .. 'UNSUBSCRIBE', channel},
}
if ARGV[4] == '1' then
  for _, call in ipairs({{'HLEN', key}, {'XLEN', key}, {'XDEL', key, '0-1'}}) do
    calls[#calls + 1] = call
  end
end
local missing = {}
for _, call in ipairs(redis.acl_check_cmd and calls or {}) do
  if not redis.acl_check_cmd(unpack(call)) then
    missing[#missing + 1] = string.lower(call[1])
  end
end
return missing
