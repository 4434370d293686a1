import { createPrivateKey, createSecretKey, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import {
  days,
  hours,
  MemorySessionStore,
  minutes,
  seconds,
  sessionMiddleware,
  SessionError,
  type SessionOptions,
} from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import { createClient } from 'redis';
import { OTHER_SECRET, SECRET } from '../support/secret.js';

function refusal(options: unknown): SessionError {
  try {
    void sessionMiddleware(options as SessionOptions).close();
  } catch (error) {
    if (error instanceof SessionError) return error;
    throw error;
  }
  throw new Error(`These options were accepted: ${inspect(options)}`);
}

/** It has only what every store has. */
class SilentStore {
  readonly #store = new MemorySessionStore();
  readonly load = this.#store.load.bind(this.#store);
  readonly create = this.#store.create.bind(this.#store);
  readonly patch = this.#store.patch.bind(this.#store);
  readonly rekey = this.#store.rekey.bind(this.#store);
  readonly delete = this.#store.delete.bind(this.#store);
}

const withSecret = (options: object): object => ({ secret: SECRET, ...options });
const withCookie = (cookie: unknown, name?: string): object =>
  withSecret(name === undefined ? { cookie } : { cookie, name });
const withTimeouts = (timeouts: unknown): object => withSecret({ timeouts });

const withStamp = (credentialStamp: unknown): object => withSecret({ credentialStamp });

const BOOLEANS = 'true or false';
const MAX_AGE = 'a whole number of milliseconds from 1 to 400 days';
const DURATION = 'a positive number of milliseconds such as minutes(30)';

describe('options that fail at startup', () => {
  it.each<[string, unknown, string, string, string]>([
    // title, options, option, value, fix
    ['no options', undefined, 'options', 'undefined', 'at least a secret'],
    ['null as options', null, 'options', 'null', 'at least a secret'],
    ['a string as options', 'text', 'options', 'a string', 'at least a secret'],
    ['an array as options', [SECRET], 'options', 'an array of 1', 'at least a secret'],
    ['bytes as options', Buffer.from(SECRET), 'options', 'an instance of Buffer', 'at least a secret'],
    ['a number as options', 8675309, 'options', 'a number', 'at least a secret'],
    ['an unknown option', withSecret({ secert: 1 }), 'secert', 'is not an option', 'secret'],
    [
      'an inherited name as option',
      withSecret({ toString: 1 }),
      'toString',
      'is not an option',
      'The options are',
    ],
    [
      '__proto__ as option',
      JSON.parse(`{"secret":"${SECRET}","__proto__":{}}`),
      '__proto__',
      'is not an option',
      'The options are',
    ],
    [
      'maxAge outside of cookie',
      withSecret({ maxAge: 1000 }),
      'maxAge',
      'is not an option',
      'cookie: { maxAge',
    ],
    [
      'secure outside of cookie',
      withSecret({ secure: true }),
      'secure',
      'is not an option',
      'cookie: { secure',
    ],
    ['ttl of other libraries', withSecret({ ttl: 60 }), 'ttl', 'is not an option', 'timeouts'],

    ['an empty sessionName', withSecret({ sessionName: '' }), 'sessionName', '""', '1 to 128'],
    ['a long sessionName', withSecret({ sessionName: 'x'.repeat(129) }), 'sessionName', '129', '1 to 128'],
    ['a number as sessionName', withSecret({ sessionName: 5 }), 'sessionName', '5', '1 to 128'],
    ['a number as name', withSecret({ name: 5 }), 'name', '5', 'a cookie name'],
    ['null as name', withSecret({ name: null }), 'name', 'null', 'a cookie name'],
    ['an empty name', withSecret({ name: '' }), 'name', '""', 'a cookie name'],
    ['a name with a space', withSecret({ name: 'my sid' }), 'name', '"my sid"', 'without spaces'],
    ['a name with an equals sign', withSecret({ name: 'a=b' }), 'name', '"a=b"', 'a cookie name'],
    [
      'a name with a line break',
      withSecret({ name: 'a\r\nSet-Cookie: b' }),
      'name',
      '"a\\r\\n',
      'a cookie name',
    ],
    ['a name that is not ASCII', withSecret({ name: 'käse' }), 'name', '"käse"', 'a cookie name'],

    ['a store without methods', withSecret({ store: {} }), 'store', 'an object', 'new MemorySessionStore()'],
    ['null as store', withSecret({ store: null }), 'store', 'null', 'SessionStore'],
    [
      'the class of a store',
      withSecret({ store: MemorySessionStore }),
      'store',
      'the function MemorySessionStore',
      'an instance of a store',
    ],
    [
      'a store that lacks a method',
      withSecret({ store: { load() {}, create() {}, patch() {}, delete() {} } }),
      'store',
      'without the method rekey',
      'new MemorySessionStore()',
    ],
    ['a name as store', withSecret({ store: 'redis' }), 'store', 'a string', 'an instance of a store'],
    [
      'a store made for express-session that lacks a method',
      withSecret({ store: { get() {}, set() {} } }),
      'store',
      'without the methods load,',
      'express-session (get, set, destroy)',
    ],

    [
      'a client of the package redis',
      withSecret({ store: createClient() }),
      'store',
      'a Redis client',
      'new RedisSessionStore({ client })',
    ],
    [
      'a client of ioredis',
      withSecret({ store: new Redis({ lazyConnect: true }) }),
      'store',
      'a Redis client',
      'new RedisSessionStore({ client })',
    ],

    ['a string as genid', withSecret({ genid: 'uuid' }), 'genid', 'a string', 'a function of the request'],
    ['null as genid', withSecret({ genid: null }), 'genid', 'null', 'a function'],
    ['a number as proxy', withSecret({ proxy: 1 }), 'proxy', '1', BOOLEANS],
    ['a string as resave', withSecret({ resave: 'false' }), 'resave', 'a string', BOOLEANS],
    ['a number as rolling', withSecret({ rolling: 0 }), 'rolling', '0', BOOLEANS],
    [
      'null as saveUninitialized',
      withSecret({ saveUninitialized: null }),
      'saveUninitialized',
      'null',
      BOOLEANS,
    ],
    ['an unknown unset', withSecret({ unset: 'delete' }), 'unset', '"delete"', '"keep" or "destroy"'],
    ['zero as checkEvery', withSecret({ checkEvery: 0 }), 'checkEvery', '0', 'seconds(5)'],
    ['false as checkEvery', withSecret({ checkEvery: false }), 'checkEvery', 'false', 'seconds(5)'],
    ['a text as notify', withSecret({ notify: 'yes' }), 'notify', 'a string', BOOLEANS],
    [
      'notify with a store that cannot publish',
      withSecret({ notify: true, store: new SilentStore() }),
      'notify',
      'SilentStore has none',
      'publish() and subscribe()',
    ],
    ['zero as sweepEvery', withSecret({ sweepEvery: 0 }), 'sweepEvery', '0', 'minutes(1)'],
    ['true as sweepEvery', withSecret({ sweepEvery: true }), 'sweepEvery', 'true', 'false or a number'],
    [
      'a sweepEvery that no timer can hold',
      withSecret({ sweepEvery: days(25) }),
      'sweepEvery',
      String(days(25)),
      '24 days',
    ],
    ['zero as storeTimeout', withSecret({ storeTimeout: 0 }), 'storeTimeout', '0', 'seconds(2)'],
    [
      'a string as storeTimeout',
      withSecret({ storeTimeout: '2s' }),
      'storeTimeout',
      'a string',
      'seconds(2)',
    ],
    ['NaN as storeTimeout', withSecret({ storeTimeout: Number.NaN }), 'storeTimeout', 'NaN', 'Infinity'],
    [
      'a storeTimeout that no timer can hold',
      withSecret({ storeTimeout: days(25) }),
      'storeTimeout',
      '2160000000',
      'up to 24 days',
    ],
    ['an unknown onStoreError', withSecret({ onStoreError: 'ignore' }), 'onStoreError', '"ignore"', '"fail"'],
    ['true as onStoreError', withSecret({ onStoreError: true }), 'onStoreError', 'true', '"anonymous"'],
    ['an object as onEvent', withSecret({ onEvent: {} }), 'onEvent', 'an object', 'a function'],
    ['a text as principal', withSecret({ principal: 'userId' }), 'principal', 'a string', 'a function'],
    ['an object as device', withSecret({ device: {} }), 'device', 'an object', 'a function of the request'],
    ['infinity as sweepEvery', withSecret({ sweepEvery: Infinity }), 'sweepEvery', 'Infinity', 'false'],
    ['a clock without now', withSecret({ clock: {} }), 'clock', 'an object', 'now()'],
    ['a function as clock', withSecret({ clock: Date.now }), 'clock', 'the function now', 'now()'],

    [
      'a function as credentialStamp',
      withStamp(() => 'x'),
      'credentialStamp',
      'a function',
      'of: (principal)',
    ],
    ['null as credentialStamp', withStamp(null), 'credentialStamp', 'null', 'of: (principal)'],
    [
      'credentialStamp without of',
      withStamp({ checkEvery: 1 }),
      'credentialStamp',
      'an object',
      'of: (principal)',
    ],
    ['an undefined of', withStamp({ of: undefined }), 'credentialStamp', 'an object', 'of: (principal)'],
    ['a text as of', withStamp({ of: 'x' }), 'credentialStamp.of', 'a string', 'a function of the principal'],
    [
      'an unknown part of credentialStamp',
      withStamp({ of() {}, ttl: 1 }),
      'ttl',
      'is not an option',
      'checkEvery',
    ],
    ...[-1, 1.5, Number.POSITIVE_INFINITY, '1m', null].map(
      (checkEvery) =>
        [
          `${String(checkEvery)} as checkEvery`,
          withStamp({ of() {}, checkEvery }),
          'credentialStamp.checkEvery',
          typeof checkEvery === 'string' ? 'a string' : String(checkEvery),
          'minutes(1), or 0',
        ] as [string, unknown, string, string, string],
    ),
    ['a text as saveOnError', withSecret({ saveOnError: 'no' }), 'saveOnError', 'a string', BOOLEANS],

    ['a number as timeouts', withTimeouts(60), 'timeouts', '60', 'profile, idle, absolute or touchEvery'],
    ['null as timeouts', withTimeouts(null), 'timeouts', 'null', 'profile, idle, absolute or touchEvery'],
    [
      'an array as timeouts',
      withTimeouts([minutes(30), hours(12)]),
      'timeouts',
      'an array of 2',
      'profile, idle, absolute or touchEvery',
    ],
    [
      'an empty array as timeouts',
      withTimeouts([]),
      'timeouts',
      'an array of 0',
      'profile, idle, absolute or touchEvery',
    ],
    ['an unknown timeout', withTimeouts({ idel: 1 }), 'timeouts.idel', 'is not an option', 'idle'],
    ['a string as timeout', withTimeouts({ idle: '30m' }), 'timeouts.idle', 'a string', DURATION],
    ['zero as timeout', withTimeouts({ idle: 0 }), 'timeouts.idle', '0', DURATION],
    ['a negative timeout', withTimeouts({ absolute: -1 }), 'timeouts.absolute', '-1', DURATION],
    ['NaN as timeout', withTimeouts({ absolute: Number.NaN }), 'timeouts.absolute', 'NaN', DURATION],
    ['a fraction of a millisecond as timeout', withTimeouts({ idle: 1.5 }), 'timeouts.idle', '1.5', DURATION],
    ['null as timeout', withTimeouts({ idle: null }), 'timeouts.idle', 'null', DURATION],
    ['an unsafe number as timeout', withTimeouts({ idle: 1e300 }), 'timeouts.idle', '1e+300', DURATION],
    [
      'infinity as touchEvery',
      withTimeouts({ touchEvery: Infinity }),
      'timeouts.touchEvery',
      'Infinity',
      'minutes(1)',
    ],
    [
      'an idle timeout beyond the absolute timeout (S-35)',
      withTimeouts({ idle: hours(2), absolute: hours(1) }),
      'timeouts.idle',
      String(hours(2)),
      'Shorten idle or lengthen absolute',
    ],
    [
      'an idle timeout beyond the default absolute timeout',
      withTimeouts({ idle: days(31) }),
      'timeouts.idle',
      String(days(31)),
      '30 days, the default',
    ],
    [
      'a touchEvery that is not shorter than the idle timeout',
      withTimeouts({ idle: minutes(5), touchEvery: minutes(5) }),
      'timeouts.touchEvery',
      String(minutes(5)),
      'A tenth',
    ],
    [
      'a touchEvery beyond the default idle timeout',
      withTimeouts({ touchEvery: hours(25) }),
      'timeouts.touchEvery',
      String(hours(25)),
      'A tenth',
    ],
    [
      'a touchEvery beyond cookie.maxAge',
      withSecret({ cookie: { maxAge: seconds(30) }, timeouts: { touchEvery: minutes(1) } }),
      'timeouts.touchEvery',
      String(minutes(1)),
      'A tenth',
    ],
    [
      'a cookie that lives longer than its session',
      withCookie({ maxAge: days(31) }),
      'cookie.maxAge',
      String(days(31)),
      'Set timeouts.absolute',
    ],

    ['a string as cookie', withCookie('secure'), 'cookie', 'a string', 'an object of attributes'],
    ['null as cookie', withCookie(null), 'cookie', 'null', 'an object of attributes'],
    ['an array as cookie', withCookie([]), 'cookie', 'an array of 0', 'an object of attributes'],
    [
      'an unknown attribute of the cookie',
      withCookie({ samesite: 'lax' }),
      'cookie.samesite',
      'is not an option',
      'sameSite',
    ],
    [
      'an inherited name as attribute',
      withCookie({ constructor: 1 }),
      'cookie.constructor',
      'is not an option',
      'sameSite',
    ],
    [
      'a URL as domain',
      withCookie({ domain: 'https://example.com' }),
      'cookie.domain',
      '"https://example.com"',
      'without scheme or port',
    ],
    [
      'a domain with a port',
      withCookie({ domain: 'localhost:3000' }),
      'cookie.domain',
      '"localhost:3000"',
      'without scheme or port',
    ],
    ['an empty domain', withCookie({ domain: '' }), 'cookie.domain', '""', 'a host name'],
    [
      'a domain that adds an attribute',
      withCookie({ domain: 'a.example; Secure' }),
      'cookie.domain',
      '"a.example; Secure"',
      'a host name',
    ],
    [
      'a string as expires',
      withCookie({ expires: '2030-01-01' }),
      'cookie.expires',
      'a string',
      'a Date in the future',
    ],
    [
      'an invalid Date as expires',
      withCookie({ expires: new Date('x') }),
      'cookie.expires',
      'an instance of Date',
      'maxAge',
    ],
    ['a string as httpOnly', withCookie({ httpOnly: 'true' }), 'cookie.httpOnly', 'a string', BOOLEANS],
    ['a string as maxAge', withCookie({ maxAge: '1000' }), 'cookie.maxAge', 'a string', MAX_AGE],
    ['zero as maxAge', withCookie({ maxAge: 0 }), 'cookie.maxAge', '0', MAX_AGE],
    ['a negative maxAge', withCookie({ maxAge: -1 }), 'cookie.maxAge', '-1', MAX_AGE],
    ['a fraction as maxAge', withCookie({ maxAge: 0.5 }), 'cookie.maxAge', '0.5', MAX_AGE],
    [
      'a maxAge beyond the limit of browsers (S-26)',
      withCookie({ maxAge: days(401) }),
      'cookie.maxAge',
      String(days(401)),
      MAX_AGE,
    ],
    ['infinity as maxAge', withCookie({ maxAge: Infinity }), 'cookie.maxAge', 'Infinity', MAX_AGE],
    [
      'a string as partitioned',
      withCookie({ partitioned: 'yes' }),
      'cookie.partitioned',
      'a string',
      BOOLEANS,
    ],
    ['a path without a slash', withCookie({ path: 'admin' }), 'cookie.path', '"admin"', 'begins with "/"'],
    [
      'a path that adds an attribute',
      withCookie({ path: '/;Domain=x' }),
      'cookie.path',
      '"/;Domain=x"',
      'without ";"',
    ],
    [
      'a path with a line break',
      withCookie({ path: '/\r\nx' }),
      'cookie.path',
      '"/\\r\\nx"',
      'begins with "/"',
    ],
    ['an empty path', withCookie({ path: '' }), 'cookie.path', '""', 'begins with "/"'],
    ['an unknown priority', withCookie({ priority: 'High' }), 'cookie.priority', '"High"', '"high"'],
    ['an unknown sameSite', withCookie({ sameSite: 'Lax' }), 'cookie.sameSite', '"Lax"', '"lax"'],
    ['null as sameSite', withCookie({ sameSite: null }), 'cookie.sameSite', 'null', '"lax"'],
    ['an unknown secure', withCookie({ secure: 'yes' }), 'cookie.secure', '"yes"', '"auto"'],
    [
      'sameSite none on an insecure cookie (S-21)',
      withCookie({ sameSite: 'none', secure: false }),
      'cookie.sameSite',
      '"none"',
      'Set cookie.secure',
    ],
    [
      'partitioned on an insecure cookie (S-21)',
      withCookie({ partitioned: true, secure: false }),
      'cookie.partitioned',
      'cookie.secure',
      'Set cookie.secure',
    ],
    [
      'two ends of the cookie',
      withCookie({ maxAge: 1000, expires: new Date(Date.now() + 60_000) }),
      'cookie.maxAge',
      'cookie.expires',
      'Keep maxAge',
    ],

    [
      '__Host- on a cookie that is not always secure (S-21)',
      withCookie({}, '__Host-id'),
      '"__Host-id"',
      'undefined',
      'cookie.secure true',
    ],
    [
      "__Host- with secure 'auto'",
      withCookie({ secure: 'auto' }, '__Host-id'),
      '"__Host-id"',
      '"auto"',
      'cookie.secure true',
    ],
    [
      '__Host- with a domain (S-21)',
      withCookie({ secure: true, domain: 'example.com' }, '__Host-id'),
      'cookie.domain',
      '"example.com"',
      '__Secure-',
    ],
    [
      '__Host- with a path (S-21)',
      withCookie({ secure: true, path: '/shop' }, '__Host-id'),
      'cookie.path',
      '"/shop"',
      '__Secure-',
    ],
    [
      '__Secure- on an insecure cookie',
      withCookie({ secure: false }, '__Secure-id'),
      '"__Secure-id"',
      'false',
      'cookie.secure true',
    ],
    [
      'a prefix in another case (S-27)',
      withCookie({}, '__HOST-id'),
      '"__HOST-id"',
      'undefined',
      'cookie.secure true',
    ],
    [
      '__Http- without httpOnly (S-25)',
      withCookie({ secure: true, httpOnly: false }, '__Http-id'),
      'cookie.httpOnly',
      'false',
      'Remove httpOnly',
    ],
    [
      '__Host-Http- with a path (S-25)',
      withCookie({ secure: true, path: '/x' }, '__Host-Http-id'),
      'cookie.path',
      '"/x"',
      'needs cookie.path "/"',
    ],
  ])('%s', (_, options, option, value, fix) => {
    const { code, message } = refusal(options);
    expect(code).toBe('ERR_SESSION_CONFIG');
    expect(message).toContain(option);
    expect(message).toContain(value);
    expect(message).toContain(fix);
    expect(message.length).toBeLessThan(400);
    expect(message).not.toContain(SECRET);
  });
});

describe('an option error', () => {
  const WEAK = 'the secret';
  // No cookie name, path or domain can hold these characters, so the whole text is rejected.
  const STRONG = 'c2VjcmV0IHNlY3JldA+/=;"c2VjcmV0IA';

  it.each<[string, unknown]>([
    ['a string instead of options', WEAK],
    ['an array instead of options', [WEAK]],
    ['bytes instead of options', Buffer.from(WEAK)],
    ['an option that does not exist', { secrets: WEAK }],
    ['an option written in another case', { Secret: [WEAK] }],
    ['an attribute of the cookie', withCookie({ secret: WEAK })],
    ['a timeout', withTimeouts({ secret: WEAK })],
    ...['store', 'cookie', 'timeouts', 'genid', 'proxy', 'resave', 'rolling', 'saveUninitialized'].flatMap(
      (option): [string, unknown][] => [
        [`the option ${option}`, withSecret({ [option]: WEAK })],
        [`an array as the option ${option}`, withSecret({ [option]: [WEAK] })],
      ],
    ),
    ...['sweepEvery', 'storeTimeout', 'onEvent', 'principal', 'device', 'clock'].map(
      (option): [string, unknown] => [`the option ${option}`, withSecret({ [option]: WEAK })],
    ),
    ...['expires', 'httpOnly', 'maxAge', 'partitioned'].map((option): [string, unknown] => [
      `the option cookie.${option}`,
      withCookie({ [option]: WEAK }),
    ]),
    ...['idle', 'absolute', 'touchEvery'].map((option): [string, unknown] => [
      `the option timeouts.${option}`,
      withTimeouts({ [option]: WEAK }),
    ]),
    ['a function as the option secret', { secret: () => WEAK }],
    ['an object as the option secret', { secret: { secret: WEAK } }],
  ])('does not show a secret that was given as %s (S-68)', (_, options) => {
    const error = refusal(options);
    expect(error.code).toBe('ERR_SESSION_CONFIG');
    expect(inspect({ ...error, message: error.message })).not.toContain(WEAK);
  });

  it.each<[string, unknown]>([
    ...['name', 'unset', 'load', 'onStoreError', 'sessionName'].map((option): [string, unknown] => [
      option,
      withSecret({ [option]: option === 'sessionName' ? [STRONG] : STRONG }),
    ]),
    ...['domain', 'path', 'priority', 'sameSite', 'secure'].map((option): [string, unknown] => [
      `cookie.${option}`,
      withCookie({ [option]: STRONG }),
    ]),
  ])('does not show a text as long as a secret that was given as the option %s (S-68)', (_, options) => {
    const error = refusal(options);
    expect(error.code).toBe('ERR_SESSION_CONFIG');
    expect(inspect({ ...error, message: error.message })).not.toContain(STRONG.slice(0, 8));
  });
});

const MAKE_ONE = 'randomBytes(32)';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');

describe('secrets that fail at startup, and are not shown', () => {
  it.each<[string, unknown, string, string, string | null]>([
    // title, secret, option, shown text, hidden text
    ['no secret', undefined, 'secret', 'missing', null],
    ['null', null, 'secret', 'missing', null],
    ['an empty secret', '', 'secret', 'missing', null],
    ['an empty array', [], 'secret', 'empty array', null],
    ['a short secret', 'keyboard cat', 'secret', 'got 12', 'keyboard'],
    ['a secret of 31 bytes', 'Q7x!'.repeat(8).slice(1), 'secret', 'got 31', 'x!Q7'],
    ['a short second secret', [SECRET, 'keyboard cat'], 'secret[1]', 'got 12', 'keyboard'],
    ['an empty secret among others', [SECRET, ''], 'secret[1]', 'got 0', SECRET],
    ['a missing secret among others', [SECRET, undefined], 'secret[1]', 'undefined', SECRET],
    [
      'a secret that can be guessed',
      'abababababababababababababababababab',
      'secret',
      'different bytes, got 2',
      'abab',
    ],
    ['short bytes', Buffer.from('keyboard cat'), 'secret', 'got 12', 'keyboard'],
    ['bytes of zero', Buffer.alloc(64), 'secret', 'different bytes, got 1', null],
    ['a short key', createSecretKey(Buffer.from('keyboard cat')), 'secret', 'got 12', 'keyboard'],
    ['a public key', publicKey, 'secret', 'KeyObject', null],
    [
      'a private key',
      createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      'secret',
      'KeyObject',
      'BEGIN',
    ],
    ['an object', { secret: 'keyboard cat' }, 'secret', 'an object', 'keyboard'],
    ['a number', 8675309, 'secret', 'a number', '8675309'],
    ['a bigint', 8675309n, 'secret', 'a bigint', '8675309'],
    ['an array of an array', [['keyboard cat']], 'secret[0]', 'an array of 1', 'keyboard'],
    ['a function', () => SECRET, 'secret', 'function', SECRET],
  ])('%s', (_, secret, option, shown, hidden) => {
    const error = refusal({ secret });
    expect(error.code).toBe('ERR_SESSION_CONFIG');
    expect(error.message).toContain(option);
    expect(error.message).toContain(shown);
    expect(error.message).toMatch(/Make one with|must be a string, bytes or a secret KeyObject/);
    if (hidden !== null) expect(inspect({ ...error, message: error.message })).not.toContain(hidden);
  });

  it('are reported with a command that makes a good secret', () => {
    expect(refusal({}).message).toContain(MAKE_ONE);
  });
});

/** Freezes an object and all plain objects and arrays in it. */
function frozen<T>(value: T): T {
  if (
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value) as object)
  ) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}

