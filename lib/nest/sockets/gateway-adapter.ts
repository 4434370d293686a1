import type { WebSocketAdapter, WsMessageHandler } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { socketOf, type BoundSocket } from './bound-socket.js';

/** What happens at the connections of an application's gateways. */
export interface GatewayHooks {
  /** Whether a gateway uses the session. Asked once, when the gateways are registered. */
  isNeeded(): boolean;
  /** A client has connected. `args` are what the adapter passes beside it. */
  connected(client: object, args: readonly unknown[]): void;
  /** Runs the handler of a message. */
  run<T>(socket: BoundSocket, step: () => T): T;
}

type Callback = (client: object, ...args: unknown[]) => unknown;

/**
 * Observes the connections of all gateways, whatever adapter they use: Nest asks the configuration for the
 * adapter and calls it for each gateway. The adapter itself is not changed.
 */
export function observeGateways(config: ApplicationConfig, hooks: GatewayHooks): void {
  const getAdapter = config.getIoAdapter.bind(config);
  const observed = new WeakMap<object, WebSocketAdapter>();
  let isNeeded: boolean | null = null;
  config.getIoAdapter = () => {
    // There is none until Nest has made its default one.
    const adapter = getAdapter() as WebSocketAdapter | null | undefined;
    if (adapter == null || !(isNeeded ??= hooks.isNeeded())) return adapter as WebSocketAdapter;
    const known = observed.get(adapter) ?? observe(adapter, hooks);
    observed.set(adapter, known);
    return known;
  };
}

function observe(adapter: WebSocketAdapter, hooks: GatewayHooks): WebSocketAdapter {
  const overrides: Partial<WebSocketAdapter> = {
    bindClientConnect: (server: unknown, callback: Callback) =>
      adapter.bindClientConnect(server, (client: object, ...args: unknown[]) => {
        hooks.connected(client, args);
        return callback(client, ...args);
      }) as unknown,
    bindMessageHandlers: (client: object, handlers: WsMessageHandler[], transform) =>
      adapter.bindMessageHandlers(
        client,
        handlers.map((handler) => observeHandler(client, handler, hooks)),
        transform,
      ) as unknown,
  };
  return new Proxy(adapter, {
    get(target, name) {
      if (Object.hasOwn(overrides, name)) return overrides[name as keyof WebSocketAdapter];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}

function observeHandler(client: object, handler: WsMessageHandler, hooks: GatewayHooks): WsMessageHandler {
  const { callback } = handler;
  return {
    ...handler,
    callback: (...args: unknown[]) => {
      const socket = socketOf(client);
      const run = (): unknown => Reflect.apply(callback, undefined, args);
      return (socket === undefined ? run() : socket.handle(() => hooks.run(socket, run))) as ReturnType<
        typeof callback
      >;
    },
  };
}
