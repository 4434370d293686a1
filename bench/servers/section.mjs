import { performance } from 'node:perf_hooks';
import { Child } from '../lib/child.mjs';
import { interleave } from '../lib/rounds.mjs';
import { median, quantile, round, uncertainty } from '../lib/statistics.mjs';
import { progress } from '../lib/terminal.mjs';

const SERVER = new URL('server.mjs', import.meta.url);
const LOAD = new URL('load.mjs', import.meta.url);
const FLAGS = ['--single-threaded-gc'];
const SLICES = 6;

const PLATFORMS = {
  express: ['none', 'express-session', 'nest-session'],
  fastify: ['none', '@fastify/session', 'nest-session'],
};
const CASES = {
  'W1 s': { path: '/read', login: '/login?size=s' },
  'W1u s': { path: '/untouched', login: '/login?size=s' },
  'W2 s': { path: '/change', login: '/login?size=s' },
  'W3 s': { path: '/untouched' },
  'W4 s': { path: '/login?size=s', forgets: true },
  'W1 m': { path: '/read', login: '/login?size=m' },
  'W1 l': { path: '/read', login: '/login?size=l' },
};

/** CPU per request of a whole Nest server, under load from another process over 16 connections. */
export async function servers({ quick, rounds, env }) {
  const pace = quick ? { warmUp: 6000, least: 3, most: 4 } : { warmUp: 12_000, least: 5, most: 10 };
  if (rounds !== undefined) Object.assign(pace, { least: Math.min(pace.least, rounds), most: rounds });
  const results = {};
  for (const [platform, subjects] of Object.entries(PLATFORMS)) {
    results[platform] = await onPlatform({ platform, subjects, pace, env });
  }
  return results;
}

async function onPlatform({ platform, subjects, pace, env }) {
  const load = new Child(LOAD);
  const children = {};
  const ports = {};
  const results = {};
  try {
    for (const subject of subjects) {
      children[subject] = new Child(SERVER, { execArgv: FLAGS, env });
      ports[subject] = await children[subject].ask('start', { platform, subject });
    }
    // Warm up all cases first. Otherwise, V8 would still compile the server during the first case.
    progress(`servers: Nest on ${platform}, warming up`);
    for (const subject of subjects)
      for (const one of Object.values(CASES)) await warmUp({ one, subject, children, ports, load, pace });
    for (const [name, one] of Object.entries(CASES)) {
      progress(`servers: Nest on ${platform}, ${name}`);
      results[name] = await measure({ one, subjects, children, ports, load, pace });
    }
  } finally {
    await Promise.all([load, ...Object.values(children)].map((child) => child.end()));
  }
  return results;
}

async function measure({ one, subjects, children, ports, load, pace }) {
  const counts = {};
  for (const subject of subjects) {
    const each = await warmUp({ one, subject, children, ports, load, pace });
    counts[subject] = Math.max(32, Math.min(600, Math.round(40_000 / each)));
  }
  const asked = async (subject) => {
    const login = subject === 'none' ? undefined : one.login;
    await load.ask('open', { port: ports[subject], login });
    const about = { child: children[subject], load, path: one.path, count: counts[subject] };
    const slices = [];
    const began = performance.now();
    let cpuMs = 0;
    for (let at = 0; at < SLICES; at++) {
      const { each } = await slice(about);
      slices.push(each);
      cpuMs += (each * about.count) / 1000;
      if (one.forgets) await children[subject].ask('forget');
    }

    // The client uses half of the time. Twice the CPU time is returned, so that `interleave` discards a round
    // only if the server got less than a quarter of a core.
    return { value: quantile(slices, 0.2), cpuMs: 2 * cpuMs, wallMs: performance.now() - began };
  };
  const { values, thrown } = await interleave(subjects, { measure: asked, ...pace });
  const { none, ...others } = values;
  const over = Object.entries(others).map(([subject, series]) => [
    subject,
    {
      us: round(median(series) - median(none)),
      plusMinus: round(Math.hypot(uncertainty(series), uncertainty(none))),
    },
  ]);
  return { bareUs: round(median(none)), over: Object.fromEntries(over), rounds: none.length, thrown };
}

/** Runs a case until its code is compiled. Resolves with the rough CPU time per request in microseconds. */
async function warmUp({ one, subject, children, ports, load, pace }) {
  await load.ask('open', { port: ports[subject], login: subject === 'none' ? undefined : one.login });
  const about = { child: children[subject], load, path: one.path };
  const { each } = await slice({ ...about, count: pace.warmUp / 10 });
  // Requests with large sessions are slow, so fewer of them are sent.
  await slice({
    ...about,
    count: Math.max(300, Math.min(pace.warmUp, Math.round((pace.warmUp * 200) / each))),
  });
  if (one.forgets) await children[subject].ask('forget');
  return each;
}

/** CPU of the server per request, in microseconds. */
async function slice({ child, load, path, count }) {
  const before = await child.ask('cpu');
  const { failed } = await load.ask('load', { path, count });
  const after = await child.ask('cpu');
  if (failed > 0) throw new Error(`${failed} of ${count} requests to ${path} failed.`);
  return { each: (after - before) / count };
}
