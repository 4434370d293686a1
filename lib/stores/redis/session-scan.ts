import { createHash } from 'node:crypto';
import type { SessionKey } from '../../core/session-id.js';
import type { StoredSession } from '../../core/store/session-store.js';
import type { SessionPage } from '../../core/store/store-powers.js';
import { StoreError } from '../../core/util/store-error.js';
import type { RedisAccess } from './redis-access.js';
import type { RedisServer } from './redis-clients.js';
import { isRecord, type SessionReader } from './session-reader.js';

/** Most commands per page, on a server with many other keys. */
const ROUNDS = 20;
/** Most keys that the server examines per command, so that it is not blocked. */
const MOST_EXAMINED = 1000;

/** Where a scan continues. */
interface Place {
  readonly server: RedisServer;
  readonly from: string;
}

/**
 * Lists all sessions with the command `SCAN`, server by server. A cursor names a server by a hash of its
 * address, and where its scan continues. Servers are scanned in the order of these names, so a server that
 * joins or leaves meanwhile changes the place of no other.
 */
export class SessionScanner {
  readonly #access: RedisAccess;
  readonly #reader: SessionReader;

  constructor(access: RedisAccess, reader: SessionReader) {
    this.#access = access;
    this.#reader = reader;
  }

  async scan(cursor: string | null, limit: number): Promise<SessionPage> {
    if (cursor === null) await this.#access.findServers();
    const servers = this.#access.servers().map(named).sort(byName);
    const keys = new Set<SessionKey>();
    let place: Place | null = placeOf(servers, cursor);
    for (let [rounds, count] = [0, limit]; place !== null && rounds < ROUNDS && keys.size < limit; rounds++) {
      const [next, found] = await this.#examine(place, count);
      for (const key of found) keys.add(key);
      if (found.length === 0) count = Math.min(count * 2, MOST_EXAMINED);
      place = next === '0' ? following(servers, place) : { ...place, from: next };
    }
    const sessions = await this.#load([...keys]);
    return { sessions, cursor: place && `${place.server.name}:${place.from}` };
  }

  async #examine({ server, from }: Place, count: number): Promise<[string, SessionKey[]]> {
    const prefix = this.#access.storedPrefix;
    const pattern = `${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`;
    const reply = await server.send('scan', [from, 'MATCH', pattern, 'COUNT', String(count)]);
    const [next, keys] = reply as [unknown, readonly unknown[]];
    return [String(next), keys.map((key) => String(key).slice(prefix.length) as SessionKey)];
  }

  async #load(keys: readonly SessionKey[]): Promise<StoredSession[]> {
    const records = await Promise.all(keys.map((key) => this.#reader.load(key)));
    return keys.flatMap((key, n) => {
      const record = records[n];
      return isRecord(record) ? [{ key, record }] : [];
    });
  }
}

function placeOf(servers: readonly RedisServer[], cursor: string | null): Place {
  const [first] = servers;
  if (first === undefined)
    throw new StoreError('The client of the RedisSessionStore has found no server of its cluster.');
  const [name, from = '0'] = cursor?.split(':') ?? [];
  const server = servers.find((each) => each.name === name);
  // If the server is gone, its sessions may be on any other: all are scanned again.
  return server === undefined ? { server: first, from: '0' } : { server, from };
}

function following(servers: readonly RedisServer[], { server }: Place): Place | null {
  const next = servers[servers.indexOf(server) + 1];
  return next === undefined ? null : { server: next, from: '0' };
}

/** A cursor may leave the application: it must not contain an address. */
const named = ({ name, send }: RedisServer): RedisServer => ({
  name: name === '' ? '' : createHash('sha256').update(name).digest('base64url').slice(0, 12),
  send,
});

const byName = (one: RedisServer, other: RedisServer): number => (one.name < other.name ? -1 : 1);
