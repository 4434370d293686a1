import type { SessionKey } from 'nest-session';
import type { Mutant } from './mutant.js';
import { ReferenceStore } from './reference-store.js';

class ScansNoAnonymous extends ReferenceStore {
  override async scan(cursor: string | null, limit: number) {
    const page = await super.scan(cursor, limit);
    return { ...page, sessions: page.sessions.filter(({ record }) => record.principal !== null) };
  }
}

class ScansNoExpired extends ReferenceStore {
  override async scan(cursor: string | null, limit: number) {
    const page = await super.scan(cursor, limit);
    return { ...page, sessions: page.sessions.filter(({ record }) => record.expiresAt > Date.now()) };
  }
}

class ScansInOnePage extends ReferenceStore {
  override async scan(cursor: string | null) {
    return super.scan(cursor, Infinity);
  }
}

class EndsAtAShortPage extends ReferenceStore {
  override async scan(cursor: string | null, limit: number) {
    const page = await super.scan(cursor, limit);
    const left = await super.scan(page.cursor, limit);
    return left.cursor === null ? { ...page, cursor: null } : page;
  }
}

class ScansByOffset extends ReferenceStore {
  override async scan(cursor: string | null, limit: number) {
    const from = Number(cursor ?? 0);
    const sessions = this.stored();
    const next = from + limit;
    return { sessions: sessions.slice(from, next), cursor: next < sessions.length ? `${next}` : null };
  }
}

class ScansDeleted extends ReferenceStore {
  override async delete(key: SessionKey) {
    const record = this.readable(key);
    if (record !== null) this.deleted.push({ key, record });
    return super.delete(key);
  }

  readonly deleted: Awaited<ReturnType<ReferenceStore['scan']>>['sessions'][number][] = [];

  override async scan(cursor: string | null, limit: number) {
    const page = await super.scan(cursor, limit);
    return page.cursor === null ? { ...page, sessions: [...page.sessions, ...this.deleted] } : page;
  }
}

const ALL = 'lists every session over pages: anonymous and expired ones too';

/** Mutants of `SessionScan`. */
export const SCAN_MUTANTS: readonly Mutant[] = [
  { fault: 'lists no session without a principal', make: () => new ScansNoAnonymous(), caughtBy: ALL },
  { fault: 'lists no expired session in a scan', make: () => new ScansNoExpired(), caughtBy: ALL },
  { fault: 'ignores the length of a page', make: () => new ScansInOnePage(), caughtBy: ALL },
  { fault: 'omits the last page', make: () => new EndsAtAShortPage(), caughtBy: ALL },
  {
    fault: 'counts sessions to find the next page',
    make: () => new ScansByOffset(),
    caughtBy: 'lists each session that exists throughout, while others are created and deleted',
  },
  {
    fault: 'lists deleted sessions in a scan',
    make: () => new ScansDeleted(),
    caughtBy: 'lists no session that was deleted or moved before, and nothing in an empty store',
  },
].map((mutant) => ({ ...mutant, caughtBy: `scan > ${mutant.caughtBy}` }));
