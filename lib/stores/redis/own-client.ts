import { withDeadline } from '../../core/util/deadline.js';
import { type Driver, INSTALLED, loadRedisDriver, type RedisPackages } from './own-drivers.js';
import { connectionOf, type RedisConnection } from './redis-clients.js';
import { safeError, StoreError } from '../../core/util/store-error.js';
import { ResponseWatchdog } from './response-watchdog.js';

export type { RedisPackages } from './own-drivers.js';

const NAME = 'RedisSessionStore';

/** Longest time that a command waits for a connection; shorter than the engine waits for a store. */
const WAIT_MS = 1000;
/** A connection on which nothing was said for so long, though something was asked, is given up. */
const SILENCE_MS = 2000;
/** A server that says that it is the wrong one is looked for anew no sooner than this after the last time. */
const SEEK_EVERY_MS = 1000;

/** A connection of the store's own. */
export interface OwnConnection extends RedisConnection {
  /** Ends it at once, whatever is under way. */
  close(): void;
}

/**
 * Connects to a server by itself, and again whenever the connection is lost, says nothing any more, or leads to a server
 * that has become another one's copy: its name may lead to the right one by now.
 *
 * @throws Error that says how to install a package, where there is none.
 */
export function connectTo(url: string, packages: RedisPackages = INSTALLED): OwnConnection {
  return new OwnClient(url, packages);
}

interface Line {
  readonly driver: Driver;
  readonly connection: RedisConnection;
  readonly watch: ResponseWatchdog;
}

class OwnClient implements OwnConnection {
  readonly isCluster = false;
  readonly #url: string;
  readonly #driverFor: (url: string) => Driver;
  readonly #waiting = new Set<() => void>();
  /** The line in use, and those that end what is under way on them. */
  readonly #open = new Set<Line>();
  #line: Line;
  #reason: unknown;
  #soughtAt = -SEEK_EVERY_MS;
  #isClosed = false;

  constructor(url: string, packages: RedisPackages) {
    this.#url = url;
    this.#driverFor = loadRedisDriver(packages);
    this.#line = this.#connect();
  }

  async send(command: string, words: readonly string[], key: string): Promise<unknown> {
    if (this.#isClosed) throw new StoreError('The RedisSessionStore is closed.');
    // A command that the client keeps for later would be carried out long after its request was told that it failed.
    if (!this.#line.driver.isReady()) await this.#untilReady();
    const line = this.#line;
    try {
      return await line.watch.heed(line.connection.send(command, words, key));
    } catch (error) {
      if (isWrongServer(error)) this.#seek(line);
      throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { driver } of this.#open) driver.close();
  }

  #connect(): Line {
    const driver = this.#makeDriver();
    const { client } = driver;
    let greeted = (): void => undefined;
    const line: Line = {
      driver,
      connection: connectionOf(client)!,
      watch: new ResponseWatchdog(SILENCE_MS, () => this.#giveUp(line)),
    };
    this.#open.add(line);
    client.on('error', (error) => {
      greeted();
      if (this.#line === line) this.#reason = safeError(NAME, error);
    });
    // The first words on a connection are the client's own, and may stay without an answer as well.
    client.on('connect', () => {
      greeted();
      void line.watch.heed(new Promise<void>((resolve) => (greeted = resolve))).catch(() => undefined);
    });
    client.on('ready', () => {
      greeted();
      // It was closed while it was connecting.
      if (!this.#open.has(line) || this.#isClosed) driver.close();
      if (this.#line !== line) return;
      this.#reason = undefined;
      for (const proceed of this.#waiting) proceed();
      this.#waiting.clear();
    });
    return line;
  }

  #makeDriver(): Driver {
    try {
      return this.#driverFor(this.#url);
    } catch (error) {
      throw safeError(NAME, error);
    }
  }

  async #untilReady(): Promise<void> {
    let proceed = (): void => undefined;
    const ready = new Promise<void>((resolve) => (proceed = resolve));
    this.#waiting.add(proceed);
    const late = (): Error =>
      new StoreError('The RedisSessionStore has no connection to its server.', { cause: this.#reason });
    await withDeadline(ready, WAIT_MS, late).finally(() => this.#waiting.delete(proceed));
  }

  /** Ends a line that has fallen silent. */
  #giveUp(line: Line): Error {
    const silent = new StoreError('The server of the RedisSessionStore did not answer.');
    this.#open.delete(line);
    if (this.#line === line && !this.#isClosed) {
      this.#line = this.#connect();
      this.#reason = silent;
    }
    line.driver.close();
    return silent;
  }

  /** Looks for the right server. What others asked the wrong one meanwhile is answered still. */
  #seek(line: Line): void {
    const now = performance.now();
    if (this.#line !== line || this.#isClosed || now - this.#soughtAt < SEEK_EVERY_MS) return;
    this.#soughtAt = now;
    this.#line = this.#connect();
    setTimeout(() => {
      this.#open.delete(line);
      line.driver.close();
    }, SILENCE_MS).unref();
  }
}

/**
 * Whether a server responds that it is not the primary, or not ready: a replica, a server that loads its file, or a replica
 * without its primary. Older servers put the word into a sentence about the script.
 */
const isWrongServer = (error: unknown): boolean =>
  error instanceof Error && /(?:^|[\s-])(?:READONLY|LOADING|MASTERDOWN) /.test(error.message);
