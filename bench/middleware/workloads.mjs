import { dataOf, SIZES } from '../lib/sessions.mjs';

/**
 * What requests do. `comes` is `known` if requests send the cookie of an existing session, `nothing` if they
 * send no session cookie. `handle` is the route. If it returns a promise, the response waits for it.
 */
export const WORKLOADS = {
  W1: { title: 'a session is read', comes: 'known', handle: (req) => void req.session.userId },
  W1u: { title: 'a session is there, the route never looks at it', comes: 'known', handle: () => {} },
  W2: {
    title: 'a session is changed by each request',
    comes: 'known',
    handle(req, { save }) {
      req.session.visits = (req.session.visits ?? 0) + 1;
      return save?.(req);
    },
  },
  W3: { title: 'no cookie, no session', comes: 'nothing', handle: () => {} },
  W4: {
    title: 'a new session by each request',
    comes: 'nothing',
    handle(req, { save }, size) {
      Object.assign(req.session, NEW[size]);
      return save?.(req);
    },
  },
  W5: {
    title: 'the expiry is moved by each request',
    comes: 'known',
    renewing: true,
    handle(req, { renew }) {
      void req.session.userId;
      return renew?.(req);
    },
  },
};

const NEW = Object.fromEntries(Object.entries(SIZES).map(([size, bytes]) => [size, dataOf(bytes)]));

/** These subjects store the session in the cookie, so its size is limited to that of a cookie. */
const ONLY_SMALL = new Set(['cookie-session', 'iron-session']);

/** The cases of a run, with their names and subjects. */
export function cases(sizes, subjects) {
  return Object.keys(WORKLOADS).flatMap((workload) =>
    (workload === 'W3' ? ['s'] : sizes).map((size) => ({
      name: `${workload} ${size}`,
      workload,
      size,
      subjects: subjects.filter((subject) => size === 's' || !ONLY_SMALL.has(subject)),
    })),
  );
}
