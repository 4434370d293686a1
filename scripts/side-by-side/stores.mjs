import { setImmediate } from 'node:timers';

const METHODS = ['get', 'set', 'touch', 'destroy'];

/** An express-session style store on a Map. `answer` schedules its callbacks. */
export function mapStore(Store, { answer = setImmediate, touch = true, stored = {} } = {}) {
  class MapStore extends Store {
    records = new Map(Object.entries(stored));

    get(id, callback) {
      const text = this.records.get(id);
      answer(() => {
        let found;
        try {
          found = text === undefined ? undefined : JSON.parse(text);
        } catch (error) {
          return callback(error);
        }
        callback(null, found);
      });
    }

    set(id, session, callback) {
      this.records.set(id, JSON.stringify(session));
      if (callback) answer(() => callback());
    }

    destroy(id, callback) {
      this.records.delete(id);
      if (callback) answer(() => callback());
    }
  }
  if (touch) {
    MapStore.prototype.touch = function (id, { cookie }, callback) {
      const text = this.records.get(id);
      if (text !== undefined) this.records.set(id, JSON.stringify({ ...JSON.parse(text), cookie }));
      answer(() => callback());
    };
  }
  return new MapStore();
}

/** Like {@link mapStore}, with a delay of 40 ms that a client can measure. */
export function slowStore(Store) {
  return mapStore(Store, { answer: (callback) => setTimeout(callback, 40) });
}

/** The records of any store used here, by id. */
export function recordsOf(store) {
  const entries = store.records instanceof Map ? [...store.records] : Object.entries(store.sessions ?? {});
  return Object.fromEntries(entries.map(([id, text]) => [id, parsed(text)]));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Logs each call of a store and counts the pending calls. `faults` makes calls fail: it maps a method to a
 * fault, or to a list with one fault per call.
 */
export function watch(store, log, faults = {}) {
  const state = { underWay: 0 };
  for (const method of METHODS) {
    const original = store[method];
    if (typeof original !== 'function') continue;
    let count = 0;
    store[method] = function (id, ...rest) {
      const callback = rest.find((arg) => typeof arg === 'function');
      const others = rest.filter((arg) => typeof arg !== 'function');
      const call = `${method}(${[id, ...others].map(textOf).join(', ')})`;
      log(callback === undefined ? `${call} without a callback` : call);
      const fault = Array.isArray(faults[method]) ? faults[method][count] : faults[method];
      count += 1;
      state.underWay += 1;
      let counted = true;
      const answered = (...args) => {
        if (counted) state.underWay -= 1;
        counted = false;
        return callback?.(...args);
      };
      try {
        if (fault)
          return FAULTS[fault](method, answered, () => original.call(store, id, ...others, answered));
        return original.call(store, id, ...others, answered);
      } catch (error) {
        if (counted) state.underWay -= 1;
        counted = false;
        throw error;
      }
    };
  }
  return state;
}

const FAULTS = {
  error: (method, callback) => setImmediate(callback, new Error(`${method} failed`)),
  text: (method, callback) => setImmediate(callback, `${method} failed`),
  atOnce: (method, callback) => callback(new Error(`${method} failed`)),
  enoent: (method, callback) => setImmediate(callback, Object.assign(new Error('gone'), { code: 'ENOENT' })),
  throws: (method) => {
    throw new Error(`${method} threw`);
  },
  twice: (method, callback, proceed) => {
    proceed();
    setTimeout(callback, 5);
  },
};

function textOf(value) {
  try {
    return typeof value === 'string' ? value : String(JSON.stringify(value));
  } catch (error) {
    return `<${error.name}>`;
  }
}
