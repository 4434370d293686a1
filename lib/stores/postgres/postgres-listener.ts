/** One connection of `pg`, as `LISTEN` needs it. */
export interface ListenClient {
  query(text: string): PromiseLike<unknown>;
  on(event: 'notification', listener: (message: { channel: string; payload?: string }) => void): unknown;
  on(event: 'error' | 'end', listener: () => void): unknown;
  readonly connection?: { readonly stream?: { destroy?(): unknown } };
}

/** A connection that no other statement uses. */
export interface ListenLease {
  readonly client: ListenClient;
  /** Closes the connection, and resolves when it is closed. */
  release(): Promise<unknown>;
}

/** Opens a connection for `LISTEN`. */
export type LeaseConnection = () => Promise<ListenLease>;

/** The part of a `pg` pool that is used. */
interface PoolOfClients {
  connect(): Promise<ListenClient & { release(isBroken: boolean): void }>;
  readonly options?: { readonly max?: unknown };
}

/** A function that checks a connection out of the pool of an application. */
export function leaseFrom(pool: object): LeaseConnection {
  return async () => {
    const client = await (pool as PoolOfClients).connect();
    const ended = new Promise<void>((resolve) => client.on('end', resolve));
    return {
      client,
      release: () => {
        // The pool closes it: another user must not get a connection that listens.
        client.release(true);
        return ended;
      },
    };
  };
}

/** Whether a pool has one connection only: `LISTEN` would leave none for requests. */
export const hasOneConnection = (pool: object): boolean => (pool as PoolOfClients).options?.max === 1;

/** What `publish` and `subscribe` of a store need that has another client than a pool. */
export const POOL_NEED =
  'a connection of its own for LISTEN, which the PostgresSessionStore cannot open with its option client. ' +
  'Pass a Pool of pg, or set the option url';

/** What they need with a pool of one connection. */
export const TWO_CONNECTIONS_NEED =
  'a Pool of at least two connections as the option client of the PostgresSessionStore: LISTEN takes one of ' +
  'them, and with max: 1 none is left for requests. Set max of the Pool to 2 or more';
