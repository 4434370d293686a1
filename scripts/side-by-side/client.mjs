import { request as httpRequest } from 'node:http';
import { connect } from 'node:http2';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';

const PATIENCE_MS = 5000;
/** How often it is looked whether patience is over. */
const LOOK_EVERY_MS = 20;

/**
 * Calls back when patience is over; gives what calls it off. The server is in this process: what a busy machine keeps it
 * from doing is no silence, so a look that comes late counts as if it had come in time.
 */
function whenPatienceEnds(patience, late) {
  let left = patience;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    left -= Math.min(now - last, 1.5 * LOOK_EVERY_MS);
    last = now;
    if (left > 0) return;
    clearInterval(timer);
    late();
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

/** Sends one request and gives what came back, and when: `waiting` tells whether the store was at work then. */
export function send(port, { path = '/', method = 'GET', headers = {}, patience, hangUp }, waiting) {
  return new Promise((resolve) => {
    const seen = { status: 'no answer', headers: {}, body: '', arrival: {} };
    const options = { host: '127.0.0.1', port, path, method, headers, agent: false };
    const request = httpRequest(options, (response) => {
      seen.status = response.statusCode;
      seen.headers = grouped(response.rawHeaders);
      seen.arrival.head = waiting();
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        seen.body += chunk;
        if (hangUp) done();
      });
      response.on('end', () => {
        seen.arrival.end = waiting();
        done();
      });
      response.on('error', () => done('cut'));
    });
    const callOff = whenPatienceEnds(patience ?? PATIENCE_MS, () => done('incomplete'));
    const done = (fault) => {
      callOff();
      if (fault !== undefined && seen.status !== 'no answer') seen.body += ` <${fault}>`;
      request.destroy();
      resolve(seen);
    };
    request.on('error', () => done('cut'));
    request.end();
  });
}

/** The same over HTTP/2. */
export function sendOverHttp2(port, { path = '/', method = 'GET', headers = {}, patience }) {
  return new Promise((resolve) => {
    const seen = { status: 'no answer', headers: {}, body: '', arrival: {} };
    const session = connect(`http://127.0.0.1:${port}`);
    const stream = session.request({ ':path': path, ':method': method, ...headers });
    const callOff = whenPatienceEnds(patience ?? PATIENCE_MS, () => done());
    const done = () => {
      callOff();
      session.destroy();
      resolve(seen);
    };
    stream.on('response', ({ ':status': status, ...others }) => {
      seen.status = status;
      delete others.date;
      seen.headers = { ...others };
    });
    stream.on('data', (chunk) => (seen.body += chunk));
    stream.on('end', done);
    stream.on('error', done);
    session.on('error', done);
  });
}

/** Header values by their names in small letters, each list in the order of the answer; without Date. */
function grouped(raw) {
  const headers = {};
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at].toLowerCase();
    if (name !== 'date') (headers[name] ??= []).push(raw[at + 1]);
  }
  return Object.fromEntries(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
}
