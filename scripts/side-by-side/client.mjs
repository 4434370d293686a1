import { request as httpRequest } from 'node:http';
import { connect } from 'node:http2';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';

const PATIENCE_MS = 5000;
/** Interval of the timeout checks. */
const LOOK_EVERY_MS = 20;

/**
 * Calls `late` after the timeout. Returns a function that cancels it. The server runs in this process, so a
 * busy machine delays both the timer and the server. A late check counts as 1.5 intervals at most.
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

/**
 * Sends one request. Resolves with the response, and with whether a store call was pending (`waiting()`) when
 * the head and the end of the response arrived.
 */
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

/** Like {@link send}, over HTTP/2. */
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

/** Header values by lower-case name, without Date. Values of one name keep the order of the response. */
function grouped(raw) {
  const headers = {};
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at].toLowerCase();
    if (name !== 'date') (headers[name] ??= []).push(raw[at + 1]);
  }
  return Object.fromEntries(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
}
