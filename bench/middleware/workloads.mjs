import { dataOf, SIZES } from '../lib/sessions.mjs';

/**
 * What requests do. `comes` says what the client brings: the cookie of a session that is there, or none. `handle` is
 * the route; what it returns is waited for.
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

/** Those whose cookie holds the session carry no more than a cookie does. */
const ONLY_SMALL = new Set(['cookie-session', 'iron-session']);

/** The cases of a run by name, and who takes part in each. */
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
