import { EPOCHS, OF_HASH, type RedisScript, script, SHARED } from './redis-lua.js';
import { FIELDS } from './redis-record.js';

/**
 * KEYS: session, [epoch]. Returns fields and values, or one word when there are none. A script instead of
 * `HGETALL`: a key of another type is a result and not an error, and no client converts the reply or sends
 * the command to a replica.
 */
export const LOAD = script(`${OF_HASH}${EPOCHS}
local held = ofHash('HGETALL', KEYS[1])
if not held then return {'corrupt'} end
if #held == 0 then return {'missing'} end
if isRefused(KEYS[1], KEYS[2]) then return {'revoked'} end
return held
`);

/**
 * KEYS: session, [index of its principal]. ARGV: time to keep, member, expiresAt, now, fields and values.
 */
export const CREATE = create('local index, epoch = KEYS[2]');

/** KEYS: session, epoch, [index]. The same, and the record gets the present epoch. */
export const CREATE_STAMPED = create('local epoch, index = KEYS[2], KEYS[3]');

function create(keys: string): RedisScript {
  return script(`${SHARED}${EPOCHS}${keys}
if redis.call('EXISTS', KEYS[1]) == 1 then return {'collision'} end
if index then addToIndex(index, ARGV[2], ARGV[3], ARGV[4]) end
inBatches('HSET', KEYS[1], ARGV, 5)
stamp(KEYS[1], epoch)
keepFor(KEYS[1], ARGV[1])
return {'created'}
`);
}

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
export const REKEY = rekey('local index, epoch = KEYS[3]');

/** KEYS: session, new session, epoch, [index]. The same; an old record that the epoch refuses is missing. */
export const REKEY_CHECKED = rekey('local epoch, index = KEYS[3], KEYS[4]');

/** For a login: the same as {@link REKEY_CHECKED}, and the new record gets the present epoch. */
export const REKEY_STAMPED = rekey('local epoch, index = KEYS[3], KEYS[4]', 'stamp(KEYS[2], epoch)');

function rekey(keys: string, last = ''): RedisScript {
  return script(`${SHARED}${EPOCHS}${keys}
local engine = engineOf(KEYS[1])
if not engine or isRefused(KEYS[1], epoch) then return {'missing'} end
if ARGV[6] ~= '' and engine[5] ~= ARGV[6] then return conflict(KEYS[1]) end
if redis.call('EXISTS', KEYS[2]) == 1 then return {'collision'} end
if index then
  addToIndex(index, ARGV[2], ARGV[3], ARGV[4])
  redis.call('ZREM', index, ARGV[5])
end
redis.call('DEL', KEYS[1])
inBatches('HSET', KEYS[2], ARGV, 7)
keepFor(KEYS[2], ARGV[1])
${last}
return {'applied', engine[6] or ''}
`);
}

/**
 * KEYS: session. ARGV: nothing to delete any value; else 'readable' to delete only a readable record,
 * optionally with a field or the empty string, its expected value, and the lowest epoch. Returns the
 * principal of the deleted record.
 */
export const REMOVE = script(`${SHARED}
local principal = ''
if redis.call('TYPE', KEYS[1]).ok == 'hash' then
  principal = redis.call('HGET', KEYS[1], '${FIELDS.principal}') or ''
end
if ARGV[1] then
  if not engineOf(KEYS[1]) then return {'missing'} end
  if ARGV[4] and tonumber(redis.call('HGET', KEYS[1], '${FIELDS.epoch}') or 0) < tonumber(ARGV[4]) then
    return {'missing'}
  end
  if (ARGV[2] or '') ~= '' and redis.call('HGET', KEYS[1], ARGV[2]) ~= ARGV[3] then return conflict(KEYS[1]) end
end
if redis.call('DEL', KEYS[1]) == 0 then return {'missing'} end
return {'removed', principal}
`);

/** KEYS: session. ARGV: epoch. Corrects the epoch of a record that exists. */
export const RESTAMP = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return {'missing'} end
if ARGV[1] == '0' then
  redis.call('HDEL', KEYS[1], '${FIELDS.epoch}')
else
  redis.call('HSET', KEYS[1], '${FIELDS.epoch}', ARGV[1])
end
return {'stamped'}
`);

/** KEYS: epoch. A script instead of `GET`: a client may send a read to a replica, which may be behind. */
export const EPOCH = script(`
return {redis.call('GET', KEYS[1]) or '0'}
`);
