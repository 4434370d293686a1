import { isUint8Array } from 'node:util/types';
import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** The head that `writeHead` was called with. */
export interface Head {
  readonly status: number;
  readonly reason: string | undefined;
  readonly headers: OutgoingHttpHeaders | readonly unknown[] | undefined;
}

/** Reads `writeHead(status[, reason][, headers])`. Throws as Node does for an invalid argument. */
export function readHead([status, second, third]: readonly unknown[]): Head {
  const reason = typeof second === 'string' ? second : undefined;
  const headers = (reason === undefined ? (third ?? second) : third) as Head['headers'] | null;
  if (reason !== undefined) checkReason(reason);
  if (Array.isArray(headers) && !Array.isArray(headers[0]) && headers.length % 2 !== 0) {
    throw Object.assign(new TypeError('The argument "headers" is invalid: a name has no value'), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
  }
  return { status: checkStatus(status), reason, headers: headers ?? undefined };
}

/** Sets the headers given to `writeHead` on the response. Returns the arguments without them. */
export function mergeHead(res: ServerResponse, args: readonly unknown[]): readonly unknown[] {
  const status = args[0] as number;
  // The head that Node itself writes has this form.
  if (args.length === 1 && Number.isInteger(status) && status >= 100 && status <= 999) return args;
  const head = readHead(args);
  applyHeaders(res, head.headers);
  return head.reason === undefined ? [head.status] : [head.status, head.reason];
}

/** Returns the status as Node sends it. Throws as Node does for an invalid one, but before the commit. */
export function checkStatus(status: unknown): number {
  const code = Number(status) | 0;
  if (code >= 100 && code <= 999) return code;
  throw Object.assign(new RangeError(`Invalid status code: ${String(status)}`), {
    code: 'ERR_HTTP_INVALID_STATUS_CODE',
  });
}

/** Throws as Node does for an invalid reason phrase. */
export function checkReason(reason: string | undefined): void {
  if (reason === undefined || !/[^\t\x20-\x7e\x80-\xff]/.test(reason)) return;
  throw Object.assign(new TypeError('Invalid character in statusMessage'), { code: 'ERR_INVALID_CHAR' });
}

/**
 * Throws as Node does for an invalid chunk. Only `end` may have none. A `Uint8Array` may belong to another
 * realm (`vm`, Jest).
 */
export function checkChunk(chunk: unknown, method: 'write' | 'end' = 'end'): void {
  if (typeof chunk === 'string' || isUint8Array(chunk)) return;
  if (method === 'end' && (chunk == null || typeof chunk === 'function')) return;
  const code = chunk === null ? 'ERR_STREAM_NULL_VALUES' : 'ERR_INVALID_ARG_TYPE';
  const came = chunk === null ? 'null' : typeof chunk;
  throw Object.assign(
    new TypeError(
      `The "chunk" argument must be of type string or an instance of Buffer or Uint8Array. Received ${came}`,
    ),
    { code },
  );
}

/** Sets headers given to `writeHead` on the response, as Node does: each replaces one of the same name. */
export function applyHeaders(res: ServerResponse, headers: Head['headers']): void {
  for (const [name, value] of headerEntries(headers)) res.setHeader(name, value);
}

function headerEntries(headers: Head['headers']): Iterable<[string, OutgoingHttpHeader]> {
  if (headers === undefined) return [];
  if (!Array.isArray(headers)) {
    return Object.entries(headers as OutgoingHttpHeaders) as [string, OutgoingHttpHeader][];
  }
  const pairs = Array.isArray(headers[0]) ? (headers as [string, OutgoingHttpHeader][]) : inPairs(headers);
  return grouped(pairs);
}

function inPairs(flat: readonly unknown[]): [string, OutgoingHttpHeader][] {
  const pairs: [string, OutgoingHttpHeader][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2)
    pairs.push([flat[at] as string, flat[at + 1] as OutgoingHttpHeader]);
  return pairs;
}

/** A name that occurs several times becomes one header with several values. */
function grouped(pairs: readonly [string, OutgoingHttpHeader][]): Iterable<[string, OutgoingHttpHeader]> {
  const byName = new Map<string, [string, OutgoingHttpHeader]>();
  for (const [name, value] of pairs) {
    const known = byName.get(name.toLowerCase());
    byName.set(
      name.toLowerCase(),
      known === undefined ? [name, value] : [name, [known[1], value].flat() as string[]],
    );
  }
  return byName.values();
}
