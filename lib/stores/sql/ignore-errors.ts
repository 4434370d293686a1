interface Emitter {
  on(event: 'error', listener: () => void): unknown;
  removeListener(event: 'error', listener: () => void): unknown;
}

const ignore = (): void => undefined;

/** How many stores hear the errors of an emitter: many stores over one client add one listener. */
const heard = new WeakMap<Emitter, number>();

/**
 * Hears the errors of a client that it tells nobody else: a connection that breaks while no statement waits for it would
 * end the process. The next statement fails, or finds another connection.
 *
 * @returns what stops it again.
 */
export function ignoreErrors(client: unknown): () => void {
  if (!isEmitter(client)) return () => undefined;
  const before = heard.get(client) ?? 0;
  if (before === 0) client.on('error', ignore);
  heard.set(client, before + 1);
  let isOn = true;
  return () => {
    if (!isOn) return;
    isOn = false;
    const left = heard.get(client)! - 1;
    heard.set(client, left);
    if (left === 0) client.removeListener('error', ignore);
  };
}

function isEmitter(client: unknown): client is Emitter {
  const { on, removeListener } = (client ?? {}) as Record<string, unknown>;
  return typeof on === 'function' && typeof removeListener === 'function';
}
