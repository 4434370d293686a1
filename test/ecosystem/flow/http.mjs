import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser } from './browser.mjs';
import { inTime } from './steps.mjs';

const NAME = 'Zoë ☃';
const MANY = 20;
const LIFETIME_MS = 2500;

/** An application with a login, as a browser sees it. */
export async function runLoginSteps(log, url) {
  const browser = new Browser(url);
  let before;
  await log.run('anonymous', async () => {
    assert.deepEqual(await browser.get('/look'), {}, 'a visitor has a session');
    assert.equal(browser.gotCookie, false, 'a visitor who has no session got a cookie');
  });
  await log.run('counter', async () => {
    for (const n of [1, 2, 3]) assert.equal((await browser.get('/count')).n, n, 'the counter lost a step');
    assert.equal((await browser.get('/look')).n, 3, 'the counter was not kept');
  });
  await log.run('first login', async () => {
    const visitor = new Browser(url);
    assert.equal((await visitor.get('/login')).user, NAME);
    assert.deepEqual(await visitor.get('/look'), { user: NAME }, 'the login was not kept');
  });
  await log.run('login', async () => {
    before = browser.clone();
    assert.equal((await browser.get('/login')).user, NAME);
    assert.notEqual(browser.cookie, before.cookie, 'the cookie is that of before the login');
    assert.deepEqual(await browser.get('/look'), { user: NAME }, 'the login was not kept');
  });
  await log.run('reload', async () => {
    assert.equal((await browser.get('/reload')).user, NAME, 'what was not saved is still there');
  });
  await log.run('old id', async () => {
    assert.deepEqual(await before.get('/look'), {}, 'the id of before the login still has a session');
  });
  await log.run('parallel', async () => {
    const answers = await Promise.all(Array.from({ length: MANY }, () => browser.clone().get('/look')));
    for (const answer of answers)
      assert.deepEqual(answer, { user: NAME }, 'a parallel request has no session');
  });
  await log.run('logout', async () => {
    const other = browser.clone();
    await browser.get('/logout');
    assert.deepEqual(await other.get('/look'), {}, 'the session is there after the logout');
  });
}

/** Sessions that live for two and a half seconds unused. */
export async function runExpirySteps(log, url) {
  const staying = log.run('stays while used', () =>
    inTime(async (isInTime) => {
      const browser = new Browser(url);
      await browser.get('/short');
      for (const second of [1, 2, 3, 4]) {
        const before = Date.now();
        await sleep(950);
        const { user } = await browser.get('/look');
        isInTime(Date.now() - before < LIFETIME_MS - 300);
        assert.equal(user, NAME, `it was gone after ${second} s`);
      }
    }),
  );
  const going = log.run('gone when expired', async () => {
    const browser = new Browser(url);
    await browser.get('/short');
    assert.equal((await browser.get('/look')).user, NAME, 'it was never there');
    await sleep(4000);
    assert.deepEqual(await browser.get('/look'), {}, 'a request gets an expired session');
  });
  await Promise.all([staying, going]);
}

/** What the application does, whoever made its sessions; `done` gets an error or what to answer. */
export function handle(path, req, done) {
  const { session } = req;
  const look = (error) => done(error, { n: req.session?.n, user: req.session?.user });
  const actions = {
    '/look': () => look(),
    '/count': () => {
      session.n = (session.n ?? 0) + 1;
      look();
    },
    '/short': () => {
      session.cookie.maxAge = LIFETIME_MS;
      session.user = NAME;
      look();
    },
    '/login': () =>
      session.regenerate((error) => {
        if (error) return done(error);
        req.session.user = NAME;
        req.session.save(look);
      }),
    '/reload': () => {
      session.user = 'not saved';
      session.reload(look);
    },
    '/logout': () => session.destroy((error) => done(error, {})),
  };
  return actions[path]();
}
