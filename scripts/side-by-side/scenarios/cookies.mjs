import { Buffer } from 'node:buffer';
import cookieParser from 'cookie-parser';
import { createHmac } from 'node:crypto';
import { SECRET } from '../play.mjs';
import { group, holding, KNOWN_ID, text } from './common.mjs';

const OTHER = 'another secret of thirty-two bytes';
const hmac = (id, secret) => createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
const signed = (id, secret = SECRET) => encodeURIComponent(`s:${id}.${hmac(id, secret)}`);
const good = signed(KNOWN_ID);
const known = holding({ cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }, n: 1 });
const withCookie = (header, path = '/read') => ({ path, cookie: () => header });

const incoming = {
  good: `connect.sid=${good}`,
  'among others': `a=1; connect.sid=${good}; b=2`,
  'without blanks': `a=1;connect.sid=${good};b=2`,
  'in quotes': `connect.sid="${good}"`,
  'not percent-encoded': `connect.sid=s:${KNOWN_ID}.${hmac(KNOWN_ID, SECRET)}`,
  'forged signature': `connect.sid=${signed(KNOWN_ID, OTHER)}`,
  'no signature': `connect.sid=s%3A${KNOWN_ID}`,
  'no prefix': `connect.sid=${KNOWN_ID}.${encodeURIComponent(hmac(KNOWN_ID, SECRET))}`,
  'capital prefix': `connect.sid=S%3A${good.slice(4)}`,
  'padding added': `connect.sid=${good}%3D`,
  empty: 'connect.sid=',
  'signed empty id': `connect.sid=${signed('')}`,
  undecodable: 'connect.sid=%E0%A4%A',
  'other letters in the name': `Connect.Sid=${good}`,
  'twice, the good one first': `connect.sid=${good}; connect.sid=s%3Aother.xx`,
  'twice, both good': `connect.sid=${good}; connect.sid=${signed('unknown')}`,
  'twice, the good one second': `connect.sid=${signed(KNOWN_ID, OTHER)}; connect.sid=${good}`,
  'twice, an unsigned one first': `connect.sid=nothing; connect.sid=${good}`,
  'unknown id': `connect.sid=${signed('unknown')}`,
  'id with dots': `connect.sid=${signed('a.b.c')}`,
  'id with a name of a prototype': `connect.sid=${signed('__proto__')}`,
  'no equals sign': 'connect.sid',
};

const express = (spec) => ({ on: 'express', ...spec });
const parser = (secret) => [() => cookieParser(secret)];
const assign = (values) => [() => (req, res, next) => (Object.assign(req, values), next())];

const options = {
  name: { name: 'session' },
  key: { key: 'session' },
  'name over key': { name: 'one', key: 'other' },
  'name that is none': { name: 'a b' },
  genid: { genid: () => 'made-by-genid' },
  'genid from the request': { genid: (req) => `of ${req.url}` },
  'genid that throws': {
    genid: () => {
      throw new Error('no id');
    },
  },
  'genid that gives nothing': { genid: () => undefined },
  'genid that gives a number': { genid: () => 42 },
  'genid that gives a promise': { genid: async () => 'id' },
  'domain, path and flags': {
    cookie: { domain: 'example.com', path: '/', httpOnly: false, priority: 'high', partitioned: true },
  },
  'sameSite true': { cookie: { sameSite: true } },
  'sameSite lax': { cookie: { sameSite: 'lax' } },
  'sameSite none': { cookie: { sameSite: 'NONE' } },
  'sameSite wrong': { cookie: { sameSite: 'sometimes' } },
  'priority wrong': { cookie: { priority: 'urgent' } },
  'domain wrong': { cookie: { domain: 'a\nb' } },
  maxAge: { cookie: { maxAge: 60_000 } },
  'maxAge 0': { cookie: { maxAge: 0 } },
  'maxAge negative': { cookie: { maxAge: -1000 } },
  'maxAge NaN': { cookie: { maxAge: NaN } },
  'maxAge a string': { cookie: { maxAge: '60000' } },
  'maxAge a date': { cookie: { maxAge: new Date(Date.UTC(2031, 5, 1)) } },
  expires: { cookie: { expires: new Date(Date.UTC(2031, 5, 1)) } },
  'expires a string': { cookie: { expires: 'tomorrow' } },
  'expires false': { cookie: { expires: false } },
  'maxAge, then expires null': { cookie: { maxAge: 60_000, expires: null } },
  originalMaxAge: { cookie: { maxAge: 60_000, originalMaxAge: 1000 } },
  'unknown attributes': { cookie: { colour: 'red', data: { path: '/x' }, signed: true } },
  'cookie null': { cookie: null },
  'cookie a number': { cookie: 42 },
  'cookie function': { cookie: (req) => ({ maxAge: req.url === '/set' ? 5000 : 1000, path: '/' }) },
  'cookie function that gives nothing': { cookie: () => undefined },
  'cookie function that throws': {
    cookie: () => {
      throw new Error('no cookie');
    },
  },
  'cookie function that gives a promise': { cookie: async () => ({ maxAge: 1 }) },
  'cookie function with sameSite strict': { cookie: () => ({ sameSite: 'strict' }) },
  'secret a buffer': { secret: Buffer.from(SECRET) },
  'secret a number': { secret: 42 },
  'secret list with nothing in it': { secret: [undefined] },
  'secret list empty': { secret: [] },
  'no secret': { secret: undefined },
  'genid no function': { genid: 'x' },
  'unset wrong': { unset: 'forget' },
  'resave undefined': { resave: undefined },
  'saveUninitialized undefined': { saveUninitialized: undefined },
  'resave null, saveUninitialized 0': { resave: null, saveUninitialized: 0 },
};

