-- Finds out, without touching anything, what the user may not do of what the bridge does.
--
-- ARGV  1 {sse}:scope, in place of all keys; it is no KEY, since the script itself may not need one
--       2 {sse}:control, in place of all Redis channels   3 PUBLISH or SPUBLISH
-- Returns the commands that are missing. Redis before 7.0 can't tell: then nothing.
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
local missing = {}
for _, call in ipairs(redis.acl_check_cmd and calls or {}) do
  if not redis.acl_check_cmd(unpack(call)) then
    missing[#missing + 1] = string.lower(call[1])
  end
end
return missing
