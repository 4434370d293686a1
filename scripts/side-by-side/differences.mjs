/**
 * The intended differences between `nest-session/express` and express-session. `rule` is the number in the
 * parity rules: W for a fault of express-session, R for one of its rules.
 * docs/migrating-from-express-session.md lists each id.
 *
 * An entry covers a difference if the name of the scenario and the field match. If `ours` is given, it must
 * match our value. If `only` is given, the values must be equal after its matches are removed from both.
 */
export const DIFFERENCES = [
  {
    id: 'answer-waits',
    rule: 'W1',
    scenarios: /^while the store works: /,
    field: 'arrival',
    ours: /^(?!.*true)/,
    why: 'No byte leaves before the session is stored: who follows a redirect finds the session there.',
  },
  {
    id: 'saved-before-a-stream',
    rule: 'W1',
    scenarios: /: change after the head |: a session that is changed after the head /,
    field: 'calls',
    why: 'A stream is saved before its first byte, and once more at its end where it changed the session meanwhile.',
  },
  {
    id: 'error-page-instead-of-hang',
    rule: 'W2',
    scenarios:
      /^what JSON cannot take: (bigint|cycle)|^store fails: (touch|destroy) throws, |^store fails: set throws, \/(set|stream), /,
    field: ['status', 'headers', 'body', 'next', 'uncaught', 'warnings'],
    why: 'Data that JSON cannot carry and stores that throw end in next(error) and an error page, not in a request without an answer.',
  },
  {
    id: 'invalid-chunk',
    rule: 'W3',
    scenarios: /: end with a number /,
    field: ['status', 'headers', 'body', 'calls', 'records', 'uncaught', 'next'],
    why: 'end() with a chunk that is none throws once, at the call, and the answer can still be given.',
  },
  {
    id: 'no-cookie-for-unsaved',
    rule: 'W4',
    scenarios:
      /^store fails: set (error|text|atOnce|enoent), .* new |^store fails: set throws, \/save, new |: set answers an error text /,
    field: 'headers',
    ours: /^(?!.*set-cookie)/,
    why: 'A new session that could not be stored gets no cookie: it would lead to nothing.',
  },
  {
    id: 'bad-cookie-options',
    rule: 'W5',
    scenarios:
      /^options: (maxAge a string|expires a string|cookie a number) |^corrupt records: maxAge a string /,
    field: ['status', 'headers', 'body', 'next', 'uncaught', 'warnings'],
    ours: /^(?!.*no answer)/,
    why: 'Cookie options that are none end in an error page at each request, not in an uncaught exception.',
  },
  {
    id: 'parallel-changes',
    rule: 'W6',
    scenarios: /: parallel requests that change different things /,
    field: ['headers', 'body', 'calls', 'records'],
    why: 'What requests of one process change at once is merged, where express-session keeps the last writer alone.',
  },
  {
    id: 'destroyed-stays-destroyed',
    rule: 'W6',
    scenarios:
      /: a request that ends after the session was destroyed |: destroy, then save of the old object /,
    field: ['headers', 'body', 'calls', 'records'],
    why: 'No request of this process writes a destroyed session again.',
  },
  {
    id: 'max-age-does-not-drift',
    rule: 'W7',
    scenarios: /: maxAge with a clock that ticks /,
    field: ['headers', 'body', 'calls', 'records'],
    ours: /^(?!.*originalMaxAge\W+59)/,
    why: 'originalMaxAge stays what was set; the original loses up to a millisecond with each touch.',
  },
  {
    id: 'path-at-segments',
    rule: 'W8',
    scenarios: /^path: not at a segment boundary /,
    field: ['headers', 'body'],
    why: 'cookie.path /admin covers /admin/users and not /administrator, as browsers see it.',
  },
  {
    id: 'auto-from-a-function',
    rule: 'W9',
    scenarios: /^secure: .* from a function /,
    field: ['headers', 'calls', 'records', 'next'],
    why: "'auto' of secure and sameSite works from a cookie function too.",
  },
  {
    id: 'several-on-one-store',
    rule: 'W10',
    scenarios: /^several: two on one store /,
    field: ['headers', 'body', 'calls', 'records'],
    why: 'Each middleware keeps its own genid and cookie options; in the original the last one made decides for all.',
  },
  {
    id: 'one-listener-for-a-store',
    rule: 'W10',
    scenarios: /^several: eleven on one store /,
    field: 'warnings',
    ours: /^\[\]$/,
    why: 'A store is listened to once, however many middlewares use it.',
  },
  {
    id: 'one-save-after-regenerate',
    rule: 'W11',
    scenarios:
      /^session: (login (with regenerate|of a known)|regenerate with MemoryStore|save with a store that answers at once)/,
    field: 'calls',
    why: 'After regenerate() and an explicit save() nothing is saved a second time.',
  },
  {
    id: 'failed-save-again',
    rule: 'W12',
    scenarios:
      /^store fails: (set (error|text|atOnce|enoent), \/(save|stream), |a failed save is tried again )/,
    field: ['headers', 'body', 'calls', 'next', 'records', 'warnings'],
    why: 'A save that failed is tried again at the end of the answer, and its error reaches next.',
  },
  {
    id: 'http2',
    rule: 'W13',
    scenarios: /^other ways: HTTP\/2 /,
    field: ['status', 'headers', 'body', 'next', 'calls', 'records'],
    ours: /^(?!.*(500|_implicitHeader))/,
    why: 'HTTP/2 works.',
  },
  {
    id: 'end-as-node-has-it',
    rule: 'W14',
    scenarios: /^responses: (what end gives back|the callback of end|end twice|write after end) ?/,
    field: ['notes', 'body', 'next'],
    why: 'end() gives the response back and calls its callback, end(callback) works, and nothing can be written after it.',
  },
  {
    id: 'no-debug-output',
    rule: 'W15',
    scenarios: /^other ways: DEBUG /,
    field: 'debug',
    ours: /^\[\]$/,
    why: 'There is no debug output; that of the original has ids and signed cookies in it.',
  },
  {
    id: 'json-cookie',
    rule: 'W16',
    scenarios: /^cookie-parser: json cookie /,
    field: ['status', 'headers', 'body', 'next'],
    why: 'A value that cookie-parser made an object is no session cookie, and no 500.',
  },
  {
    id: 'genid-must-give-a-string',
    rule: 'W19',
    scenarios: /^options: genid that gives /,
    field: ['status', 'headers', 'body', 'next'],
    ours: /^(?!.*\b200\b)/,
    why: 'A genid that gives no string, or a promise of one, is an error; the original makes a session that is never stored.',
  },
  {
    id: 'session-must-be-a-session',
    rule: 'W22',
    scenarios: /^what JSON cannot take: req\.session = /,
    field: ['status', 'headers', 'body', 'next'],
    why: 'req.session = {} ends in an error page, not in a request without an answer.',
  },
  {
    id: 'reserved-names',
    rule: 'W24',
    scenarios: /^corrupt records: (reserved names|__proto__) /,
    field: 'calls',
    why: 'Stored data with the names of methods is not written again at each request.',
  },
  {
    id: 'no-orphans',
    rule: 'W25',
    scenarios: /: a new session that is changed after the head /,
    field: ['calls', 'records', 'body', 'headers'],
    why: 'A new session that is first changed when no cookie can be sent any more is not stored.',
  },
  {
    id: 'store-without-on',
    rule: 'R9',
    scenarios: /^several: a store without on /,
    field: ['status', 'headers', 'body', 'calls', 'next', 'notes', 'records'],
    why: 'A store that emits no events works; it counts as connected.',
  },
  {
    id: 'destroy-has-a-callback',
    rule: 'R81',
    scenarios: /: destroy without a callback /,
    field: 'calls',
    why: 'A store is always given a callback, so that what follows for the session can wait for it.',
  },
  {
    id: 'duplicate-cookies',
    rule: 'R31',
    scenarios: /^cookie in: twice, /,
    field: ['headers', 'body', 'calls', 'records'],
    why: 'Of several cookies of one name the first with a good signature counts: one set for another path or domain does not log out.',
  },
  {
    id: 'expired-is-over',
    rule: 'R27',
    scenarios: /^options: maxAge (0|negative) /,
    field: ['headers', 'body', 'calls', 'records'],
    why: 'A session that is over by its own cookie is refused, though its store hands it out, unless its touch leaves the cookie as it was.',
  },
  {
    id: 'missing-is-destroyed',
    rule: 'R27',
    scenarios: /^store fails: destroy enoent, /,
    field: ['notes', 'next'],
    why: 'A store that cannot find what it is to destroy has nothing left to do.',
  },
  {
    id: 'content-length',
    rule: 'W1',
    scenarios: /./,
    field: 'headers',
    only: /,"(content-length|transfer-encoding)":\["[^"]*"\]/g,
    why: 'As the answer waits, Node knows its length: Content-Length where express-session makes it chunked.',
  },
];
