import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { jest } from '@jest/globals';
import { MemorySessionStore, type UserSession } from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import { OptionsCookieFactory } from '../../../lib/cookie/session-cookie-factory.js';
import { resolveCookie } from '../../../lib/cookie/cookie-options.js';
import { hours } from '../../../lib/core/util/clock.js';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import { SessionEngine } from '../../../lib/core/session/session-engine.js';
import { newSessionId, type SessionId, sessionKey } from '../../../lib/core/session-id.js';
import type { SessionRecord } from '../../../lib/core/store/session-record.js';

/** What a call throws. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const CONTROLS = [
  'id',
  'handle',
  'principal',
  'authenticatedAt',
  'methods',
  'cookie',
  'isNew',
  'createdAt',
  'expiresAt',
  'login',
  'regenerate',
  'destroy',
  'reload',
  'refreshStamp',
  'save',
  'touch',
  'update',
];
const BROKEN = '{this is no JSON}';

type Loose = UserSession & Record<string, unknown>;

function setUp() {
  const clock = new FakeClock();
  const store = new MemorySessionStore();
  const engine = new SessionEngine({
    store,
    clock,
    lifetimes: { idleMs: hours(1), absoluteMs: hours(12), touchEveryMs: null },
    policy: { saveUninitialized: false, rolling: false, resave: false },
    newId: newSessionId,
    storeTimeoutMs: null,
    onEvent: () => undefined,
  });
  const open = async (id?: SessionId): Promise<OpenSession> =>
    engine.open({
      candidates: id === undefined ? [] : [{ id, current: true }],
      presented: id !== undefined,
      cookies: new OptionsCookieFactory(resolveCookie({}, true, clock.now()), () => clock.now()),
      isSecure: true,
      hasBegun: false,
      canSendHeaders: true,
      context: undefined,
    });
  /** Files a record with these texts, as if an earlier request had. */
  const stored = async (texts: Record<string, string> | [string, string][]): Promise<SessionId> => {
    const id = newSessionId();
    const now = clock.now();
    const attributes = new Map(Array.isArray(texts) ? texts : Object.entries(texts));
    await store.create(sessionKey(id), {
      createdAt: now,
      touchedAt: now,
      expiresAt: now + hours(1),
      principal: null,
      revision: 0,
      attributes,
    });
    return id;
  };
  const held = async (id: SessionId): Promise<SessionRecord | null> => store.load(sessionKey(id));
  return { store, clock, open, stored, held };
}

const freshSession = async (): Promise<Loose> => (await setUp().open()).session;

describe('the controls of a session', () => {
  it.each(CONTROLS)('cannot be replaced: assigning session.%s throws', async (name) => {
    const session = await freshSession();
    expect(() => {
      session[name] = 'mine';
    }).toThrow();
    expect(session[name]).not.toBe('mine');
  });

  it.each(CONTROLS)('cannot be replaced by data merged into the session: %s', async (name) => {
    const session = await freshSession();
    expect(() => Object.assign(session, { [name]: 'mine' })).toThrow();
    expect(Object.keys(session)).toEqual([]);
  });

  it.each(CONTROLS)('cannot be replaced by a stored attribute named %s', async (name) => {
    const { stored, open } = setUp();
    const { session } = await open(await stored({ [name]: '"evil"', n: '1' }));
    expect(session[name]).not.toBe('evil');
    expect({ ...session }).toEqual({ n: 1 });
  });

  it('cannot be replaced on the prototype for all sessions', async () => {
    const prototype = Object.getPrototypeOf(await freshSession()) as Record<string, unknown>;
    expect(() => {
      prototype['save'] = () => 'mine';
    }).toThrow(TypeError);
    expect(Object.isFrozen(prototype)).toBe(true);
  });

  it('cannot be removed by deleting them', async () => {
    const session = await freshSession();
    for (const name of CONTROLS) delete session[name];
    expect(CONTROLS.filter((name) => !(name in session))).toEqual([]);
  });

  it('are not enumerable', async () => {
    const session = await freshSession();
    const walked: string[] = [];
    for (const name in session) walked.push(name);
    expect([...walked, ...Object.keys(session), ...Object.getOwnPropertyNames(session)]).toEqual([]);
  });
});

