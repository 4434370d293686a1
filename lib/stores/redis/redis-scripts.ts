import { createHash } from 'node:crypto';
import { NEVER } from '../../core/store/session-record.js';
import { FIELDS, FORMAT, GRACE_MS } from './redis-record.js';

/** A Lua script, which Redis runs atomically. It uses only the keys in KEYS. */
export interface RedisScript {
  readonly text: string;
  /** The SHA-1 digest for `EVALSHA`. */
  readonly digest: string;
}

/**
 * Largest supported difference between the clocks of nodes. Within it no index entry is removed too early.
 */
const MARGIN_MS = 24 * 3_600_000;

/** Runs a command on a hash. Returns its reply, or nil when the key has another type. */
const OF_HASH = `
local function ofHash(command, key, ...)
  local reply = redis.pcall(command, key, ...)
  if not reply.err then return reply end
  if string.find(reply.err, 'WRONGTYPE', 1, true) then return nil end
  error(reply.err, 0)
end
`;

/** Functions of scripts that write. */
const SHARED = `${OF_HASH}
-- The engine's fields of a record, in the order of the call; nil when the record is not readable.
local function engineOf(key)
  local engine = ofHash('HMGET', key, '${FIELDS.version}', '${FIELDS.createdAt}', '${FIELDS.touchedAt}',
    '${FIELDS.expiresAt}', '${FIELDS.revision}', '${FIELDS.principal}')
  if not engine or engine[1] ~= '${FORMAT}' then return nil end
  for at = 2, 5 do
    if not engine[at] or #engine[at] > 16 or not string.find(engine[at], '^-?%d+$') then return nil end
  end
  return engine
end

local function conflict(key)
  return {'conflict', redis.call('HGETALL', key)}
end

-- In batches, because Lua limits the number of arguments to some thousands.
local function inBatches(command, key, words, first)
  for at = first, #words, 1000 do
    redis.call(command, key, unpack(words, at, math.min(at + 999, #words)))
  end
end

local function keepFor(key, ms)
  if ms == '' then redis.call('PERSIST', key) else redis.call('PEXPIRE', key, ms) end
end

-- Adds a session to the index of its principal. The times in the index come from several clocks. Therefore the
-- index is kept for a duration, that of the session that is kept longest; a session is added again whenever its
-- expiry changes. A new member removes only members that expired long ago, by the clock of this node and by that
-- of the server, so a fast clock removes no valid session.
local function addToIndex(index, member, expiresAt, now)
  local kept = redis.call('PTTL', index)
  if redis.call('ZADD', index, expiresAt, member) == 1 then
    local clock = redis.call('TIME')
    local expired = math.min(tonumber(now), clock[1] * 1000) - ${MARGIN_MS}
    redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('%.0f', expired))
  end
  if tonumber(expiresAt) >= ${NEVER} then return keepFor(index, '') end
  local span = math.max(expiresAt - now, 0) + ${2 * GRACE_MS}
  if kept == -1 then
    -- A session without expiry is or was in the index. So only the times of its members tell how long to keep it.
    local last = tonumber(redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')[2])
    if not last or last >= ${NEVER} then return end
    span = math.max(span, last - now + ${MARGIN_MS})
  end
  if span > kept then keepFor(index, string.format('%.0f', span)) end
end
`;

function script(text: string): RedisScript {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/**
 * KEYS: session. Returns fields and values, or one word when there are none. A script instead of `HGETALL`: a
 * key of another type is a result and not an error, and no client converts the reply or sends the command to
 * a replica.
 */
export const LOAD = script(`${OF_HASH}
local held = ofHash('HGETALL', KEYS[1])
if not held then return {'corrupt'} end
if #held == 0 then return {'missing'} end
return held
`);

/** KEYS: session, [index of its principal]. ARGV: time to keep, member, expiresAt, now, fields and values. */
export const CREATE = script(`${SHARED}
if redis.call('EXISTS', KEYS[1]) == 1 then return {'collision'} end
if KEYS[2] then addToIndex(KEYS[2], ARGV[2], ARGV[3], ARGV[4]) end
inBatches('HSET', KEYS[1], ARGV, 5)
keepFor(KEYS[1], ARGV[1])
return {'created'}
`);

/**
 * KEYS: session, [index to enter], [index to leave]. ARGV: time to keep, member, expiresAt, now, expected
 * principal, new principal; then field, expected value and new value of each attribute. The empty string
 * means absent.
 */
export const PATCH = script(`${SHARED}
local engine = engineOf(KEYS[1])
if not engine then return {'missing'} end
local written, removed = {'${FIELDS.touchedAt}', ARGV[4], '${FIELDS.expiresAt}', ARGV[3]}, {}
local isChange = false
-- Whether a field has the expected value. Records the change.
local function change(field, held, from, to)
  if (held or '') ~= from then return false end
  if from == to then return true end
  isChange = true
  if to == '' then
    removed[#removed + 1] = field
  else
    written[#written + 1] = field
    written[#written + 1] = to
  end
  return true
end
if not change('${FIELDS.principal}', engine[6], ARGV[5], ARGV[6]) then return conflict(KEYS[1]) end
for at = 7, #ARGV, 3 do
  local held = redis.call('HGET', KEYS[1], ARGV[at])
  if not change(ARGV[at], held, ARGV[at + 1], ARGV[at + 2]) then return conflict(KEYS[1]) end
end
local entered = ARGV[6] ~= '' and KEYS[2]
local left = KEYS[entered and 3 or 2]
if entered then addToIndex(entered, ARGV[2], ARGV[3], ARGV[4]) end
if left then redis.call('ZREM', left, ARGV[2]) end
inBatches('HSET', KEYS[1], written, 1)
inBatches('HDEL', KEYS[1], removed, 1)
if isChange then redis.call('HINCRBY', KEYS[1], '${FIELDS.revision}', 1) end
keepFor(KEYS[1], ARGV[1])
return {'applied'}
`);

/**
 * KEYS: session, new session, [index of the new record's principal]. ARGV: time to keep, new member,
 * expiresAt, now, old member, expected revision or the empty string, fields and values. Returns the principal
 * of the old record.
 */
export const REKEY = script(`${SHARED}
local engine = engineOf(KEYS[1])
if not engine then return {'missing'} end
if ARGV[6] ~= '' and engine[5] ~= ARGV[6] then return conflict(KEYS[1]) end
if redis.call('EXISTS', KEYS[2]) == 1 then return {'collision'} end
if KEYS[3] then
  addToIndex(KEYS[3], ARGV[2], ARGV[3], ARGV[4])
  redis.call('ZREM', KEYS[3], ARGV[5])
end
redis.call('DEL', KEYS[1])
inBatches('HSET', KEYS[2], ARGV, 7)
keepFor(KEYS[2], ARGV[1])
return {'applied', engine[6] or ''}
`);

/**
 * KEYS: session. ARGV: nothing to delete any value; else 'readable' to delete only a readable record,
 * optionally with a field and its expected value. Returns the principal of the deleted record.
 */
export const REMOVE = script(`${SHARED}
local principal = ''
if redis.call('TYPE', KEYS[1]).ok == 'hash' then
  principal = redis.call('HGET', KEYS[1], '${FIELDS.principal}') or ''
end
if ARGV[1] then
  if not engineOf(KEYS[1]) then return {'missing'} end
  if ARGV[2] and redis.call('HGET', KEYS[1], ARGV[2]) ~= ARGV[3] then return conflict(KEYS[1]) end
end
if redis.call('DEL', KEYS[1]) == 0 then return {'missing'} end
return {'removed', principal}
`);

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
