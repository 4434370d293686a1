import { createHash } from 'node:crypto';
import { NEVER } from '../../core/store/session-record.js';
import { FIELDS, FORMAT, GRACE_MS } from './redis-record.js';

/** A Lua script: what Redis carries out in one step. It touches no key but those that it is given. */
export interface RedisScript {
  readonly text: string;
  /** What `EVALSHA` knows it by. */
  readonly digest: string;
}

/** How far apart the clocks of those who share a server may be at most, for their sessions to stay listed. */
const MARGIN_MS = 24 * 3_600_000;

/** For commands on a hash: what one answers, or nothing where the key is of another type. */
const OF_HASH = `
local function ofHash(command, key, ...)
  local answer = redis.pcall(command, key, ...)
  if not answer.err then return answer end
  if string.find(answer.err, 'WRONGTYPE', 1, true) then return nil end
  error(answer.err, 0)
end
`;

/** What scripts that write may call. */
const SHARED = `${OF_HASH}
-- The engine's own fields, in the order of the call; nothing where it is not a record that can be read.
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

-- In portions: Lua takes some thousands of arguments at once.
local function inPortions(command, key, words, first)
  for at = first, #words, 1000 do
    redis.call(command, key, unpack(words, at, math.min(at + 999, #words)))
  end
end

local function keepFor(key, ms)
  if ms == '' then redis.call('PERSIST', key) else redis.call('PEXPIRE', key, ms) end
end

-- Files a session with its principal. Times in the set are of several clocks, so the set stays for a span, as long as the
-- session that stays longest: each is filed again whenever it is given more time. And a new member has it let go only of
-- what is over by far, by this clock and by that of the server: one clock that is fast must not strike off a session that
-- lasts.
local function enlist(index, member, expiresAt, now)
  local kept = redis.call('PTTL', index)
  if redis.call('ZADD', index, expiresAt, member) == 1 then
    local clock = redis.call('TIME')
    local over = math.min(tonumber(now), clock[1] * 1000) - ${MARGIN_MS}
    redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('%.0f', over))
  end
  if tonumber(expiresAt) >= ${NEVER} then return keepFor(index, '') end
  local span = math.max(expiresAt - now, 0) + ${2 * GRACE_MS}
  if kept == -1 then
    -- What never ends is in it, or has left it: how long the others stay is not known then but by their times.
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
 * KEYS: session. A script, not `HGETALL`: what is of another type is an answer then, and no client changes its form, or sends
 * it to a copy. Answers with fields and values, or with one word where there are none.
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
if KEYS[2] then enlist(KEYS[2], ARGV[2], ARGV[3], ARGV[4]) end
inPortions('HSET', KEYS[1], ARGV, 5)
keepFor(KEYS[1], ARGV[1])
return {'created'}
`);

/**
 * KEYS: session, [index to enter], [index to leave]. ARGV: time to keep, member, expiresAt, now, the principal that it has and
 * the one that it gets, then a field, what it holds and what it gets, for each attribute. The empty text is nothing.
 */
export const PATCH = script(`${SHARED}
local engine = engineOf(KEYS[1])
if not engine then return {'missing'} end
local written, removed = {'${FIELDS.touchedAt}', ARGV[4], '${FIELDS.expiresAt}', ARGV[3]}, {}
local isChange = false
-- Whether a field holds what it should. Takes down what it gets.
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
if entered then enlist(entered, ARGV[2], ARGV[3], ARGV[4]) end
if left then redis.call('ZREM', left, ARGV[2]) end
inPortions('HSET', KEYS[1], written, 1)
inPortions('HDEL', KEYS[1], removed, 1)
if isChange then redis.call('HINCRBY', KEYS[1], '${FIELDS.revision}', 1) end
keepFor(KEYS[1], ARGV[1])
return {'applied'}
`);

/**
 * KEYS: session, its new place, [index of the new record's principal]. ARGV: time to keep, new member, expiresAt, now, old
 * member, revision to insist on or nothing, fields and values. Answers with the principal of the old record.
 */
export const REKEY = script(`${SHARED}
local engine = engineOf(KEYS[1])
if not engine then return {'missing'} end
if ARGV[6] ~= '' and engine[5] ~= ARGV[6] then return conflict(KEYS[1]) end
if redis.call('EXISTS', KEYS[2]) == 1 then return {'collision'} end
if KEYS[3] then
  enlist(KEYS[3], ARGV[2], ARGV[3], ARGV[4])
  redis.call('ZREM', KEYS[3], ARGV[5])
end
redis.call('DEL', KEYS[1])
inPortions('HSET', KEYS[2], ARGV, 7)
keepFor(KEYS[2], ARGV[1])
return {'applied', engine[6] or ''}
`);

/**
 * KEYS: session. ARGV: nothing to remove whatever is there; else only a record that can be read, and where a field and a
 * value are given, one that has them. Answers with the principal of what was removed.
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
 * KEYS: index. ARGV: member, expiresAt, now, 'add' or 'move', which adds nothing. Never moves a member to an earlier time:
 * on a cluster, what two requests write may arrive here in another order than at the record.
 */
export const ENLIST = script(`${SHARED}
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not held and ARGV[4] == 'move' then return {'absent'} end
local expiresAt = ARGV[2]
if held and tonumber(held) > tonumber(expiresAt) then expiresAt = held end
enlist(KEYS[1], ARGV[1], expiresAt, ARGV[3])
return {'listed'}
`);

/**
 * KEYS: index. ARGV: lowest expiresAt, how many members to skip, how many to give. A script, not the command: a client may
 * send a read to a replica, which does not have the newest members yet.
 */
export const LIST = script(`
return redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', ARGV[1], 'LIMIT', ARGV[2], ARGV[3])
`);
