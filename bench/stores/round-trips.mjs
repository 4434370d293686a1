import { Socket } from 'node:net';

/** Counts round trips on all connections of this process. Correct only with one call in flight. */
export function countRoundTrips() {
  let trips = 0;
  let isAsked = false;
  const { write, push } = Socket.prototype;
  Socket.prototype.write = function (...args) {
    if (!isAsked) trips++;
    isAsked = true;
    return write.apply(this, args);
  };
  Socket.prototype.push = function (...args) {
    isAsked = false;
    return push.apply(this, args);
  };
  return {
    get trips() {
      return trips;
    },
    stop: () => void Object.assign(Socket.prototype, { write, push }),
  };
}
