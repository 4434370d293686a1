/**
 * Compiled, never run: the types of an application that declares its session data. A line below
 * `@ts-expect-error` must not compile.
 */
import { ParseIntPipe } from '@nestjs/common';
import {
  CurrentPrincipal,
  getSession,
  minutes,
  OnSession,
  Public,
  RequireLogin,
  RequireSession,
  Session,
  SessionId,
  truncatedAddress,
  type SessionData,
  type SessionEvent,
  type SessionEventOf,
  type SessionOptions,
  type SessionRegistry,
  type SessionSnapshot,
  type UserSession,
} from 'nest-session';
import type { IncomingMessage } from 'node:http';

declare module 'nest-session' {
  interface SessionData {
    userId: string;
    user: { id: number; tags: string[]; address?: { city: string } };
    visits: number;
  }
  interface SessionDevice {
    browser: string;
    network?: string;
  }
}

export class TypedController {
  all(@Session() session: UserSession): string | undefined {
    session.userId = 'u1';
    // @ts-expect-error an attribute has its type
    session.userId = 1;
    // @ts-expect-error an undeclared attribute
    session.nobody = 1;
    // @ts-expect-error a control is not an attribute
    session.id = 'x';
    // @ts-expect-error a control is not an attribute
    session.save = 1;
    delete session.visits;
    // @ts-expect-error an attribute may be absent
    const user: SessionData['user'] = session.user;
    const visits: number = session.update('visits', (count = 0) => count + 1);
    // @ts-expect-error a function returns the type of the attribute
    session.update('visits', () => 'many');
    // @ts-expect-error an undeclared name
    session.update('nobody', () => 1);
    return `${user.id} ${visits} ${session.user?.address?.city}`;
  }

  paths(
    @Session('user.id', ParseIntPipe) id: number,
    @Session('user.address.city') city: string,
    @Session({ name: 'admin' }) admin: UserSession<{ role: string }>,
    @Session({ name: 'admin', path: 'anything' }) anything: unknown,
    @SessionId() sessionId: string,
    // @ts-expect-error a path without a value
    @Session('user.nobody') nobody: unknown,
  ): unknown {
    // @ts-expect-error an attribute of another session
    admin.userId = 'u1';
    return [id, city, admin.role, anything, sessionId, nobody];
  }

  @RequireSession('userId', 'user.id', (session) => session.visits !== undefined)
  guarded(): void {}

  // @ts-expect-error a path without a value
  @RequireSession('nobody')
  wrong(): void {}

  @RequireLogin({ authenticatedWithin: minutes(5), method: 'otp' }, 'user.id')
  stepUp(@CurrentPrincipal() principal: string, @CurrentPrincipal({ name: 'admin' }) admin: string): string {
    return principal + admin;
  }

  // @ts-expect-error an unknown option
  @RequireLogin({ within: minutes(5) })
  @Public()
  // @ts-expect-error no options
  @Public(true)
  wrongOptions(): void {}

  @OnSession('login', 'revoked')
  events(event: SessionEventOf<'login' | 'revoked'>): string | null {
    return event.handle;
  }

  @OnSession('logout')
  anyEvent(event: SessionEvent): string {
    return event.type;
  }

  // @ts-expect-error an unknown type
  @OnSession('signin')
  // @ts-expect-error an event of another type
  @OnSession('login')
  wrongEvent(event: SessionEventOf<'store-up'>): number {
    return event.downMs;
  }
}

export async function forms(session: UserSession, request: IncomingMessage): Promise<void> {
  await session.regenerate();
  await session.regenerate({ keep: ['visits'] });
  await session.regenerate({ keep: 'all' });
  // @ts-expect-error keep is an array of names, or 'all'
  await session.regenerate({ keep: 'visits' });
  const same: UserSession = session.save((error) => void error).destroy(() => undefined);
  const own = getSession<{ cart: string[] }>(request, 'shop');
  own?.cart?.push(same.handle);
  session.cookie.maxAge = 1000;
  session.cookie.expires = null;
}

export function limits(): unknown[] {
  const fixed: SessionOptions['limit'] = { perPrincipal: 3 };
  const byUser: SessionOptions['limit'] = {
    perPrincipal: async (user: string) => user.length,
    whenReached: 'reject',
  };
  // @ts-expect-error an unknown kind
  const kind: SessionOptions['limit'] = { perPrincipal: 3, whenReached: 'evict' };
  // @ts-expect-error a function of a number
  const number: SessionOptions['limit'] = { perPrincipal: (user: number) => user };
  // @ts-expect-error no number of sessions
  const none: SessionOptions['limit'] = {};
  return [fixed, byUser, kind, number, none];
}

export async function passwords(session: UserSession): Promise<unknown[]> {
  const late: SessionOptions['credentialStamp'] = { of: async (user) => (user === '' ? null : user) };
  const now: SessionOptions['credentialStamp'] = { of: () => undefined, checkEvery: 0 };
  // @ts-expect-error of is required
  const none: SessionOptions['credentialStamp'] = { checkEvery: 0 };
  // @ts-expect-error a stamp is a text
  const instant: SessionOptions['credentialStamp'] = { of: () => new Date() };
  const clears: SessionOptions['clearSiteData'] = ['cache', '*'];
  // @ts-expect-error no such type
  const wrong: SessionOptions['clearSiteData'] = ['cookie'];
  await session.refreshStamp();
  return [late, now, none, instant, clears, wrong];
}

export async function devices(registry: SessionRegistry): Promise<unknown[]> {
  const device: SessionOptions['device'] = ({ headers, socket }) =>
    headers['user-agent'] === undefined
      ? null
      : { browser: headers['user-agent'], network: truncatedAddress(socket.remoteAddress) };
  // @ts-expect-error a property of another type
  const wrong: SessionOptions['device'] = () => ({ browser: 1 });
  // @ts-expect-error no promise
  const late: SessionOptions['device'] = async () => ({ browser: 'Firefox' });
  const [first] = await registry.list('u1');
  const browser: string | undefined = first?.device?.browser;
  // @ts-expect-error an undeclared property
  const nobody: unknown = first?.device?.nobody;
  return [device, wrong, late, browser, nobody];
}

export async function job(registry: SessionRegistry): Promise<unknown[]> {
  const snapshot = await registry.sessionSnapshot<{ cart: number[] }>('u1', 'a handle');
  const copy: SessionSnapshot<{ cart: number[] }> | null = snapshot;
  const cart: number[] | undefined = snapshot?.data.cart;
  const handle: string | undefined = snapshot?.handle;
  // @ts-expect-error a snapshot is read-only
  if (snapshot !== null) snapshot.data.cart = [];
  // @ts-expect-error an attribute that is not declared
  const nothing: unknown = snapshot?.data.nothing;
  // @ts-expect-error a principal and a handle
  const late: unknown = registry.sessionSnapshot('u1');
  return [copy, cart, handle, nothing, late];
}
