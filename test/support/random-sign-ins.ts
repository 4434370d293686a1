import type { IncomingMessage } from 'node:http';
import { getSession, type SessionRegistry, type UserSession } from 'nest-session/http';
import type { LeakDetector } from './leak-detector.js';

/** Numbers from 0 up to 1 that are the same in each run (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What an operation works with. */
export interface Scene {
  readonly random: () => number;
  readonly detector: LeakDetector;
}

export interface SessionScene extends Scene {
  readonly req: IncomingMessage;
  readonly session: UserSession;
}

export interface RegistryScene extends Scene {
  readonly registry: SessionRegistry;
  /** Handles that were listed. */
  readonly handles: string[];
}

export const pick = <T>(random: () => number, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)]!;

const USERS = ['u1', 'u2', '$u3', 7] as const;
const METHODS = ['pwd', 'otp', undefined] as const;

const circular = (data: string): object => {
  const value: Record<string, unknown> = { data };
  value['self'] = value;
  return value;
};

/** What a request may do with its session. */
export const SESSION_OPERATIONS: ((scene: SessionScene) => unknown)[] = [
  ({ session, detector }) => (session['a'] = detector.data()),
  ({ session, detector }) => (session['nested'] = { deep: [detector.data()] }),
  ({ session, random }) => (session['uid'] = pick(random, ['u1', 'u2'])),
  ({ session }) => delete session['uid'],
  ({ session, detector }) => (session['uid'] = { data: detector.data() }),
  ({ session, detector }) => (session['a'] = [1n, detector.data()]),
  ({ session, detector }) => (session['a'] = circular(detector.data())),
  ({ session }) => delete session['a'],
  ({ session, detector }) => session.update('b', () => detector.data()),
  ({ session, detector }) => session.update('b', () => circular(detector.data())),
  ({ session, detector }) => session.update('b', async () => detector.data()),
  ({ session }) => session.touch(),
  ({ session }) => session.save(),
  ({ session }) => session.save(),
  ({ session }) => session.reload(),
  ({ session }) => session.regenerate(),
  ({ session }) => session.regenerate({ keep: ['a'] }),
  ({ session }) => session.regenerate({ keep: 'all' }),
  ({ session, detector }) => session.regenerate({ keep: detector.data() as 'all' }),
  ({ session, random }) => session.login(pick(random, USERS), { method: pick(random, METHODS) as string }),
  ({ session, random }) => session.login(pick(random, USERS), { keep: ['a'] }),
  ({ session, detector }) => session.login({ id: detector.data() } as unknown as string),
  ({ session, detector }) => session.login([session.id, detector.data()] as unknown as string),
  ({ session, detector }) => session.login('u1', detector.data() as unknown as object),
  ({ session, detector }) => session.login('u1', { method: [detector.data()] as unknown as string }),
  ({ session, detector }) => session.login('u1', { keep: [[detector.data()] as unknown as string] }),
  ({ session }) => session.destroy(),
  ({ req }) => ((req as { session?: unknown }).session = null),
  ({ req }) => getSession(req, 'admin')?.save(),
];

/** What a job may do with the registry. Arguments may be ids and data by mistake. */
export const REGISTRY_OPERATIONS: ((scene: RegistryScene) => unknown)[] = [
  ({ registry, random }) => registry.list(pick(random, USERS)),
  ({ registry, random }) => registry.count(pick(random, USERS)),
  ({ registry, random, handles }) => registry.get(pick(random, USERS), pick(random, handles)),
  ({ registry, random, handles }) => registry.revoke(pick(random, USERS), pick(random, handles)),
  ({ registry, random, detector }) => registry.revoke(pick(random, USERS), pick(random, [...detector.ids])),
  ({ registry, random }) => registry.revokeAll(pick(random, USERS)),
  ({ registry, detector }) => registry.list({ id: detector.data() } as unknown as string),
  ({ registry, random, detector }) =>
    registry.revokeAll('u1', { except: pick(random, [...detector.ids]) as unknown as UserSession }),
  ({ registry, detector }) =>
    registry.list('u1', { current: { a: detector.data() } as unknown as UserSession }),
  ({ registry }) => registry.page(),
  ({ registry, random, detector }) => registry.page(pick(random, [...detector.ids])),
  ({ registry, detector }) => registry.page([detector.data()] as unknown as string),
  async ({ registry }) => {
    const sessions: unknown[] = [];
    for await (const session of registry) sessions.push(session);
    return sessions;
  },
  ({ registry, random }) => (random() < 0.2 ? registry.revokeEverything() : undefined),
];