describe('session.__proto__', () => {
  it('cannot be assigned: that would replace every control (S-73)', async () => {
    const session = await freshSession();
    expect(
      thrownBy(() => {
        (session as unknown as { __proto__: unknown }).__proto__ = { isAdmin: true };
      }),
    ).toMatchObject({
      code: 'ERR_SESSION_NAME',
      message: expect.stringContaining('__proto__') as string,
    });
    expect(session['isAdmin']).toBeUndefined();
    expect(typeof session.save).toBe('function');
  });

  it('cannot be set by merged data (S-73)', async () => {
    const session = await freshSession();
    const body = JSON.parse('{"__proto__":{"isAdmin":true}}') as object;
    expect(thrownBy(() => Object.assign(session, body))).toMatchObject({ code: 'ERR_SESSION_NAME' });
    expect(session['isAdmin']).toBeUndefined();
  });

  it('is not set by a stored attribute of that name (S-73)', async () => {
    const { stored, open } = setUp();
    const { session } = await open(
      await stored([
        ['__proto__', '{"isAdmin":true}'],
        ['n', '1'],
      ]),
    );
    expect(session['isAdmin']).toBeUndefined();
    expect({ ...session }).toEqual({ n: 1 });
  });
});

describe('attributes', () => {
  it.each([
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'isPrototypeOf',
    '$x',
    '$cookie',
    '$$x',
    'then',
    'toJSON',
    'length',
    'name',
    'prototype',
    '',
    '0',
  ])('may be named %j and are kept across a load (S-73)', async (name) => {
    const { open } = setUp();
    const first = await open();
    first.session[name] = 'kept';
    await first.commit();
    const { session } = await open(first.id);
    expect(Object.entries(session)).toEqual([[name, 'kept']]);
    expect(session[name]).toBe('kept');
  });

  it('are all that {...session}, JSON.stringify, Object.keys and structuredClone show', async () => {
    const { stored, open } = setUp();
    const { session } = await open(await stored({ n: '1', cart: '{"a":[1]}' }));
    const expected = { n: 1, cart: { a: [1] } };
    expect({ ...session }).toEqual(expected);
    expect(JSON.parse(JSON.stringify(session))).toEqual(expected);
    expect(structuredClone({ ...session })).toEqual(expected);
    expect(Object.entries(session)).toEqual(Object.entries(expected));
  });

  it('that are not read are not parsed and do not change, through changes, a touch and a new id', async () => {
    const { stored, open, held } = setUp();
    const id = await stored({ broken: BROKEN, spaced: '{ "a" : 1 }', n: '1' });
    const writing = await open(id);
    writing.session['n'] = 2;
    await writing.commit();
    const touching = await open(id);
    touching.session.touch();
    await touching.commit();
    expect((await held(id))?.attributes).toEqual(
      new Map([
        ['broken', BROKEN],
        ['spaced', '{ "a" : 1 }'],
        ['n', '2'],
      ]),
    );
    const moving = await open(id);
    await moving.session.regenerate({ keep: 'all' });
    await moving.commit();
    expect((await held(moving.id))?.attributes.get('broken')).toBe(BROKEN);
    expect((await held(moving.id))?.attributes.get('spaced')).toBe('{ "a" : 1 }');
  });

  it('whose text is not JSON throw on read, without their value (S-68)', async () => {
    const { stored, open } = setUp();
    const { session } = await open(await stored({ broken: '{hunter2}' }));
    let thrown: unknown;
    try {
      void session['broken'];
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      name: 'SessionError',
      message: expect.stringContaining('broken') as string,
    });
    expect((thrown as Error).message).not.toContain('hunter2');
  });
});

describe('printing a session', () => {
  it('shows its attributes and never its id (S-66)', async () => {
    const { stored, open } = setUp();
    const id = await stored({ userId: '"u1"' });
    const { session } = await open(id);
    const prints = [
      inspect(session),
      inspect(session, { showHidden: true, depth: 10 }),
      inspect({ deep: { session } }, { depth: 10 }),
      inspect([session], { getters: true, showHidden: true }),
      `${session as unknown as string}`,
      JSON.stringify(session),
    ];
    expect(prints[0]).toContain('u1');
    for (const print of prints) {
      expect(print).not.toContain(id);
      expect(print).not.toContain(sessionKey(id));
    }
  });

  it('shows no id of a session whose id was read (S-66)', async () => {
    const { open } = setUp();
    const opened = await open();
    const { id } = opened.session;
    expect(inspect(opened.session, { showHidden: true, getters: true })).not.toContain(id);
    expect(inspect(opened, { showHidden: true, depth: 10 })).not.toContain(id);
  });
});