const secure = [];
for (const [title, cookie] of Object.entries({
  secure: { secure: true },
  'secure auto': { secure: 'auto' },
  'sameSite auto': { sameSite: 'auto' },
  'both auto': { secure: 'auto', sameSite: 'auto' },
})) {
  for (const proxy of [undefined, true, false, 1]) {
    for (const forwarded of [undefined, 'https', ' HTTPS , http', 'http,https']) {
      secure.push({
        title: `${title}, proxy ${proxy}, forwarded ${forwarded}`,
        on: 'http',
        options: { proxy, cookie },
        requests: ['/set', '/read'].map((path) => ({
          path,
          headers: forwarded ? { 'X-Forwarded-Proto': forwarded } : {},
        })),
      });
    }
  }
  secure.push(
    express({
      title: `${title}, trust proxy`,
      trustProxy: true,
      options: { cookie },
      requests: [{ path: '/set', headers: { 'X-Forwarded-Proto': 'https' } }, '/set'],
    }),
    express({
      title: `${title} from a function`,
      options: { cookie: () => cookie },
      trustProxy: true,
      requests: ['/set', { path: '/set', headers: { 'X-Forwarded-Proto': 'https' }, cookie: () => '' }],
    }),
  );
}
secure.push(
  {
    title: 'req.secure not exactly true',
    on: 'http',
    before: assign({ secure: 1 }),
    options: { cookie: { secure: true } },
    requests: ['/set'],
  },
  {
    title: 'req.secure',
    on: 'http',
    before: assign({ secure: true }),
    options: { cookie: { secure: true } },
    requests: ['/set'],
  },
);

