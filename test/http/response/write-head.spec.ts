import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { runInNewContext } from 'node:vm';
import {
  applyHeaders,
  checkChunk,
  checkStatus,
  readHead,
  type Head,
} from '../../../lib/http/response/write-head.js';

/** The error that a call throws. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const newResponse = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()));

/** The error that Node throws; `null` if it throws none. */
function faultOf(call: () => unknown): { code: unknown; name: string } | null {
  try {
    call();
    return null;
  } catch (error) {
    return { code: (error as { code?: unknown }).code, name: (error as Error).name };
  }
}

const HEADERS = { 'x-a': '1' };

describe('readHead', () => {
  it.each<[string, unknown[], Head]>([
    ['a status', [200], { status: 200, reason: undefined, headers: undefined }],
    ['a status and headers', [201, HEADERS], { status: 201, reason: undefined, headers: HEADERS }],
    [
      'a status, a reason',
      [404, 'Gone fishing'],
      { status: 404, reason: 'Gone fishing', headers: undefined },
    ],
    [
      'a status, a reason and headers',
      [404, 'Gone fishing', HEADERS],
      { status: 404, reason: 'Gone fishing', headers: HEADERS },
    ],
    ['an empty reason', [200, '', HEADERS], { status: 200, reason: '', headers: HEADERS }],
    [
      'no reason, but headers behind it',
      [200, undefined, HEADERS],
      { status: 200, reason: undefined, headers: HEADERS },
    ],
    ['null for the reason', [200, null, HEADERS], { status: 200, reason: undefined, headers: HEADERS }],
    ['null for the headers', [200, 'OK', null], { status: 200, reason: 'OK', headers: undefined }],
    ['null for everything', [200, null, null], { status: 200, reason: undefined, headers: undefined }],
    [
      'a flat list of headers',
      [200, ['x-a', '1']],
      { status: 200, reason: undefined, headers: ['x-a', '1'] },
    ],
    ['a status in text', ['204'], { status: 204, reason: undefined, headers: undefined }],
  ])('reads %s', (_, args, expected) => {
    expect(readHead(args)).toEqual(expected);
  });

  it.each<[string, unknown[]]>([
    ['a status', [200]],
    ['headers', [200, { 'x-a': '1', 'x-b': ['2', '3'], 'x-c': 4 }]],
    ['a reason', [200, 'Fine', { 'x-a': '1' }]],
    ['no reason', [200, undefined, { 'x-a': '1' }]],
    ['headers in both places', [200, { 'x-a': 'second' }, { 'x-a': 'third' }]],
    ['a flat list', [200, ['x-a', '1', 'x-b', '2']]],
    ['a flat list with values in lists', [200, ['Set-Cookie', ['a=1', 'b=2']]]],
    ['a header that was set before', [200, { 'X-Before': 'new' }]],
    ['a header of a list that was set before', [200, ['X-Before', 'new']]],
  ])('and applyHeaders have the effect of writeHead: %s', (_, args) => {
    const [held, theirs] = [newResponse(), newResponse()];
    for (const res of [held, theirs]) res.setHeader('X-Before', 'old');
    const head = readHead(args);
    applyHeaders(held, head.headers);
    (theirs.writeHead as (...given: unknown[]) => unknown).apply(theirs, args);
    const texts = (res: ServerResponse) =>
      Object.fromEntries(
        Object.entries(res.getHeaders()).map(([name, value]) => [name, [value].flat().map(String)]),
      );
    expect(texts(held)).toEqual(texts(theirs));
    expect(head.status).toBe(theirs.statusCode);
  });
});

describe('applyHeaders', () => {
  it.each<[string, Head['headers'], Record<string, unknown>]>([
    ['nothing', undefined, {}],
    ['an object', { 'X-A': '1', 'x-b': 2 }, { 'x-a': '1', 'x-b': 2 }],
    [
      'a list of pairs',
      [
        ['x-a', '1'],
        ['Set-Cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
      { 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] },
    ],
    ['an empty list', [], {}],
    [
      'a flat list with a name twice',
      ['Set-Cookie', 'a=1', 'set-cookie', 'b=2'],
      { 'set-cookie': ['a=1', 'b=2'] },
    ],
    ['three of one name', ['x-a', '1', 'x-a', '2', 'X-A', '3'], { 'x-a': ['1', '2', '3'] }],
  ])('sets on the response: %s', (_, headers, expected) => {
    const res = newResponse();
    applyHeaders(res, headers);
    expect({ ...res.getHeaders() }).toEqual(expected);
  });

  it('keeps former cookies, so that the session cookie can be added (R44)', () => {
    const res = newResponse();
    res.setHeader('Set-Cookie', ['a=1']);
    applyHeaders(res, { 'x-a': '1' });
    expect(res.getHeader('set-cookie')).toEqual(['a=1']);
  });

  it('throws immediately for what Node refuses', () => {
    expect(thrownBy(() => applyHeaders(newResponse(), { 'x a': '1' }))).toMatchObject({
      code: 'ERR_INVALID_HTTP_TOKEN',
    });
    expect(thrownBy(() => applyHeaders(newResponse(), { 'x-a': 'a\r\nb' }))).toMatchObject({
      code: 'ERR_INVALID_CHAR',
    });
  });
});

describe('checkStatus', () => {
  it.each<[unknown]>([
    [100],
    [200],
    [999],
    ['200'],
    [200.9],
    [99],
    [1000],
    [0],
    [-200],
    ['abc'],
    [undefined],
    [null],
    [Number.NaN],
    [Infinity],
    [{}],
    [true],
    [''],
  ])('accepts and refuses what Node does: %p', (status) => {
    const theirs = newResponse();
    const expected = faultOf(() => theirs.writeHead(status as number));
    expect(faultOf(() => checkStatus(status))).toEqual(expected);
    if (expected === null) expect(checkStatus(status)).toBe(theirs.statusCode);
  });
});

describe('checkChunk', () => {
  it.each<[string, unknown]>([
    ['text', 'x'],
    ['empty text', ''],
    ['a Buffer', Buffer.from('x')],
    ['a Uint8Array', new Uint8Array(1)],
    ['a Uint8Array of another realm', runInNewContext('new Uint8Array(1)')],
    ['nothing', undefined],
    ['null', null],
    ['a callback in its place', () => undefined],
  ])('accepts %s', (_, chunk) => {
    expect(() => checkChunk(chunk)).not.toThrow();
  });

  it.each<[string, unknown]>([
    ['a number', 1],
    ['an object', {}],
    ['an array', ['x']],
    ['a boolean', true],
    ['a bigint', 1n],
    ['a DataView', new DataView(new ArrayBuffer(1))],
    ['an ArrayBuffer', new ArrayBuffer(1)],
  ])('throws as Node does for %s', (_, chunk) => {
    const expected = faultOf(() => newResponse().end(chunk));
    expect(expected).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(faultOf(() => checkChunk(chunk))).toEqual(expected);
  });
});
