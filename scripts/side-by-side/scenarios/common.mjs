import { Buffer } from 'node:buffer';
import { mapStore } from '../stores.mjs';

/** Creates the scenarios of a group, one for each server in `on`. Default: plain node:http and Express. */
export function group(name, specs) {
  return specs.flatMap(({ title, on = ['http', 'express'], routes, ...rest }) =>
    [on].flat().map((server) => ({
      group: name,
      name: `${name}: ${title} (${server})`,
      on: server,
      routes: { ...ROUTES, ...routes },
      ...rest,
    })),
  );
}

/** Creates scenarios from probes: functions that run with both packages, without a server. */
export function probes(name, all) {
  return Object.entries(all).map(([title, probe]) => ({ group: name, name: `${name}: ${title}`, probe }));
}

export function text(res, body) {
  res.setHeader('Content-Type', 'text/plain');
  res.setHeader('Content-Length', Buffer.byteLength(body));
  return res.end(body);
}

export const ROUTES = {
  '/set': (req, res) => {
    req.session.n = (req.session.n ?? 0) + 1;
    text(res, `n ${req.session.n}`);
  },
  '/read': (req, res) => text(res, JSON.stringify(req.session ?? null)),
  '*': (req, res) => text(res, `session ${typeof req.session}`),
};

export const memory = ({ MemoryStore }) => new MemoryStore();
export const withoutTouch = ({ Store }) => mapStore(Store, { touch: false });
export const atOnce = ({ Store }) => mapStore(Store, { answer: (callback) => callback() });

/** The id of the session that a store from `holding` contains. `record` is the session, as text or object. */
export const KNOWN_ID = 'known-session-of-thirty-two-char';
export const holding =
  (record) =>
  ({ Store }) =>
    mapStore(Store, { stored: { [KNOWN_ID]: typeof record === 'string' ? record : JSON.stringify(record) } });
