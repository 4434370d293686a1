import { get, type IncomingMessage } from 'node:http';
import type { Browser } from './browser.js';

/** Longest wait for a stream. */
const LIMIT_MS = 20_000;

/** A client of an event stream. */
export interface StreamClient {
  readonly status: number;
  /** What has arrived. */
  text(): string;
  /** Resolves when a text has arrived. */
  received(text: string): Promise<void>;
  /** How the response ended: `end` for a complete one, `aborted` for a connection that was cut. */
  readonly closed: Promise<'end' | 'aborted'>;
  /** The client leaves. */
  leave(): void;
}

/** Opens an event stream, and resolves when its head has arrived. */
export async function openStream(url: string, path: string, browser?: Browser): Promise<StreamClient> {
  const cookie = browser?.cookie;
  const signal = AbortSignal.timeout(LIMIT_MS);
  const headers = { accept: 'text/event-stream', ...(cookie === undefined ? {} : { cookie }) };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url + path, { headers, signal, agent: false }, resolve).on('error', reject);
  });
  return clientOf(response);
}

function clientOf(response: IncomingMessage): StreamClient {
  let text = '';
  let onText = (): void => undefined;
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    onText();
  });
  const closed = new Promise<'end' | 'aborted'>((resolve) => {
    response
      .on('error', () => resolve('aborted'))
      .on('close', () => resolve(response.complete ? 'end' : 'aborted'));
  });
  const received = (wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      onText = () => text.includes(wanted) && resolve();
      onText();
      void closed.then(() => reject(new Error(`The stream has ended without ${JSON.stringify(wanted)}.`)));
    });
  return {
    status: response.statusCode!,
    text: () => text,
    received,
    closed,
    leave: () => response.destroy(),
  };
}
