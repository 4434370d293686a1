import { checkCookieName, checkCookieOptions, isCookieAttribute } from '../cookie/check-cookie-options.js';
import type { CookieOptions } from '../cookie/cookie-options.js';
import { BOOLEAN, checkEach, isOneOf, type Check } from '../cookie/option-checks.js';
import { readSecrets } from '../cookie/secrets.js';
import { chain } from '../core/util/awaitable.js';
import { minutes, seconds, systemClock } from '../core/util/clock.js';
import { describeKind, describeValue } from '../core/util/describe-value.js';
import { MemorySessionStore } from '../stores/memory/memory-session-store.js';
import { isSessionStore, type SessionStore } from '../core/store/session-store.js';
import { hasNotices, missingNotices } from '../core/store/store-powers.js';
import { ExpressStoreAdapter } from '../stores/express-session/store-adapter.js';
import { checkStore, configError } from './check-options.js';
import { CLEAR_SITE_DATA, clearSiteDataOf } from './clear-site-data.js';
import type { CredentialStampOptions } from './credential-stamp-options.js';
import type { ResolvedSessionOptions } from './resolved-session-options.js';
import { resolveTimeouts, TIMEOUT_CHECKS } from './resolve-timeouts.js';
import { resolveLimit } from './session-limit.js';
import { isOptions, type SessionOptions } from './session-options.js';
import { TRUSTED_ORIGINS } from './trusted-origin.js';

/** Longest delay of a timer of Node. */
const LONGEST_TIMER_MS = 2_147_483_647;

const isFiniteDuration = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;
const isTimerDelay = (value: unknown): boolean =>
  isFiniteDuration(value) && Number(value) <= LONGEST_TIMER_MS;

/** Checks of `credentialStamp`. */
const STAMP_CHECKS: Record<keyof CredentialStampOptions, Check> = {
  of: [(value) => typeof value === 'function', 'a function of the principal'],
  checkEvery: [
    (value) => value === 0 || isFiniteDuration(value),
    'a whole number of milliseconds such as minutes(1), or 0 for each request',
  ],
};

const FUNCTION: Check = [(value) => typeof value === 'function', 'a function of the request'];

/** Checks of single options; `null` for options with a check of their own. Combinations are checked later. */
const CHECKS: Record<keyof SessionOptions, Check | null> = {
  secret: null,
  store: null,
  name: null,
  cookie: null,
  timeouts: [
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'an object with profile, idle, absolute or touchEvery',
  ],
  genid: FUNCTION,
  proxy: BOOLEAN,
  resave: BOOLEAN,
  rolling: BOOLEAN,
  saveUninitialized: BOOLEAN,
  unset: [isOneOf('keep', 'destroy'), '"keep" or "destroy"', describeValue],
  sweepEvery: [
    (value) => value === false || isTimerDelay(value),
    'false or a number of milliseconds up to 24 days, such as minutes(1)',
  ],
  load: [isOneOf('eager', 'lazy'), '"eager" or "lazy"', describeValue],
  storeTimeout: [
    (value) => value === Infinity || isTimerDelay(value),
    'a number of milliseconds up to 24 days, such as seconds(2), or Infinity',
  ],
  onStoreError: [
    (value) => value === 'fail' || value === 'anonymous' || typeof value === 'function',
    '"fail", "anonymous" or a function of the request that returns one of them',
    describeValue,
  ],
  onEvent: [(value) => typeof value === 'function', 'a function of an event'],
  principal: [(value) => typeof value === 'function', 'a function of the session'],
  device: FUNCTION,
  limit: null,
  credentialStamp: [
    (value) => (value as { of?: unknown } | null)?.of !== undefined,
    'an object such as { of: (principal) => stampOf(principal), checkEvery: minutes(1) }',
  ],
  saveOnError: BOOLEAN,
  clearSiteData: CLEAR_SITE_DATA,
  checkEvery: [isTimerDelay, 'a number of milliseconds up to 24 days, such as seconds(5)'],
  notify: BOOLEAN,
  trustedOrigins: TRUSTED_ORIGINS,
  clock: [
    (value) => typeof (value as { now?: unknown } | null)?.now === 'function',
    'an object with a now() method',
  ],
};

/**
 * Checks the options, alone and together, and fills in the defaults. Leaves the given object unchanged.
 *
 * @throws SessionError `ERR_SESSION_CONFIG`. The message names the option, the value and the fix.
 */
