import { mergeLeaves, type Json, type JsonObject } from '../core/leaf-merge.js';
import type { Session } from './session.js';

/** The text of a session without its cookie: what tells whether it was changed. */
export function textOf(session: object): string {
  return JSON.stringify(session, function (this: unknown, name: string, value: unknown) {
    return this === session && name === 'cookie' ? undefined : value;
  });
}

/** Brings what others wrote into a session that began with `base`; what both changed is as here. */
export function mergeText(session: Session, base: string | null, written: string): void {
  const mine = JSON.parse(textOf(session)) as JsonObject;
  const began = base === null ? undefined : (JSON.parse(base) as Json);
  const merged = (mergeLeaves(began, JSON.parse(written) as Json, mine) ?? {}) as JsonObject;
  const data = session as unknown as Record<string, unknown>;
  for (const name of Object.keys(mine)) if (!Object.hasOwn(merged, name)) delete data[name];
  for (const [name, value] of Object.entries(merged)) {
    if (JSON.stringify(data[name]) !== JSON.stringify(value) && !(name in Object.getPrototypeOf(session)))
      data[name] = value;
  }
}
