import { randomBytes } from 'node:crypto';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { askStore, isMissing } from './ask-store.mjs';
import { Absent, inTime } from './steps.mjs';
import { countOf, sessionsOf } from './shapes.mjs';

const LONG_MS = 60_000;
const DATA = {
  name: 'Zoë ☃ 漢字 🎉',
  nested: { list: [1, null, 'ü'], deep: { yes: true } },
};

/** As express-session makes them; none begins with a sign that a database could take for its own. */
export const newId = () => `a${randomBytes(24).toString('base64url').slice(1)}`;

/** A session as a middleware hands it to a store. */
export function makeSession({ session, store }, id, data, maxAge = LONG_MS) {
  const made = new session.Session({ sessionID: id, sessionStore: store }, data);
  made.cookie = new session.Cookie({ maxAge });
  return made;
}

/** The methods of a store, called one by one, while nobody else uses it. */
export async function runDirectSteps(log, subject) {
  const { store } = subject;
  const put = (id, data, maxAge) => askStore(store, 'set', id, makeSession(subject, id, data, maxAge));
  const get = (id) => askStore(store, 'get', id);
  const id = newId();

  await log.run('set and get', async () => {
    await put(id, DATA);
    assertHas(await get(id), DATA);
  });
  await log.run('missing', async () => assertMissing(await isMissing(store, newId())));
  await log.run('overwrite', async () => {
    await put(id, { name: 'other' });
    const found = await get(id);
    assertHas(found, { name: 'other' });
    assert.equal(found.nested, undefined, 'an attribute that was removed is still there');
  });
  await log.run('destroy', async () => {
    await askStore(store, 'destroy', id);
    assertMissing(await isMissing(store, id));
  });
  await log.run('destroy a missing one', () => askStore(store, 'destroy', newId()));
  await runAdministration(log, subject, put);
}

async function runAdministration(log, { store }, put) {
  const ids = [newId(), newId()];
  const needs = (method) => {
    if (typeof store[method] !== 'function') throw new Absent();
  };
  // What other steps have left behind must not be counted.
  if (typeof store.clear === 'function') await askStore(store, 'clear').catch(() => {});
  for (const id of ids) await put(id, { name: 'Zoë' }).catch(() => {});
  await log.run('all', async () => {
    needs('all');
    const sessions = sessionsOf(await askStore(store, 'all'));
    assert.equal(sessions.length, 2, `all gives ${sessions.length} of 2 sessions`);
    for (const session of sessions) assertHas(session, { name: 'Zoë' });
  });
  await log.run('length', async () => {
    needs('length');
    // One store takes an id first.
    const args = store.length.length > 1 ? [undefined] : [];
    const length = countOf(await askStore(store, 'length', ...args));
    assert.equal(length, 2, `length gives ${length} for 2 sessions`);
  });
  await log.run('clear', async () => {
    needs('clear');
    await askStore(store, 'clear');
    for (const id of ids) assertMissing(await isMissing(store, id));
  });
}

/** What takes time; others may use the store meanwhile. Gives what is worth to know beyond pass and fail. */
export async function runLifetimeSteps(log, subject) {
  const { store } = subject;
  const traits = {};
  const touching = log.run('touch', async () => {
    if (typeof store.touch !== 'function') throw new Absent();
    await inTime(async (isInTime) => {
      const id = newId();
      const began = Date.now();
      const session = makeSession(subject, id, DATA, 2500);
      await askStore(store, 'set', id, session);
      await sleep(1000);
      session.cookie.maxAge = LONG_MS;
      await askStore(store, 'touch', id, session);
      isInTime(Date.now() - began < 2200);
      await sleep(2800);
      const found = await askStore(store, 'get', id);
      assertHas(found, DATA);
      traits.touchWritesCookie = Date.parse(found.cookie?.expires ?? found.cookie?._expires) > Date.now();
    });
  });
  const expiring = log.run('expiry', async () => {
    const id = newId();
    await askStore(store, 'set', id, makeSession(subject, id, DATA, 1500));
    await sleep(3800);
    assert.ok(await isMissing(store, id), 'an expired session is handed out');
  });
  await Promise.all([touching, expiring]);
  return traits;
}

function assertMissing(missing) {
  assert.ok(missing, 'a session that is not there is handed out');
}

/** Stores may add names of their own. */
function assertHas(found, data) {
  assert.ok(typeof found === 'object' && found !== null, 'no session is given');
  for (const [name, value] of Object.entries(data)) {
    const text = JSON.stringify(found[name]);
    assert.equal(text, JSON.stringify(value), `${name} comes back different`);
  }
}
