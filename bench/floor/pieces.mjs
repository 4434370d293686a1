import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dataOf, SECRET, SIZES } from '../lib/sessions.mjs';

/** Loads the dependencies of express-session, in the versions that it uses. */
const require = createRequire(import.meta.resolve('express-session'));
const file = (path) => import(pathToFileURL(join(process.env.BENCH_BUILD, path)).href);

const OTHERS = 'theme=dark; consent=yes; ';

/**
 * The smallest operations of a session layer. `peer` is the implementation of express-session, `here` the one
 * of this package. `both` marks an operation that is measured only for scale.
 */
export async function pieces() {
  const [cookie, signature, uid] = ['cookie', 'cookie-signature', 'uid-safe'].map((name) => require(name));
  const { rawCookieValues } = await file('cookie/cookie-header.js');
  const { readSecrets } = await file('cookie/secrets.js');
  const { signedValue } = await file('cookie/cookie-signature.js');
  const { SignatureCache } = await file('cookie/signature-cache.js');
  const { SessionAttributes } = await file('core/session/attributes.js');
  const { newSessionId } = await file('core/session-id.js');
  const { sessionKey } = await file('core/session-id.js');

  const secrets = readSecrets(SECRET);
  const ids = new SignatureCache(secrets, sessionKey);
  const id = newSessionId();
  const value = signedValue(id, secrets);
  const sent = encodeURIComponent(value);
  const header = `${OTHERS}sid=${sent}`;
  const data = { cookie: { path: '/', httpOnly: true, originalMaxAge: null }, ...dataOf(SIZES.s) };
  const texts = new Map(Object.entries(dataOf(SIZES.s)).map(([name, one]) => [name, JSON.stringify(one)]));
  const attributes = new SessionAttributes({}, new Set());
  attributes.hydrate(texts);
  const text = JSON.stringify(data);
  const unread = (key, one) => (key === 'cookie' ? undefined : one);

  return {
    'a Cookie header is searched for one name': {
      peer: () => cookie.parse(header).sid,
      here: () => rawCookieValues(header, 'sid'),
    },
    'the signature of a cookie is checked': {
      peer: () => signature.unsign(value.slice(2), SECRET),
      here: () => ids.candidatesIn([sent]),
    },
    'an id is drawn': { peer: () => uid.sync(24), here: () => newSessionId() },
    'an id is signed': { peer: () => signature.sign(id, SECRET), here: () => signedValue(id, secrets) },
    'the key of an id is computed': { here: () => sessionKey(id) },
    'a session of 60 bytes is looked through for changes': {
      peer: () => createHash('sha1').update(JSON.stringify(data, unread), 'utf8').digest('hex'),
      here: () => attributes.changes(),
    },
    'a session of 60 bytes is parsed': {
      peer: () => JSON.parse(text),
      here: () => [...texts.values()].map((one) => JSON.parse(one)),
    },
    'for scale: HMAC-SHA256 of 32 bytes': {
      both: () => createHmac('sha256', SECRET).update(id).digest('base64'),
    },
    'for scale: 24 random bytes': { both: () => randomBytes(24) },
  };
}
