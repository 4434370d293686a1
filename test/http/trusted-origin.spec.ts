import type { IncomingMessage } from 'node:http';
import { ConnectionSessions } from '../../lib/http/connection-sessions.js';
import { EventReporter } from '../../lib/http/event-reporter.js';
import { SessionHandler } from '../../lib/http/session-handler.js';
import { isOwnOrigin } from '../../lib/http/trusted-origin.js';
import { resolveSessionOptions } from '../../lib/http/resolve-options.js';
import { SECRET } from '../support/secret.js';

const request = (headers: object): IncomingMessage => ({ headers }) as IncomingMessage;

describe('the origin of a handshake (S-63)', () => {
  it.each([
    ['https://example.com', { host: 'example.com' }],
    ['http://example.com', { host: 'example.com' }],
    ['https://example.com', { host: 'example.com:443' }],
    ['https://example.com', { host: 'EXAMPLE.com' }],
    ['http://localhost:3000', { host: 'localhost:3000' }],
    ['http://[::1]:3000', { host: '[::1]:3000' }],
    ['https://example.com', { ':authority': 'example.com' }],
  ])('%s is the own one of %j', (origin, headers) => {
    expect(isOwnOrigin(request(headers), origin)).toBe(true);
  });

  it.each([
    ['https://evil.com', { host: 'example.com' }],
    ['https://example.com.evil.com', { host: 'example.com' }],
    ['https://sub.example.com', { host: 'example.com' }],
    ['http://localhost:3001', { host: 'localhost:3000' }],
    ['null', { host: 'null' }],
    ['', { host: '' }],
    ['https://example.com', {}],
    ['https://example.com', { host: 'exa mple' }],
  ])('%s is not that of %j', (origin, headers) => {
    expect(isOwnOrigin(request(headers), origin)).toBe(false);
  });
});

describe('a handshake without Origin (S-63)', () => {
  const connections = (): ConnectionSessions => {
    const options = resolveSessionOptions({ secret: SECRET });
    const events = new EventReporter(options, { log: () => undefined, warn: () => undefined });
    const hooks = { sessionName: undefined, events, answer: () => true, report: () => undefined };
    return new ConnectionSessions({
      options,
      events,
      sessionName: undefined,
      handler: new SessionHandler(options, hooks),
    });
  };

  it.each([
    ['a script of another site', { 'sec-fetch-site': 'cross-site' }, false],
    ['a script of another host of the site', { 'sec-fetch-site': 'same-site' }, false],
    ['the own page', { 'sec-fetch-site': 'same-origin' }, true],
    ['a program', {}, true],
  ])('of %s uses the session: %j, %s', (_, headers, isTrusted) => {
    const withCookie = request({
      ...headers,
      host: 'example.com',
      cookie: '__Host-sid=x; sid=x; connect.sid=x',
    });
    expect(connections().isTrusted(withCookie)).toBe(isTrusted);
    expect(connections().isTrusted(request({ ...headers, host: 'example.com' }))).toBe(true);
  });
});

describe('the option trustedOrigins', () => {
  it.each([
    ['https://app.example.com', '"https://app.example.com"'],
    [['https://app.example.com/'], 'an array with "https://app.example.com/"'],
    [['app.example.com'], 'an array with "app.example.com"'],
    [['https://a.example.com', 7], 'an array with 7'],
    [['null'], 'an array with "null"'],
    [['wss://app.example.com'], 'an array with "wss://app.example.com"'],
  ])('refuses %j and names it', (trustedOrigins, shown) => {
    const options = { secret: SECRET, trustedOrigins: trustedOrigins as string[] };
    expect(() => resolveSessionOptions(options)).toThrow(`got ${shown}.`);
  });
});
