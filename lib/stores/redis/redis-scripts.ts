import { createHash } from 'node:crypto';
import { NEVER } from '../../core/session-record.js';
import { FIELDS, FORMAT, GRACE_MS } from './redis-record.js';

/** A Lua script: what Redis carries out in one step. It touches no key but those that it is given. */
export interface RedisScript {
  readonly text: string;
  /** What `EVALSHA` knows it by. */
  readonly digest: string;
}

/** How far apart the clocks of those who share a server may be at most, for their sessions to stay listed. */
const MARGIN_MS = 24 * 3_600_000;

/** What all scripts may call. */
const SHARED = `
local function isReadable(key)
  if redis.call('TYPE', key).ok ~= 'hash' then return false end
  local engine = redis.call('HMGET', key, '${FIELDS.version}', '${FIELDS.createdAt}', '${FIELDS.touchedAt}',
    '${FIELDS.expiresAt}', '${FIELDS.revision}')
  if engine[1] ~= '${FORMAT}' then return false end
  for at = 2, 5 do
    if not engine[at] or #engine[at] > 16 or not string.match(engine[at], '^-?%d+$') then return false end
  end
  return true
end

local function conflict(key)
  return {'conflict', redis.call('HGETALL', key)}
end

-- In portions: Lua takes some thousands of arguments at once.
local function inPortions(command, key, first, last)
  for at = first, last, 1000 do
    redis.call(command, key, unpack(ARGV, at, math.min(at + 999, last)))
  end
end

local function keepFor(key, ms)
  if ms == '' then redis.call('PERSIST', key) else redis.call('PEXPIRE', key, ms) end
end

-- Files a session with its principal. Times in the set are of several clocks, so the set stays for a span, as long as the
-- session that stays longest: each is filed again whenever it is given more time. And it lets go only of what is over by
-- far, by this clock and by that of the server: one clock that is fast must not strike off a session that lasts.
local function enlist(index, member, expiresAt, now)
  local kept = redis.call('PTTL', index)
  redis.call('ZADD', index, expiresAt, member)
  local clock = redis.call('TIME')
  local over = math.min(tonumber(now), clock[1] * 1000) - ${MARGIN_MS}
  redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('%.0f', over))
  local last = tonumber(redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')[2])
  if not last then return end
  if last >= ${NEVER} then return keepFor(index, '') end
  local span = math.max(expiresAt - now, 0) + ${2 * GRACE_MS}
  -- What never ended has left: how long the others stay is not known but by their times.
  if kept == -1 then span = math.max(span, last - now + ${MARGIN_MS}) end
  if span > kept then keepFor(index, string.format('%.0f', span)) end
end
`;

function script(text: string): RedisScript {
  const whole = `${SHARED}${text}`;
  return { text: whole, digest: createHash('sha1').update(whole).digest('hex') };
}

/** KEYS: session. A script, not `HGETALL`: what is of another type is an answer then, and no client changes its form. */
export const LOAD = script(`
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then return {'missing'} end
if kind ~= 'hash' then return {'corrupt'} end
return {'found', redis.call('HGETALL', KEYS[1])}
`);

/** KEYS: session, [index of its principal]. ARGV: time to keep, member, expiresAt, now, fields and values. */
export const CREATE = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return {'collision'} end
if KEYS[2] then enlist(KEYS[2], ARGV[2], ARGV[3], ARGV[4]) end
inPortions('HSET', KEYS[1], 5, #ARGV)
keepFor(KEYS[1], ARGV[1])
return {'created'}
`);

/**
 * KEYS: session, indexes. ARGV: time to keep, member, expiresAt, now, which key is the index to enter and which the one to
 * leave (0 for none), what to add to the revision, how many words to compare and to write; then fields and values to
 * compare, those to write, and fields to remove.
 */
export const PATCH = script(`
if not isReadable(KEYS[1]) then return {'missing'} end
local compared = 9 + tonumber(ARGV[8])
local written = compared + tonumber(ARGV[9])
for at = 10, compared, 2 do
  if (redis.call('HGET', KEYS[1], ARGV[at]) or '') ~= ARGV[at + 1] then return conflict(KEYS[1]) end
end
local entered, left = KEYS[tonumber(ARGV[5])], KEYS[tonumber(ARGV[6])]
if entered then enlist(entered, ARGV[2], ARGV[3], ARGV[4]) end
if left then redis.call('ZREM', left, ARGV[2]) end
inPortions('HSET', KEYS[1], compared + 1, written)
inPortions('HDEL', KEYS[1], written + 1, #ARGV)
if ARGV[7] ~= '0' then redis.call('HINCRBY', KEYS[1], '${FIELDS.revision}', ARGV[7]) end
keepFor(KEYS[1], ARGV[1])
return {'applied'}
`);

/**
 * KEYS: session, its new place, [index of the new record's principal]. ARGV: time to keep, new member, expiresAt, now, old
 * member, revision to insist on or nothing, fields and values. Answers with the principal of the old record.
 */
export const REKEY = script(`
if not isReadable(KEYS[1]) then return {'missing'} end
local revision, principal = unpack(redis.call('HMGET', KEYS[1], '${FIELDS.revision}', '${FIELDS.principal}'))
if ARGV[6] ~= '' and revision ~= ARGV[6] then return conflict(KEYS[1]) end
if redis.call('EXISTS', KEYS[2]) == 1 then return {'collision'} end
if KEYS[3] then
  enlist(KEYS[3], ARGV[2], ARGV[3], ARGV[4])
  redis.call('ZREM', KEYS[3], ARGV[5])
end
redis.call('DEL', KEYS[1])
inPortions('HSET', KEYS[2], 7, #ARGV)
keepFor(KEYS[2], ARGV[1])
return {'applied', principal or ''}
`);

/**
 * KEYS: session. ARGV: nothing to remove whatever is there; else only a record that can be read, and where a field and a
 * value are given, one that has them. Answers with the principal of what was removed.
 */
export const REMOVE = script(`
local principal = ''
if redis.call('TYPE', KEYS[1]).ok == 'hash' then
  principal = redis.call('HGET', KEYS[1], '${FIELDS.principal}') or ''
end
if ARGV[1] then
  if not isReadable(KEYS[1]) then return {'missing'} end
  if ARGV[2] and redis.call('HGET', KEYS[1], ARGV[2]) ~= ARGV[3] then return conflict(KEYS[1]) end
end
if redis.call('DEL', KEYS[1]) == 0 then return {'missing'} end
return {'removed', principal}
`);

/**
 * KEYS: index. ARGV: member, expiresAt, now, 'add' or 'move', which adds nothing. Never moves a member to an earlier time:
 * on a cluster, what two requests write may arrive here in another order than at the record.
 */
export const ENLIST = script(`
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not held and ARGV[4] == 'move' then return {'absent'} end
local expiresAt = ARGV[2]
if held and tonumber(held) > tonumber(expiresAt) then expiresAt = held end
enlist(KEYS[1], ARGV[1], expiresAt, ARGV[3])
return {'listed'}
`);
