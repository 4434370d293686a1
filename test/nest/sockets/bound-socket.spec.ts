import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IncomingMessage } from 'node:http';
import type { ConnectionSessions } from '../../../lib/http/connection-sessions.js';
import { bindSocket, socketOf } from '../../../lib/nest/sockets/bound-socket.js';
import { observeGateways } from '../../../lib/nest/sockets/gateway-adapter.js';

/** A client of `ws`. */
class Client extends EventEmitter {
  readonly closed: string[] = [];
  close(code: number, reason: string): void {
    this.closed.push(`${code} ${reason}`);
  }
}

const request = { headers: {} } as IncomingMessage;

const sessionsWith = (parts: object): ConnectionSessions =>
  ({
    name: 'default',
    isTrusted: () => true,
    load: async () => ({}),
    watch: () => () => undefined,
    reportUnsaved: async () => undefined,
    ...parts,
  }) as unknown as ConnectionSessions;

describe('a socket with the session of its handshake', () => {
  it('waits for a load from its start: its failure would else be an unhandled rejection', async () => {
    const failing = Promise.reject<object>(new Error('down'));
    let isAwaited = false;
    const load = (): Promise<object> =>
      Object.assign(failing, {
        then: (...args: Parameters<Promise<object>['then']>) => {
          isAwaited = true;
          return Promise.prototype.then.apply(failing, args);
        },
      });
    const client = new Client();
    bindSocket(client, [request], sessionsWith({ load: () => load() }));
    const isAwaitedAtOnce = isAwaited;
    failing.catch(() => undefined);
    expect(await socketOf(client)!.handle(() => 'handled')).toBeUndefined();
    expect([isAwaitedAtOnce, client.closed]).toEqual([true, ['1013 session-unavailable']]);
  });

  it('is closed where it cannot be watched', async () => {
    const client = new Client();
    const watch = (): never => {
      throw new Error('down');
    };
    bindSocket(client, [request], sessionsWith({ watch }));
    expect(await socketOf(client)!.handle(() => 'handled')).toBeUndefined();
    expect(client.closed).toEqual(['1013 session-unavailable']);
  });

  it('is never passed to its gateway where its page is of another origin (S-63)', async () => {
    const client = new Client();
    const refused = sessionsWith({ isTrusted: () => false });
    let connect: ((client: object, ...args: unknown[]) => unknown) | undefined;
    const adapter = { bindClientConnect: (_: unknown, callback: never) => void (connect = callback) };
    const config = { getIoAdapter: () => adapter };
    const passed: unknown[] = [];
    observeGateways(config as never, {
      isNeeded: () => true,
      connected: (one, args) => bindSocket(one, args, refused),
      run: (_socket, step) => step(),
    });
    (
      config.getIoAdapter() as { bindClientConnect(server: object, callback: object): void }
    ).bindClientConnect({}, (one: unknown) => void passed.push(one));
    // Two gateways of one server.
    for (let gateway = 0; gateway < 2; gateway++) connect!(client, request);
    await nextTurn();
    expect([passed, client.closed]).toEqual([[], ['1008 forbidden-origin']]);
  });

  it.each([
    ['has no listeners', { request, close: () => undefined }],
    ['cannot be closed', Object.assign(new EventEmitter(), { request })],
    ['is no object', undefined],
  ])('has no session where the client of an adapter %s', (_, client) => {
    expect(bindSocket(client as object, [request], sessionsWith({}))).toBe(true);
    expect(socketOf(client)).toBeUndefined();
  });
});
