import { withDeadline } from '../../core/util/deadline.js';
import { type Driver, INSTALLED, loadRedisDriver, type RedisPackages } from './own-drivers.js';
import { connectionOf, type RedisConnection, type RedisServer } from './redis-clients.js';
import { safeError, StoreError } from '../../core/util/store-error.js';
import { ResponseWatchdog } from './response-watchdog.js';

export type { RedisPackages } from './own-drivers.js';

const NAME = 'RedisSessionStore';

/** Limit for the wait of a command for a connection; shorter than the engine's limit for a store. */
const WAIT_MS = 1000;
/** A connection without any response for this time, while commands are pending, is closed. */
const SILENCE_MS = 2000;
/** Shortest time between two reconnects because of a server that is not the primary. */
const RECONNECT_EVERY_MS = 1000;

/** A connection that the store itself has opened. */
export interface OwnConnection extends RedisConnection {
  /** Closes the connection immediately. Pending commands fail. */
  close(): void;
}

/**
 * Connects to a server. Reconnects when the connection is lost, when it no longer responds, or when the
 * server has become a replica: after a failover the host name may resolve to the new primary.
 *
 * @throws Error that contains the command to install a package, when none is installed.
 */
export function connectTo(url: string, packages: RedisPackages = INSTALLED): OwnConnection {
  return new OwnClient(url, packages);
}

interface Link {
  readonly driver: Driver;
  readonly connection: RedisConnection;
  readonly watchdog: ResponseWatchdog;
}

class OwnClient implements OwnConnection {
  readonly isCluster = false;
  readonly keyPrefix = '';
  readonly canSubscribe = true;
  readonly #url: string;
  readonly #driverFor: (url: string) => Driver;
  readonly #waiting = new Set<() => void>();
  /** The current link, and former ones that finish their pending commands. */
  readonly #open = new Set<Link>();
  #link: Link;
  #reason: unknown;
  #reconnectedAt = -RECONNECT_EVERY_MS;
  #isClosed = false;

  constructor(url: string, packages: RedisPackages) {
    this.#url = url;
    this.#driverFor = loadRedisDriver(packages);
    this.#link = this.#connect();
  }

  async send(command: string, args: readonly string[], key: string): Promise<unknown> {
    if (this.#isClosed) throw new StoreError('The RedisSessionStore is closed.');
    // The client must not queue the command: it would run long after its request has failed.
    if (!this.#link.driver.isReady()) await this.#waitUntilReady();
    const link = this.#link;
    try {
      return await link.watchdog.watch(link.connection.send(command, args, key));
    } catch (error) {
      if (isWrongServer(error)) this.#reconnect(link);
      throw error;
    }
  }

  servers(): readonly RedisServer[] {
    const [{ subscriber }] = this.#link.connection.servers() as [Required<RedisServer>];
    return [{ name: '', send: (command, args) => this.send(command, args, ''), subscriber }];
  }

  close(): void {
    this.#isClosed = true;
    for (const { driver } of this.#open) driver.close();
  }

  #connect(): Link {
    const driver = this.#makeDriver();
    const { client } = driver;
    let setupDone = (): void => undefined;
    const link: Link = {
      driver,
      connection: connectionOf(client)!,
      watchdog: new ResponseWatchdog(SILENCE_MS, () => this.#replaceSilent(link)),
    };
    this.#open.add(link);
    client.on('error', (error) => {
      setupDone();
      if (this.#link === link) this.#reason = safeError(NAME, error);
    });
    // The client sends its own commands first, to which the server may not respond either.
    client.on('connect', () => {
      setupDone();
      void link.watchdog.watch(new Promise<void>((resolve) => (setupDone = resolve))).catch(() => undefined);
    });
    client.on('ready', () => {
      setupDone();
      // The link was closed while it was connecting.
      if (!this.#open.has(link) || this.#isClosed) driver.close();
      if (this.#link !== link) return;
      this.#reason = undefined;
      for (const proceed of this.#waiting) proceed();
      this.#waiting.clear();
    });
    return link;
  }

  #makeDriver(): Driver {
    try {
      return this.#driverFor(this.#url);
    } catch (error) {
      throw safeError(NAME, error);
    }
  }

  async #waitUntilReady(): Promise<void> {
    let proceed = (): void => undefined;
    const ready = new Promise<void>((resolve) => (proceed = resolve));
    this.#waiting.add(proceed);
    const late = (): Error =>
      new StoreError('The RedisSessionStore has no connection to its server.', { cause: this.#reason });
    await withDeadline(ready, WAIT_MS, late).finally(() => this.#waiting.delete(proceed));
  }

  /** Replaces a link that no longer responds. */
  #replaceSilent(link: Link): Error {
    const silent = new StoreError(
      `The server of the RedisSessionStore did not respond within ${SILENCE_MS} ms.`,
    );
    this.#open.delete(link);
    if (this.#link === link && !this.#isClosed) {
      this.#link = this.#connect();
      this.#reason = silent;
    }
    link.driver.close();
    return silent;
  }

  /** Opens a new link, to find the primary. Pending commands on the old link may still finish. */
  #reconnect(link: Link): void {
    const now = performance.now();
    if (this.#link !== link || this.#isClosed || now - this.#reconnectedAt < RECONNECT_EVERY_MS) return;
    this.#reconnectedAt = now;
    this.#link = this.#connect();
    setTimeout(() => {
      this.#open.delete(link);
      link.driver.close();
    }, SILENCE_MS).unref();
  }
}

/**
 * Whether a server responds that it is not the primary, or not ready: a replica, a server that loads its
 * file, or a replica without its primary. Older servers put the word into a sentence about the script.
 */
const isWrongServer = (error: unknown): boolean =>
  error instanceof Error && /(?:^|[\s-])(?:READONLY|LOADING|MASTERDOWN) /.test(error.message);
