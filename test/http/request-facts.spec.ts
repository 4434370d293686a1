import type { IncomingMessage } from 'node:http';
import { isInPath, isSecureRequest } from '../../lib/http/request-facts.js';

interface Given {
  readonly encrypted?: unknown;
  readonly secure?: unknown;
  readonly forwarded?: string | string[];
}

function requestOf({ encrypted, secure, forwarded }: Given): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-proto': forwarded };
  return { socket: { encrypted }, secure, headers } as unknown as IncomingMessage;
}

describe('isSecureRequest (R37)', () => {
  it.each<[string, Given, boolean | undefined, boolean]>([
    // title, request, proxy, secure
    ['TLS to this process', { encrypted: true }, undefined, true],
    ['TLS to this process, proxy false', { encrypted: true }, false, true],
    ['TLS to this process, whatever the header says', { encrypted: true, forwarded: 'http' }, true, true],
    ['a socket that is encrypted only nearly', { encrypted: 1 }, undefined, false],
    ['nothing', {}, undefined, false],
    ['what the framework says', { secure: true }, undefined, true],
    ['what the framework says, not quite', { secure: 'true' }, undefined, false],
    [
      'what the framework denies, whatever the header says',
      { secure: false, forwarded: 'https' },
      undefined,
      false,
    ],
    ['the header, without a trusted proxy', { forwarded: 'https' }, undefined, false],
    ['what the framework says, proxy false', { secure: true }, false, false],
    ['the header, proxy false', { forwarded: 'https' }, false, false],
    ['the header, proxy true', { forwarded: 'https' }, true, true],
    ['the header, proxy true, whatever the framework says', { secure: true, forwarded: 'http' }, true, false],
    ['no header, proxy true', {}, true, false],
    ['no header, proxy true, whatever the framework says', { secure: true }, true, false],
    ['an empty header', { forwarded: '' }, true, false],
    ['the first of several', { forwarded: 'https,http' }, true, true],
    ['not the second', { forwarded: 'http,https' }, true, false],
    ['blanks and capitals', { forwarded: ' HTTPS , http' }, true, true],
    ['an empty first one', { forwarded: ',https' }, true, false],
    ['a longer word', { forwarded: 'https2' }, true, false],
    ['several headers', { forwarded: ['https', 'http'] }, true, true],
    ['several headers, the second secure', { forwarded: ['http', 'https'] }, true, false],
  ])('%s', (_, given, proxy, expected) => {
    expect(isSecureRequest(requestOf(given), proxy)).toBe(expected);
  });

  it('is false for a request without a socket', () => {
    expect(isSecureRequest({ socket: null, headers: {} } as unknown as IncomingMessage, undefined)).toBe(
      false,
    );
  });
});

describe('isInPath (R21, W8)', () => {
  it.each<[string, string, boolean]>([
    // URL, cookie path, within
    ['/', '/', true],
    ['/anything?x=/y', '/', true],
    ['/admin', '/admin', true],
    ['/admin/', '/admin', true],
    ['/admin/users', '/admin', true],
    ['/admin?x=1', '/admin', true],
    ['/admin#x', '/admin', true],
    ['/administrator', '/admin', false],
    ['/admin.html', '/admin', false],
    ['/admin%2Fusers', '/admin', false],
    ['/Admin', '/admin', false],
    ['/adm', '/admin', false],
    ['/', '/admin', false],
    ['/x/admin', '/admin', false],
    ['/x?/admin', '/admin', false],
    ['/?path=/admin', '/admin', false],
    ['/admin/', '/admin/', true],
    ['/admin/users', '/admin/', true],
    ['/admin', '/admin/', false],
    ['/%61dmin', '/admin', false],
    ['//admin', '/admin', false],
    ['http://example.com/admin', '/admin', true],
    ['http://example.com/administrator', '/admin', false],
    ['HTTPS://example.com:8080/admin?x', '/admin', true],
    ['http://example.com', '/admin', false],
    ['http://example.com?x=/admin', '/admin', false],
    ['http://admin/x', '/admin', false],
    ['/x?u=http://example.com/admin', '/admin', false],
    ['*', '/admin', false],
    ['', '/admin', false],
    ['', '/', true],
    ['?x=1', '/', true],
  ])('%j within %j: %s', (url, cookiePath, expected) => {
    expect(isInPath({ url } as IncomingMessage, cookiePath)).toBe(expected);
  });

  it('reads originalUrl, since frameworks cut the mount path off url', () => {
    const req = { url: '/users', originalUrl: '/admin/users' } as unknown as IncomingMessage;
    expect([isInPath(req, '/admin'), isInPath(req, '/users')]).toEqual([true, false]);
  });

  it.each([undefined, null, 5, {}])('reads url if originalUrl is not a string: %j', (originalUrl) => {
    expect(isInPath({ url: '/admin', originalUrl } as unknown as IncomingMessage, '/admin')).toBe(true);
  });

  it('treats a request without a URL as one for the root', () => {
    expect([isInPath({} as IncomingMessage, '/'), isInPath({} as IncomingMessage, '/admin')]).toEqual([
      true,
      false,
    ]);
  });
});
