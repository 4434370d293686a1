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
export const MARGIN_MS = 24 * 3_600_000;

/** Runs a command on a hash. Returns its reply, or nil when the key has another type. */
export const OF_HASH = `
local function ofHash(command, key, ...)
  local reply = redis.pcall(command, key, ...)
  if not reply.err then return reply end
  if string.find(reply.err, 'WRONGTYPE', 1, true) then return nil end
  error(reply.err, 0)
end
`;

/** Functions of scripts that use the epoch of a realm. */
export const EPOCHS = `
-- Whether the epoch of a realm refuses a record. Without a key of an epoch, it refuses none.
local function isRefused(key, epoch)
  local present = epoch and redis.call('GET', epoch)
  return present and tonumber(redis.call('HGET', key, '${FIELDS.epoch}') or 0) < tonumber(present)
end

-- Writes the present epoch of a realm into a record, unless it is 0.
local function stamp(key, epoch)
  local present = epoch and redis.call('GET', epoch)
  if present then redis.call('HSET', key, '${FIELDS.epoch}', present) end
end
`;

/** Functions of scripts that write. */
export const SHARED = `${OF_HASH}
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

-- Adds a session to the index of its principal. The times in the index come from several clocks. Therefore
-- the index is kept for a duration, that of the session that is kept longest; a session is added again
-- whenever its expiry changes. A new member removes only members that expired long ago, by the clock of this
-- node and by that of the server, so a fast clock removes no valid session.
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
    -- A session without expiry is or was in the index. So only the times of its members tell how long to keep
    -- it.
    local last = tonumber(redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')[2])
    if not last or last >= ${NEVER} then return end
    span = math.max(span, last - now + ${MARGIN_MS})
  end
  if span > kept then keepFor(index, string.format('%.0f', span)) end
end
`;

/** A script with its digest. */
export function script(text: string): RedisScript {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}