export const cookies = [
  ...group(
    'cookie in',
    Object.entries(incoming).map(([title, header]) => ({
      title,
      store: known,
      requests: [withCookie(header), withCookie(header, '/set')],
    })),
  ),
  ...group('cookie-parser', [
    express({ title: 'with the same secret', before: parser(SECRET), requests: ['/set', '/set', '/read'] }),
    express({ title: 'without a secret', before: parser(), requests: ['/set', '/set'] }),
    express({
      title: 'session without a secret',
      before: parser(SECRET),
      options: { secret: undefined },
      requests: ['/set', '/set'],
    }),
    express({ title: 'json cookie', before: parser(), requests: [withCookie('connect.sid=j:{"a":1}')] }),
    express({
      title: 'forged',
      before: parser(),
      store: known,
      requests: [withCookie(incoming['forged signature'])],
    }),
    express({
      title: 'forged, with the same secret',
      before: parser(SECRET),
      store: known,
      requests: [withCookie(incoming['forged signature'])],
    }),
    {
      title: 'req.signedCookies alone',
      before: assign({ signedCookies: { 'connect.sid': KNOWN_ID } }),
      store: known,
      requests: ['/read', '/set'],
    },
    {
      title: 'req.cookies alone',
      before: assign({ cookies: { 'connect.sid': decodeURIComponent(good) } }),
      store: known,
      requests: ['/read', '/set'],
    },
    {
      title: 'req.cookies forged',
      before: assign({ cookies: { 'connect.sid': `s:${KNOWN_ID}.x` } }),
      store: known,
      requests: ['/read'],
    },
    {
      title: 'req.signedCookies false',
      before: assign({ signedCookies: { 'connect.sid': false }, cookies: {} }),
      store: known,
      requests: ['/read'],
    },
    {
      title: 'req.signedCookies over a header without it',
      before: assign({ signedCookies: { 'connect.sid': KNOWN_ID } }),
      store: known,
      requests: [withCookie('a=1')],
    },
    {
      title: 'header over req.cookies',
      before: assign({ cookies: { 'connect.sid': decodeURIComponent(signed('other')) } }),
      store: known,
      requests: [withCookie(`connect.sid=${good}`)],
    },
    {
      title: 'req.secret',
      before: assign({ secret: SECRET }),
      options: { secret: undefined },
      requests: ['/set', '/set'],
    },
    { title: 'req.secret and an own one', before: assign({ secret: OTHER }), requests: ['/set', '/set'] },
  ]),
  ...group(
    'options',
    Object.entries(options).map(([title, given]) => ({
      title,
      options: given,
      requests: ['/set', '/set', '/read'],
      patience: 300,
    })),
  ),
  ...group('several secrets', [
    {
      title: 'the first signs',
      secrets: [SECRET, OTHER],
      options: { secret: [SECRET, OTHER] },
      requests: ['/set', '/set'],
    },
    {
      title: 'the second verifies',
      secrets: [OTHER, SECRET],
      store: known,
      options: { secret: [OTHER, SECRET] },
      requests: [withCookie(`connect.sid=${good}`), withCookie(`connect.sid=${good}`, '/set')],
    },
    {
      title: 'rolling signs anew',
      secrets: [OTHER, SECRET],
      store: known,
      options: { secret: [OTHER, SECRET], rolling: true },
      requests: [withCookie(`connect.sid=${good}`)],
    },
    {
      title: 'an old one no more',
      secrets: [OTHER, SECRET],
      store: known,
      options: { secret: [OTHER] },
      requests: [withCookie(`connect.sid=${good}`)],
    },
  ]),
  ...group('secure', secure),
  ...group('path', [
    {
      title: 'within',
      options: { cookie: { path: '/admin' } },
      routes: {
        '*': (req, res) => {
          if (req.session) req.session.n = 1;
          text(res, typeof req.session);
        },
      },
      requests: ['/admin', '/admin/users', '/admin?x=1', '/Admin', '/', '/%61dmin', '/other'],
    },
    {
      title: 'not at a segment boundary',
      options: { cookie: { path: '/admin' } },
      requests: ['/administrator', '/admin-old'],
    },
    {
      title: 'with a slash at its end',
      options: { cookie: { path: '/admin/' } },
      requests: ['/admin', '/admin/', '/admin/users'],
    },
    {
      title: 'from a function',
      options: { cookie: (req) => ({ path: req.url.startsWith('/a') ? '/a' : '/b' }) },
      requests: ['/a', '/b/c', '/c'],
    },
    {
      title: 'absolute form',
      on: 'http',
      options: { cookie: { path: '/admin' } },
      requests: ['http://localhost/admin/x', 'http://localhost/other'],
    },
    { title: 'empty', options: { cookie: { path: '' } }, requests: ['/set', '/set'] },
    express({
      title: 'mounted',
      mount: '/admin',
      options: { cookie: { path: '/admin' } },
      requests: ['/admin/x', '/other'],
    }),
    express({
      title: 'mounted, cookie path of the mount alone',
      mount: '/admin',
      options: { cookie: { path: '/x' } },
      requests: ['/admin/x'],
    }),
  ]),
];
