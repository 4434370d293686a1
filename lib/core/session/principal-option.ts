import { applicationName } from './attribute-name.js';
import { deviceFacts } from './login-device.js';
import { bind } from './login.js';
import { LOGIN, STAMP } from './own-attributes.js';
import { dropEdit } from './own-edits.js';
import { pendingIdentity } from './pending-identity.js';
import { beforeLogin } from './session-checkpoint.js';
import { madeHandle, ownerOf } from './session-identity.js';
import type { SessionState } from './session-state.js';

const NOTHING: ReadonlyMap<string, string> = new Map();
const NO_NAMES: ReadonlySet<string> = new Set();

/**
 * Binds the session to the result of the option `principal`, as stores index it; `null` ends the login. The
 * next commit moves the record to a new id.
 *
 * An anonymous visitor who signs in keeps all attributes. From one user to another, or to nobody, those stay
 * that this request has written.
 * @throws SessionError `ERR_SESSION_VALUE` for a device that cannot be recorded.
 */
export function bindByOption(state: SessionState, principal: string | null): void {
  const { stored, moving, pending, parts, now } = state;
  const owner = ownerOf(state);
  if (principal !== null && owner === principal && stored?.record.principal === principal)
    return bindAgain(state, principal);
  const device = principal === null ? null : deviceFacts(state);
  const undo = principal === null ? null : beforeLogin(state);
  const isOthers = owner !== null && owner !== principal;
  if (isOthers) keepChanged(state);
  const formerPrincipal = state.identity.principal;
  const isFirst = stored !== null && moving === null;
  const formerHandle = isFirst && parts.features.sink.isOn ? madeHandle(state) : null;
  // No browser holds the id of a new session. An id that a failed write may have stored is not used again.
  if (isFirst || state.unsettled.moved !== null) {
    state.dropId();
    state.unsettled = { moved: null, patches: state.unsettled.patches };
  }
  if (stored !== null || moving !== null) state.moving = isOthers ? NO_NAMES : (moving ?? 'all');
  const settings = isOthers && !hasChangedCookie(state) ? null : state.cookie.settings;
  state.own = parts.named;
  dropEdit(state, STAMP);
  state.needsStamp = false;
  state.formerOwner = null;
  state.identify(now, null);
  state.cookie.use(state.seed(settings, now));
  if (principal !== null) bind(state, principal, { at: now, methods: {}, ...device, via: 'option' });
  const kind = principal === null ? 'logout' : 'login';
  const isAutomatic = moving === null;
  const noted = { formerHandle: pending?.formerHandle ?? formerHandle, formerPrincipal, isAutomatic };
  undo?.begun();
  state.pending = pendingIdentity(kind, { ...noted, undo });
}

/** The application has called `regenerate()` and kept who the user is: that is no login. */
function bindAgain(state: SessionState, principal: string): void {
  const kept = new Map(state.own ?? NOTHING);
  for (const name of [LOGIN, STAMP]) {
    const text = state.stored!.record.attributes.get(name);
    if (text !== undefined) kept.set(name, text);
  }
  if (kept.size > 0) state.own = kept;
  state.identify(state.identity.createdAt, principal);
}

/** Drops the attributes that this request has not written. The others count as added by it. */
export function keepChanged({ attributes }: SessionState): void {
  const kept: string[] = [];
  for (const [stored, { to }] of attributes.changes()) {
    const name = to === null ? null : applicationName(stored);
    if (name !== null) kept.push(name);
  }
  attributes.keepOnly(kept);
  attributes.saved(NOTHING);
}

const hasChangedCookie = ({ cookie, stored }: SessionState): boolean =>
  cookie.differsFrom(stored?.cookieSettings ?? null);