const GOOD: [string, SessionOptions][] = [
  ['a secret alone', { secret: SECRET }],
  ['a secret of 32 bytes', { secret: 'abcdefghij'.repeat(4).slice(0, 32) }],
  ['a secret of 16 letters of two bytes', { secret: 'äöüßéèêáàâóòôúùû' }],
  ['several secrets (S-15)', { secret: [SECRET, OTHER_SECRET] }],
  ['a Buffer as secret (S-77)', { secret: Buffer.from(SECRET) }],
  ['a Uint8Array as secret', { secret: new Uint8Array(Buffer.from(SECRET)) }],
  ['a key as secret', { secret: createSecretKey(Buffer.from(SECRET)) }],
  [
    'several kinds of secrets',
    { secret: [SECRET, Buffer.from(OTHER_SECRET), createSecretKey(Buffer.from(SECRET))] },
  ],
  [
    'all options together (S-77)',
    {
      secret: SECRET,
      store: new MemorySessionStore(),
      name: 'sid',
      cookie: {
        domain: 'example.com',
        httpOnly: true,
        maxAge: hours(1),
        partitioned: true,
        path: '/shop',
        priority: 'high',
        sameSite: 'none',
        secure: true,
      },
      timeouts: { idle: minutes(30), absolute: hours(12), touchEvery: minutes(1) },
      genid: () => 'x'.repeat(32),
      proxy: true,
      resave: true,
      rolling: true,
      saveUninitialized: true,
      unset: 'destroy',
      sweepEvery: minutes(5),
      clock: new FakeClock(),
    },
  ],
  [
    'undefined for every optional option',
    {
      secret: SECRET,
      store: undefined,
      name: undefined,
      cookie: undefined,
      timeouts: undefined,
      genid: undefined,
      proxy: undefined,
      resave: undefined,
      rolling: undefined,
      saveUninitialized: undefined,
      unset: undefined,
      sweepEvery: undefined,
      clock: undefined,
    },
  ],
  [
    'undefined for every attribute of the cookie',
    {
      secret: SECRET,
      cookie: {
        domain: undefined,
        expires: undefined,
        httpOnly: undefined,
        maxAge: undefined,
        partitioned: undefined,
        path: undefined,
        priority: undefined,
        sameSite: undefined,
        secure: undefined,
      },
    },
  ],
  ['a cookie as a function of the request (S-77)', { secret: SECRET, cookie: () => ({ maxAge: 1000 }) }],
  ['a cookie with expires (S-77)', { secret: SECRET, cookie: { expires: new Date(Date.now() + hours(1)) } }],
  ['a cookie that ends with the browser', { secret: SECRET, cookie: { maxAge: null, expires: null } }],
  ["a cookie of 'auto' (S-77)", { secret: SECRET, cookie: { secure: 'auto', sameSite: 'auto' } }],
  ["sameSite none, secure 'auto'", { secret: SECRET, cookie: { sameSite: 'none', secure: 'auto' } }],
  ['sameSite as booleans', { secret: SECRET, cookie: { sameSite: false } }],
  ['a domain with a dot before it (R96)', { secret: SECRET, cookie: { domain: '.example.com' } }],
  ['a domain that is an address', { secret: SECRET, cookie: { domain: '127.0.0.1' } }],
  ['__Host- with a secure cookie (S-21)', { secret: SECRET, name: '__Host-id', cookie: { secure: true } }],
  [
    '__Host- with the default path',
    { secret: SECRET, name: '__Host-id', cookie: { secure: true, path: '/' } },
  ],
  [
    '__Secure- with a path and a domain (S-21)',
    { secret: SECRET, name: '__Secure-id', cookie: { secure: true, path: '/x', domain: 'example.com' } },
  ],
  ['__Host-Http- (S-25)', { secret: SECRET, name: '__Host-Http-id', cookie: { secure: true } }],
  ['no limits', { secret: SECRET, timeouts: { idle: Infinity, absolute: Infinity } }],
  [
    'no idle timeout with an absolute timeout',
    { secret: SECRET, timeouts: { idle: Infinity, absolute: hours(1) } },
  ],
  [
    'an absolute timeout below the default idle timeout',
    { secret: SECRET, timeouts: { absolute: hours(1) } },
  ],
  [
    'a cookie of the longest lifetime (S-26)',
    { secret: SECRET, cookie: { maxAge: days(400) }, timeouts: { absolute: days(400) } },
  ],
  [
    'an idle timeout beside cookie.maxAge',
    { secret: SECRET, cookie: { maxAge: days(7) }, timeouts: { idle: hours(1) } },
  ],
  ['no limit for store calls', { secret: SECRET, storeTimeout: Number.POSITIVE_INFINITY }],
  ['continuing without the session', { secret: SECRET, onStoreError: 'anonymous' as const }],
  [
    'a credential stamp of each request',
    { secret: SECRET, credentialStamp: { of: () => 'x', checkEvery: 0 } },
  ],
  ['a credential stamp', { secret: SECRET, credentialStamp: { of: async () => null } }],
  ['what a logout clears', { secret: SECRET, saveOnError: false, clearSiteData: ['cache', '*'] as const }],
  ['no sweeping (serverless)', { secret: SECRET, sweepEvery: false }],
  ['the longest time between sweeps', { secret: SECRET, sweepEvery: 2_147_483_647 }],
  [
    'a store that is not a subclass',
    {
      secret: SECRET,
      store: {
        load: async () => null,
        create: async () => 'created' as const,
        patch: async () => 'missing' as const,
        rekey: async () => 'missing' as const,
        delete: async () => 'missing' as const,
      },
    },
  ],
  [
    'a store made for express-session (S-79)',
    { secret: SECRET, store: { get: () => undefined, set: () => undefined, destroy: () => undefined } },
  ],
];

describe('options that are accepted', () => {
  it.each(GOOD)('%s', (_, options) => {
    const middleware = sessionMiddleware(options);
    expect(middleware).toHaveLength(3);
    void middleware.close();
  });

  it.each(GOOD)('frozen, and are not changed: %s', (_, options) => {
    const before = inspect(options, { depth: 5 });
    void sessionMiddleware(frozen(options)).close();
    expect(inspect(options, { depth: 5 })).toBe(before);
  });

  it('do not change with the object of the caller afterwards', () => {
    const cookie: { maxAge: number | string } = { maxAge: 1000 };
    const options = { secret: SECRET, cookie } as SessionOptions;
    const middleware = sessionMiddleware(options);
    cookie.maxAge = 'broken';
    expect(() => middleware.close()).not.toThrow();
  });

  it('can be closed twice', () => {
    const middleware = sessionMiddleware({ secret: SECRET });
    void middleware.close();
    void middleware.close();
    expect(middleware).toBeInstanceOf(Function);
  });
});
