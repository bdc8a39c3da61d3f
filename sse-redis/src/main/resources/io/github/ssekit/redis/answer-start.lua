-- Starts an answer, once: elects its producer among all nodes.
--
-- KEYS  1 {sse}:scope   2 {sse}:answer:<id>   3 {sse}:answers
-- ARGV  1 the answer's channel, answer:<id>   2 token of the producer, for retries
--       3 milliseconds of a lease   4 milliseconds to keep the answer while nobody renews the lease
--       5 milliseconds to keep the answer after its end
-- Returns "started"; or the state of the existing answer: "running", an ended state, or "expired".
--
-- The hash {sse}:answer:<id> holds
--   state     running, done, failed, cancelled or producer-lost
--   producer  the producer's token
--   keep      milliseconds to keep the answer after its end
--   sequence  the number of the producer's last event   event  the id of that event
--   id        the id of the answer's last event, possibly an ending that isn't the producer's
-- The hash {sse}:answers has the time at which the lease of each running answer expires.
local scope, answer, answers, channel = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local fn = scope_functions()
local known = fn.read('HMGET', answer, 'state', 'producer')
if known[1] then
  if known[1] ~= 'running' or known[2] ~= ARGV[2] then return known[1] end
  -- The reply to the first call was lost: the lease begins anew.
-- The last id of a channel outlives its keys by days.
elseif redis.call('HGET', scope, 'last:' .. channel) then
  return 'expired'
end
-- A lease without an answer does no harm.
fn.read('HGET', answers, channel)
redis.call('HSET', answers, channel, fn.time() + tonumber(ARGV[3]))
redis.call('HSET', answer, 'state', 'running', 'producer', ARGV[2], 'keep', ARGV[5])
redis.call('PEXPIRE', answer, ARGV[4])
return 'started'
