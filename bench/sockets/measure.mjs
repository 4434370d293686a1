/**
 * Opens sockets of many sessions at two server processes, ends the sessions of one user after another over HTTP in the first
 * process, and looks at the sockets of the second.
 */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { json } from 'node:stream/consumers';
import { WebSocket } from 'ws';

const CONNECTIONS = 16;
const WARM_UP_USERS = 5;
/** After this time a socket counts as missed. Milliseconds. */
const LIMIT_MS = 10_000;

/** Asks a server. Returns the body, and the cookie that the response sets. */
async function ask(agent, method, url) {
  const sent = request(url, { method, agent });
  sent.end();
  const [response] = await once(sent, 'response');
  const cookie = response.headers['set-cookie']?.[0].split(';', 1)[0];
  return { body: await json(response), cookie };
}

/** Runs a task for each number below `count`, some concurrently. */
async function each(count, run) {
  let next = 0;
  const results = [];
  const runner = async () => {
    while (next < count) {
      const n = next++;
      results[n] = await run(n);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, runner));
  return results;
}

/** A socket of a session whose server has answered once. */
async function open(url, cookie, user) {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers: { cookie } });
  await once(socket, 'open');
  socket.send(JSON.stringify({ event: 'who' }));
  const [answer] = await once(socket, 'message');
  if (JSON.parse(answer).data !== user) throw new Error('A socket has another user than its session.');
  const opened = { socket, user, closedAt: null, reason: null };
  socket.once('close', (code, reason) =>
    Object.assign(opened, { closedAt: performance.now(), reason: `${code} ${reason}` }),
  );
  return opened;
}

const until = async (isMet) => {
  const end = performance.now() + LIMIT_MS;
  while (!isMet() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 1));
};

/** One wave: opens all sockets, and ends the sessions of one user after another. */
async function wave(agent, urls, { sockets, users, label }) {
  const opened = await each(sockets, async (n) => {
    const user = `${label}-${n % users}`;
    const { cookie } = await ask(agent, 'POST', `${urls[0]}/login?user=${user}`);
    return open(urls[n % 2], cookie, user);
  });
  const delays = { here: [], there: [] };
  let [missed, foreign] = [0, 0];
  for (let n = 0; n < users; n++) {
    const user = `${label}-${n}`;
    const own = opened.filter((one) => one.user === user);
    const others = opened.filter((one) => one.user !== user && one.closedAt === null);
    const begun = performance.now();
    const { body } = await ask(agent, 'POST', `${urls[0]}/revoke-all?user=${user}`);
    if (body.ended !== own.length) throw new Error(`${body.ended} of ${own.length} sessions were ended.`);
    await until(() => own.every(({ closedAt }) => closedAt !== null));
    for (const [index, one] of opened.entries()) {
      if (!own.includes(one)) continue;
      if (one.reason !== '1008 revoked') missed++;
      else delays[index % 2 === 0 ? 'here' : 'there'].push(one.closedAt - begun);
    }
    foreign += others.filter(({ closedAt }) => closedAt !== null).length;
  }
  return { delays, missed, foreign };
}

/**
 * Each user has sessions with a socket at each of the two servers. Two waves warm up: memory is compared after them and after
 * the measured one.
 */
export async function measureClosing(urls, { sockets = 500, users = 50 } = {}) {
  // A kept connection could be closed by the server at the moment of its next request.
  const agent = new Agent({ maxSockets: CONNECTIONS });
  const memory = async () =>
    Promise.all(urls.map(async (url) => (await ask(agent, 'GET', `${url}/memory`)).body.heapUsed));
  try {
    for (const label of ['first', 'second'])
      await wave(agent, urls, { sockets, users: WARM_UP_USERS, label });
    const before = await memory();
    const measured = await wave(agent, urls, { sockets, users, label: 'third' });
    const after = await memory();
    return { ...measured, growth: after.map((bytes, n) => bytes / before[n] - 1) };
  } finally {
    agent.destroy();
  }
}
