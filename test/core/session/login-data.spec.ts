import { jest } from '@jest/globals';
import type { UserSession } from 'nest-session/http';
import type { SessionId } from '../../../lib/core/session-id.js';
import { Application } from './application.js';

/** A way to sign in as the user `a`. With the option, the attribute `uid` decides whose session it is. */
interface Way {
  readonly usesOption: boolean;
  readonly signIn: (session: UserSession) => Promise<void> | void;
}

const WAYS: Readonly<Record<string, Way>> = {
  'login()': { usesOption: false, signIn: async (session) => session.login('a', { keep: ['cart'] }) },
  'regenerate({ keep }) before login()': {
    usesOption: false,
    signIn: async (session) => {
      await session.regenerate({ keep: ['cart'] });
      await session.login('a', { keep: ['cart'] });
    },
  },
  'login() in two steps': {
    usesOption: false,
    signIn: async (session) => {
      await session.login('a', { method: 'pwd' });
      await session.login('a', { method: 'otp' });
    },
  },
  'the option principal': { usesOption: true, signIn: (session) => void (session['uid'] = 'a') },
  'the option principal, with a save': {
    usesOption: true,
    signIn: async (session) => {
      session['uid'] = 'a';
      await session.save();
    },
  },
  'the order of passport': {
    usesOption: true,
    signIn: async (session) => {
      await session.regenerate();
      session['uid'] = 'a';
      await session.save();
    },
  },
};

/** What happens between the login and its commit. */
const MEANWHILE: Readonly<Record<string, (app: Application, id: SessionId) => Promise<void>>> = {
  nothing: async () => undefined,
  'another request writes': async (app, id) => {
    const other = await app.open(id);
    other.session['cart'] = `${String(other.session['cart'])}, later`;
    other.session['late'] = other.session['cart'];
    await other.commit();
  },
  'another request ends the session': async (app, id) => (await app.open(id)).session.destroy(),
  'another request moves the session': async (app, id) => {
    const other = await app.open(id);
    await other.session.regenerate({ keep: 'all' });
    await other.commit();
  },
  'the store fails once': async (app) => {
    jest.spyOn(app.store, 'rekey').mockImplementationOnce(() => {
      throw new Error('down');
    });
  },
  'the store fails after it has moved the record': async (app) => {
    const rekey = app.store.rekey.bind(app.store);
    jest.spyOn(app.store, 'rekey').mockImplementationOnce((...args) => {
      void rekey(...args);
      throw new Error('down');
    });
  },
};

/** The stored session of a user, or of an anonymous visitor. */
async function sessionOf(app: Application, owner: 'a' | 'b' | null, { usesOption }: Way): Promise<SessionId> {
  const opened = await app.open();
  if (owner !== null && usesOption) opened.session['uid'] = owner;
  else if (owner !== null) await opened.session.login(owner);
  const mark = `of ${owner ?? 'a visitor'}`;
  Object.assign(opened.session, { cart: mark, mail: mark });
  await opened.session.save();
  return opened.id;
}

const CASES = Object.entries(WAYS).flatMap(([way, { usesOption, signIn }]) =>
  (['a', 'b', null] as const).flatMap((owner) =>
    Object.keys(MEANWHILE).map((meanwhile) => ({ way, usesOption, signIn, owner, meanwhile })),
  ),
);

describe("one user's data never reaches another: a login of the user a", () => {
  it.each(CASES)('by $way, in a session of $owner, while: $meanwhile', async (one) => {
    const principalOf = one.usesOption ? (session: UserSession): unknown => session['uid'] : null;
    const app = new Application({ principalOf });
    const id = await sessionOf(app, one.owner, one);
    const opened = await app.open(id);
    const isFailing = one.meanwhile.startsWith('the store');
    if (isFailing) await MEANWHILE[one.meanwhile]!(app, id);
    const failed = await attempt(async () => one.signIn(opened.session));
    if (!isFailing) await MEANWHILE[one.meanwhile]!(app, id);
    opened.session['mine'] = 'of a';
    const failedToo = await attempt(async () => opened.commit());
    if (failed || failedToo) await attempt(async () => opened.commit());
    await app.closeLast();

    const records = await app.store.listByPrincipal('a', 0, 10);
    for (const { record } of records) {
      expect([...record.attributes.values()].join()).not.toContain('of b');
      if (!one.usesOption) expect(record.attributes.get('mail')).not.toBe('"of a visitor"');
      expect(record.attributes.has('$login')).toBe(true);
    }
    const own = await app.record(opened.id);
    if (own !== null) expect([own.principal, opened.session.principal]).toEqual(['a', 'a']);
    // The old id is dead wherever the new one is stored.
    if (own !== null && opened.id !== id) expect(await app.record(id)).toBe(null);
    if (one.owner !== 'a' && one.meanwhile !== 'the store fails once') expect(own).not.toBe(null);
  });
});

/** Whether a step fails as it may: the store is down, or the session is gone. */
async function attempt(step: () => unknown): Promise<boolean> {
  try {
    await step();
    return false;
  } catch (error) {
    expect(['ERR_SESSION_STORE', 'ERR_SESSION_GONE']).toContain((error as { code?: string }).code);
    return true;
  }
}