export function resolveSessionOptions(options: SessionOptions): ResolvedSessionOptions {
  checkOptions(options);
  const { name = 'connect.sid', genid = null, cookie = {} } = options;
  checkCookieName(name);
  const { clock = systemClock, store: givenStore = defaultStore(), sweepEvery = minutes(1) } = options;
  const { storeTimeout = seconds(2), onStoreError = 'fail', onEvent = null } = options;
  checkStore(givenStore);
  const secrets = readSecrets(options.secret);
  const cookieOfRequest = cookieSource(cookie, name);
  const constantCookie = typeof cookie === 'function' ? {} : { ...cookie };
  const timeouts = resolveTimeouts(options.timeouts ?? {}, constantCookie);
  const storeTimeoutMs = storeTimeout === Infinity ? null : storeTimeout;
  const store = isSessionStore(givenStore)
    ? givenStore
    : new ExpressStoreAdapter(givenStore, constantCookie, timeouts, storeTimeoutMs);
  return {
    secrets,
    store,
    givenStore,
    name,
    cookie: cookieOfRequest,
    fixedCookie: typeof cookie === 'function' || cookie.expires ? null : constantCookie,
    ...timeouts,
    ...savingOf(options),
    genid,
    proxy: options.proxy,
    sweepEveryMs: sweepEvery,
    isLazy: resolveLoad(options),
    storeTimeoutMs,
    onStoreError: typeof onStoreError === 'function' ? onStoreError : () => onStoreError,
    onEvent,
    principalOf: options.principal ?? null,
    deviceOf: options.device ?? null,
    limit: resolveLimit(options.limit, store, givenStore),
    stampSource: resolveStamp(options.credentialStamp),
    clearSiteData: clearSiteDataOf(options.clearSiteData),
    checkEveryMs: options.checkEvery ?? seconds(5),
    notify: resolveNotify(options.notify, store, givenStore),
    trustedOrigins: [...(options.trustedOrigins ?? [])],
    clock,
  };
}

/** The options that decide when a session is saved. */
const savingOf = (options: SessionOptions) => ({
  resave: options.resave ?? false,
  rolling: options.rolling ?? false,
  saveUninitialized: options.saveUninitialized ?? false,
  unset: options.unset ?? 'keep',
  saveOnError: options.saveOnError ?? true,
});

/** The store of an application without the option `store`. */
export const defaultStore = (): SessionStore => new MemorySessionStore();

function checkOptions(options: unknown): asserts options is SessionOptions {
  if (!isOptions(options)) {
    throw configError(`The options must be an object with at least a secret, got ${describeKind(options)}.`);
  }
  const misplaced = Object.keys(options).find(isCookieAttribute);
  if (misplaced !== undefined)
    throw configError(`${misplaced} is not an option. Write it as cookie: { ${misplaced}: ... }.`);
  checkEach(options, CHECKS, '');
  const { timeouts, credentialStamp } = options as SessionOptions;
  if (timeouts !== undefined) checkEach(timeouts, TIMEOUT_CHECKS, 'timeouts.');
  if (credentialStamp !== undefined) checkEach(credentialStamp, STAMP_CHECKS, 'credentialStamp.');
}

function resolveNotify(notify = false, store: SessionStore, givenStore: object): boolean {
  if (notify && !hasNotices(store)) throw missingNotices(givenStore, 'The option notify');
  return notify;
}

function resolveStamp(option: CredentialStampOptions | undefined): ResolvedSessionOptions['stampSource'] {
  if (option === undefined) return null;
  return { of: option.of.bind(option), checkEveryMs: option.checkEvery ?? minutes(1) };
}

function cookieSource(cookie: SessionOptions['cookie'], name: string): ResolvedSessionOptions['cookie'] {
  if (typeof cookie === 'function') {
    const checked = (options: unknown): CookieOptions => {
      checkCookieOptions(options, name);
      return options;
    };
    return (req) => chain(cookie(req), checked);
  }
  checkCookieOptions(cookie, name);
  const constant = { ...cookie };
  return () => constant;
}

/** These options act on every request, and a lazy session is loaded only for some. */
function resolveLoad({ load, ...others }: SessionOptions): boolean {
  if (load !== 'lazy') return false;
  for (const option of ['rolling', 'resave', 'saveUninitialized'] as const) {
    if (others[option] !== true) continue;
    throw configError(
      `The options load "lazy" and ${option} true contradict each other: ${option} needs the session of each request. Leave one of them out.`,
    );
  }
  return true;
}
