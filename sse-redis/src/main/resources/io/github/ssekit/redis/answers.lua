-- Renews the leases of a node's producers. Finds the endings of answers that the node's clients
-- follow, and, if asked, answers whose leases have expired: that reads the leases of all nodes.
--
-- KEYS  1 {sse}:scope   2 {sse}:answers
--       then, for each producer: {sse}:answer:<id>, {sse}:stream:answer:<id>
--       then, for each followed answer: {sse}:answer:<id>
-- ARGV  1 milliseconds to keep an answer while nobody renews its lease   2 number of producers
--       3 empty not to find expired leases
--       then, for each producer: the answer's channel, the producer's token, milliseconds of the
--         lease
--       then, for each followed answer: its channel
-- Returns a list of the states of the producers' answers: running, an ended state, or expired; a
-- list of at most 100 channels whose leases have expired; for each followed answer the id of its
-- ending, or empty; and empty if Redis was seen to take no writes, else "1".
local scope, answers, producers, fn = KEYS[1], KEYS[2], tonumber(ARGV[2]), scope_functions()
local now = fn.time()
local all = ARGV[3] ~= '' and fn.read('HGETALL', answers) or {}
-- Whether Redis takes writes: if not, producers can't renew their leases.
local takes_writes = not all[1] or type(redis.pcall('HSET', answers, all[1], all[2])) == 'number'
local states, renewed = {}, {}
for i = 1, producers do
  local answer, stream = KEYS[2 * i + 1], KEYS[2 * i + 2]
  local channel, producer, lease = ARGV[3 * i + 1], ARGV[3 * i + 2], tonumber(ARGV[3 * i + 3])
  local known = fn.read('HMGET', answer, 'state', 'producer')
  states[i] = known[2] == producer and known[1] or 'expired'
  if states[i] == 'running' then
    renewed[channel] = true
    redis.call('HSET', answers, channel, now + lease)
    redis.call('PEXPIRE', answer, ARGV[1])
    redis.call('PEXPIRE', stream, ARGV[1])
  end
end
local expired = {}
for i = 1, #all, 2 do
  local lease = tonumber(all[i + 1]) or 0
  if lease <= now and not renewed[all[i]] and #expired < 100 then expired[#expired + 1] = all[i] end
end
local endings = {}
for i = 2 * producers + 3, #KEYS do
  local channel = ARGV[i + producers + 1]
  local known = fn.read('HMGET', KEYS[i], 'state', 'id')
  local ending = known[1] and known[1] ~= 'running' and known[2]
  if not known[1] then ending = redis.call('HGET', scope, 'last:' .. channel) end
  endings[#endings + 1] = ending or ''
end
return {states, expired, endings, takes_writes and '1' or ''}