describe('the callback forms', () => {
  const calls: [string, (session: UserSession, callback: (error?: unknown) => void) => unknown][] = [
    ['save', (session, callback) => session.save(callback)],
    ['reload', (session, callback) => session.reload(callback)],
    ['destroy', (session, callback) => session.destroy(callback)],
    ['regenerate', (session, callback) => session.regenerate(callback)],
    ['regenerate with options', (session, callback) => session.regenerate({ keep: 'all' }, callback)],
  ];

  it.each(calls)('%s returns the session and calls back without an error, later (S-78)', async (_, call) => {
    const { stored, open } = setUp();
    const { session } = await open(await stored({ n: '1' }));
    let returned = false;
    const answer = await new Promise<unknown[]>((resolve) => {
      const result = call(session, (...args) => resolve([returned, ...args]));
      expect(result).toBe(session);
      returned = true;
    });
    expect(answer).toEqual([true]);
  });

  it.each(calls.slice(0, 3))('%s passes an error to the callback', async (_, call) => {
    const { stored, open, store } = setUp();
    const { session } = await open(await stored({ n: '1' }));
    for (const method of ['load', 'patch', 'delete'] as const) {
      jest.spyOn(store, method).mockRejectedValue(new Error('down'));
    }
    const error = await new Promise<unknown>((resolve) => {
      expect(call(session, resolve)).toBe(session);
    });
    expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', cause: { message: 'down' } });
  });

  it('regenerate passes an error to the callback once the headers are sent', async () => {
    const { clock, store } = setUp();
    const engine = new SessionEngine({
      store,
      clock,
      lifetimes: { idleMs: hours(1), absoluteMs: hours(12), touchEveryMs: null },
      policy: { saveUninitialized: false, rolling: false, resave: false },
      newId: newSessionId,
      storeTimeoutMs: null,
      onEvent: () => undefined,
    });
    const cookies = new OptionsCookieFactory(resolveCookie({}, true, 0), () => clock.now());
    const { session } = await engine.open({
      candidates: [],
      presented: false,
      cookies,
      isSecure: true,
      canSendHeaders: false,
      hasBegun: true,
      context: undefined,
    });
    const error = await new Promise<unknown>((resolve) => void session.regenerate(resolve));
    expect(error).toMatchObject({ code: 'ERR_SESSION_SENT' });
  });

  it('regenerate keeps the attributes that the options name', async () => {
    const { stored, open } = setUp();
    const { session } = await open(await stored({ cart: '1', userId: '2' }));
    await new Promise<unknown>((resolve) => void session.regenerate({ keep: ['cart'] }, resolve));
    expect({ ...session }).toEqual({ cart: 1 });
  });

  it('the promise forms resolve to nothing', async () => {
    const { stored, open } = setUp();
    const { session } = await open(await stored({ n: '1' }));
    expect([
      await session.save(),
      await session.reload(),
      await session.regenerate(),
      await session.destroy(),
    ]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('touch returns the session', async () => {
    const session = await freshSession();
    expect(session.touch()).toBe(session);
  });
});

describe('promises that are not awaited', () => {
  it.each<[string, (session: UserSession) => Promise<void>]>([
    ['save', (session) => session.save()],
    ['destroy', (session) => session.destroy()],
    ['reload', (session) => session.reload()],
  ])('%s that fails causes no unhandled rejection, and rejects for code that awaits it', async (_, call) => {
    const { stored, open, store } = setUp();
    const { session } = await open(await stored({ n: '1' }));
    for (const method of ['load', 'patch', 'delete'] as const) {
      jest.spyOn(store, method).mockRejectedValue(new Error('down'));
    }
    const dropped = call(session);
    // Jest fails a test during which a rejection is left unhandled for a turn.
    await nextTurn();
    await nextTurn();
    await expect(dropped).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
  });
});

describe('update', () => {
  it('changes one attribute by a function of its value and returns the new value', async () => {
    const session = await freshSession();
    expect(session.update<number>('n', (n = 0) => n + 1)).toBe(1);
    expect(session.update<number>('n', (n = 0) => n + 1)).toBe(2);
    expect({ ...session }).toEqual({ n: 2 });
  });

  it.each(CONTROLS)('does not replace the control %s', async (name) => {
    const session = await freshSession();
    expect(() => session.update(name, () => 'mine')).toThrow();
    expect(session[name]).not.toBe('mine');
  });

  it('throws the error of the function and changes nothing', async () => {
    const session = await freshSession();
    session['n'] = 1;
    expect(() =>
      session.update('n', () => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(session['n']).toBe(1);
  });
});
