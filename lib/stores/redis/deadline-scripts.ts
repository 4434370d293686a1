import { MARGIN_MS, script, SHARED } from './redis-lua.js';

/**
 * KEYS: deadlines. ARGV: member, expiresAt, now. Never moves a member to a later time: a claim finds the
 * present expiry in the record. A new member removes members that expired long ago, by the clock of this node
 * and by that of the server, since Redis has removed their records.
 */
export const NOTE = script(`
if redis.call('ZADD', KEYS[1], 'LT', ARGV[2], ARGV[1]) == 1 then
  local clock = redis.call('TIME')
  local expired = math.min(tonumber(ARGV[3]), clock[1] * 1000) - ${MARGIN_MS}
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', expired))
end
return {'noted'}
`);

/**
 * KEYS: deadlines. ARGV: an instant, number of members to return. Returns members and their times,
 * alternating.
 */
export const DUE = script(`
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2])
`);

/**
 * KEYS: session. ARGV: an instant. Deletes the record if it had expired by then, and returns its fields and
 * values. A record that expires later stays, and its expiry is returned.
 */
export const CLAIM = script(`${SHARED}
local engine = engineOf(KEYS[1])
if not engine then return {'missing'} end
if tonumber(engine[4]) > tonumber(ARGV[1]) then return {'later', engine[4]} end
local held = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1])
return {'claimed', held}
`);

/**
 * KEYS: deadlines. ARGV: for each member its time, and its next one, or the empty string to remove it. A
 * member whose time has changed since it was read stays.
 */
export const SETTLE = script(`
for at = 1, #ARGV, 3 do
  local held = redis.call('ZSCORE', KEYS[1], ARGV[at])
  if held and tonumber(held) == tonumber(ARGV[at + 1]) then
    if ARGV[at + 2] == '' then
      redis.call('ZREM', KEYS[1], ARGV[at])
    else
      redis.call('ZADD', KEYS[1], ARGV[at + 2], ARGV[at])
    end
  end
end
return {'settled'}
`);
