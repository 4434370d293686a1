/** What each folder of lib is for, in the words of the picture. */
const PURPOSES = {
  'index.ts': 'public API for Nest applications',
  nest: 'module, decorators, guard, Fastify bridge',
  express: 'the API of express-session',
  http: 'middleware for node:http, options, session of a request',
  'http/response': 'the gate: holds a response until the commit has settled',
  'http/node20': 'needed on Node 20 and 22 only',
  stores: 'each store has a folder',
  'stores/express-session': 'adapter for its stores',
  'stores/memory': 'one process',
  'stores/lmdb': 'a local folder',
  'stores/redis': 'server or cluster',
  'stores/sqlite': 'a local file',
  'stores/postgres': 'PostgreSQL',
  'stores/mysql': 'MySQL, MariaDB',
  'stores/sql': 'common part of the SQL stores',
  'nest/sockets': 'sessions of gateways',
  'nest/subscriptions': 'sessions of GraphQL over WebSocket',
  cookie: 'Cookie header to ids, ids to Set-Cookie',
  core: 'sessions without Nest and without HTTP',
  'core/session': 'one session in one request: state, commit plan, commit',
  'core/merge': 'three-way merge of concurrent changes',
  'core/store': 'store contract, records, deadline, circuit breaker',
  'core/registry': 'the sessions of a principal',
  'core/watch': 'open connections and their end',
  'core/util': 'clock, queue, JSON text',
  testing: 'store contract, fake clock',
};

/** @throws Error for a folder without a purpose: the picture must explain each folder. */
export function purposeOf(folder) {
  const purpose = PURPOSES[folder];
  if (purpose === undefined)
    throw new Error(`lib/${folder} has no line in scripts/architecture/purposes.mjs. Add one.`);
  return purpose;
}
