/** What V8 counts for one request of each kind, and the classes that it makes instances of. */
import { classesPerRequest, countCalls, perRequest } from './coverage.mjs';
import { KINDS, serveRequests } from './served-requests.mjs';

const REQUESTS = 100;
const WARM_UP = 20;
/** The folders whose objects belong to requests; those of stores belong to sessions. */
const REQUEST_FOLDERS = ['core', 'cookie', 'http'];

/** Files, functions and calls by kind of request; and the classes with at least one instance per request. */
export async function measureRequests(dist) {
  const server = await serveRequests(dist);
  const requests = {};
  const classes = new Map();
  try {
    for (const kind of KINDS) {
      const calls = await callsOf(kind, server, dist);
      requests[kind.kind] = perRequest(calls, REQUESTS);
      for (const one of classesPerRequest(calls, REQUESTS)) classes.set(`${one.file} ${one.name}`, one);
    }
  } finally {
    await server.close();
  }
  const isOfRequest = ({ file }) => REQUEST_FOLDERS.includes(file.split('/', 1)[0]);
  return { requests, classes: [...classes.values()].filter(isOfRequest) };
}

/** The calls of sequential requests of one kind. The sessions are made before V8 counts. */
async function callsOf({ kind, isShared, before }, { send }, dist) {
  const shared = isShared ? await cookieAfter(before, send) : null;
  const cookies = [];
  while (cookies.length < WARM_UP + REQUESTS) cookies.push(shared ?? (await cookieAfter(before, send)));
  const sendAll = async (some) => {
    for (const cookie of some) await send(`/${kind}`, cookie);
  };
  await sendAll(cookies.slice(0, WARM_UP));
  return countCalls(dist, () => sendAll(cookies.slice(WARM_UP)));
}

async function cookieAfter(paths, send) {
  let cookie;
  for (const path of paths) cookie = await send(path, cookie);
  return cookie;
}
