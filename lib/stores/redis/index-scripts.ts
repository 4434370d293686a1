import { script, SHARED } from './redis-lua.js';

/**
 * KEYS: index. ARGV: member, expiresAt, now, 'add' or 'move', which does not add a member. Never moves a
 * member to an earlier time: in a cluster, the writes of two requests may arrive here in another order than
 * at the record.
 */
export const INDEX = script(`${SHARED}
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not held and ARGV[4] == 'move' then return {'absent'} end
local expiresAt = ARGV[2]
if held and tonumber(held) > tonumber(expiresAt) then expiresAt = held end
addToIndex(KEYS[1], ARGV[1], expiresAt, ARGV[3])
return {'listed'}
`);

/**
 * KEYS: index. ARGV: lowest expiresAt, number of members to skip, number of members to return. A script
 * instead of the command: a client may send a read to a replica, which may lack the newest members.
 */
export const LIST = script(`
return redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', ARGV[1], 'LIMIT', ARGV[2], ARGV[3])
`);

/**
 * KEYS: index. ARGV: member, expiresAt, now, highest expiresAt of members that do not count, number of
 * members to have fewer than, number of members to remove, these, and members that do not count. Adds the
 * member while fewer than that number count; else returns those that count.
 */
export const ADMIT = script(`${SHARED}
local rest = 7 + tonumber(ARGV[6])
for at = 7, rest - 1 do redis.call('ZREM', KEYS[1], ARGV[at]) end
local ignored = {[ARGV[1]] = true}
for at = rest, #ARGV do ignored[ARGV[at]] = true end
local counted = {'full'}
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[4], '+inf')) do
  if not ignored[member] then counted[#counted + 1] = member end
end
if #counted > tonumber(ARGV[5]) then return counted end
addToIndex(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
return {'admitted'}
`);
