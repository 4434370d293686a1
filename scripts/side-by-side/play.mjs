import { setImmediate as turn } from 'node:timers/promises';
import { compileFunction } from 'node:vm';
import { send, sendOverHttp2 } from './client.mjs';
import { clock } from './clock.mjs';
import { normaliser } from './normalise.mjs';
import { start } from './servers.mjs';
import { onDebug, SIDES } from './sides.mjs';
import { mapStore, recordsOf, watch } from './stores.mjs';

export const SECRET = 'a secret of thirty-two bytes or more';

/** Observations of the running scenario. Warnings and errors of the process are added to it. */
let playing = null;
let calls = 0;

process.on('deprecation', ({ namespace, message }) => playing?.deprecations.push(`${namespace}: ${message}`));
process.removeAllListeners('warning').on('warning', ({ name, message }) => {
  playing?.warnings.push(`${name}: ${message}`);
});
onDebug((line) => playing?.debug.push(line));
process.on('uncaughtException', (error) => playing?.uncaught.push(said(error)));
for (const method of ['warn', 'error']) {
  const original = console[method];
  console[method] = (...args) => (playing ? playing.warnings.push(args.join(' ')) : original(...args));
}

/** Runs a scenario with one package. Resolves with everything that can be observed. */
export async function play(scenario, side) {
  const seen = {
    status: [],
    headers: [],
    body: [],
    arrival: [],
    calls: [],
    next: [],
    notes: [],
    deprecations: [],
    warnings: [],
    debug: [],
    uncaught: [],
    records: {},
  };
  const normalise = normaliser(scenario.secrets ?? [SECRET]);
  clock.stop();
  playing = seen;
  try {
    if (scenario.probe) await scenario.probe(side, probeTools(seen, normalise));
    else await playOverHttp(scenario, side, seen, normalise);
  } finally {
    playing = null;
    clock.go();
  }
  if (!scenario.slow) seen.arrival = [];
  if (!scenario.debug) seen.debug = [];
  return normalise.all(seen);
}

function probeTools(seen, { seen: meet }) {
  return {
    clock,
    settle: async () => {
      for (let round = 0; round < 5; round += 1) await turn();
    },
    note: (...values) => {
      const text = values.map(said).join(' ');
      meet(text);
      seen.notes.push(text);
    },
  };
}

async function playOverHttp(scenario, side, seen, normalise) {
  const store = (scenario.store ?? ((Session) => mapStore(Session.Store)))(side);
  const tools = { ...probeTools(seen, normalise), side, store };
  const log = (call) => {
    normalise.seen(call);
    seen.calls.push(call);
  };
  const state = watch(store, log, scenario.faults);
  // No store timeout: its error for a hanging store would come seconds later, in another scenario.
  const patient = { storeTimeout: Infinity };
  const options = {
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    ...patient,
    store,
    ...scenario.options,
  };
  let made;
  try {
    made = (scenario.sessions ?? [() => ({})]).map((more) =>
      makeSession(side, { ...options, ...more(tools) }),
    );
  } catch (error) {
    seen.notes.push(`session() threw ${said(error)}`);
    return;
  }
  const sessions = made.map((middleware) => listened(middleware, seen, normalise));
  const [session, ...others] = sessions;
  const server = await start(scenario.on, {
    ...scenario,
    before: [...(scenario.before ?? []).map((make) => make(tools)), ...others.toReversed()],
    session,
    handler: (req, res, next) => {
      const { pathname } = new URL(req.url, 'http://localhost');
      return (scenario.routes[pathname] ?? scenario.routes['*'])(req, res, { ...tools, next });
    },
    failed: (error, req, res) => {
      seen.next.push(`error page for ${said(error)}${res.headersSent ? ', too late' : ''}`);
      if (res.headersSent) return;
      res.statusCode = 500;
      res.end(`error page: ${said(error)}`);
    },
  });
  await playRequests(scenario, server, seen, tools, state);
  await server.stop();
  seen.records = recordsOf(store);
}

/** Gives each middleware its own call site: a deprecation is reported once per call site. */
function makeSession(side, options) {
  calls += 1;
  const filename = `application-${calls}.js`;
  const create = compileFunction('return session(options);', ['session', 'options'], { filename });
  const middleware = create(side, options);
  const run = compileFunction('return session(req, res, next);', ['session', 'req', 'res', 'next'], {
    filename,
  });
  return (req, res, next) => run(middleware, req, res, next);
}

function listened(middleware, seen, normalise) {
  return (req, res, next) => {
    try {
      middleware(req, res, (...args) => {
        normalise.seen(req.sessionID);
        seen.next.push(`next(${args.map(said).join(', ')})`);
        next(...args);
      });
    } catch (error) {
      seen.next.push(`threw ${said(error)}`);
      throw error;
    }
  };
}

async function playRequests(scenario, { port }, seen, tools, state) {
  const jar = new Map();
  for (const given of scenario.requests) {
    const one = typeof given === 'string' ? { path: given } : given;
    if (typeof one === 'function') await one({ ...tools, jar });
    else if (one.atOnce) {
      const answers = await Promise.all(
        one.atOnce.map((path) => ask(scenario, port, { path }, jar, tools, state)),
      );
      for (const answer of answers) keep(seen, answer);
    } else {
      const answer = await ask(scenario, port, one, jar, tools, state);
      keep(seen, answer);
      for (const cookie of [answer.headers['set-cookie'] ?? []].flat()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
        jar.set(name, value);
      }
    }
    await settled(state);
  }
}

/** Only express-session leaves requests without a response, so a shorter timeout applies to it alone. */
function ask({ on, patience }, port, one, jar, { side }, state) {
  const cookie = one.cookie
    ? one.cookie(jar)
    : [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const headers = { ...(cookie ? { cookie } : {}), ...one.headers };
  const request = { patience: side === SIDES.theirs ? patience : undefined, ...one, headers };
  return on === 'http2' ? sendOverHttp2(port, request) : send(port, request, () => state.underWay > 0);
}

function keep(seen, answer) {
  for (const field of ['status', 'headers', 'body', 'arrival']) seen[field].push(answer[field]);
}

/** Waits until no store call is pending and deferred callbacks have run. */
async function settled(state) {
  for (let quiet = 0, round = 0; quiet < 6 && round < 2000; round += 1) {
    quiet = state.underWay > 0 ? 0 : quiet + 1;
    await turn();
  }
}

/** A value as text. */
export function said(value) {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'string') return value;
  if (typeof value === 'function') return 'function';
  try {
    return String(JSON.stringify(value));
  } catch {
    return String(value);
  }
}
